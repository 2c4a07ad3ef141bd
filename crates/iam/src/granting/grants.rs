//! What policies grant of a service, whatever their resources and conditions.

use catalog::Service;
use policy::{Action, ActionPattern, Effect, Element, Polarity, Policy, Statement};

/// Policies, asked which actions of a service they grant.
///
/// An action is granted where a statement allows it on some resource under some condition, and none denies it on every
/// resource under every condition. Boundaries, session policies and what else may stand in the way do not count
/// (AWS: "Refine permissions in AWS using last accessed information").
pub(crate) struct Grants<'p> {
    allowing: Vec<&'p Statement>,
    denying: Vec<&'p Statement>,
}

impl<'p> Grants<'p> {
    /// What these policies grant together.
    pub(crate) fn of(policies: impl IntoIterator<Item = &'p Policy>) -> Self {
        let mut grants = Self { allowing: Vec::new(), denying: Vec::new() };
        for statement in policies.into_iter().flat_map(Policy::statements) {
            match statement.effect() {
                Effect::Allow => grants.allowing.push(statement),
                Effect::Deny if is_unconditional(statement) => grants.denying.push(statement),
                Effect::Deny => {}
            }
        }
        grants
    }

    /// Whether any action of the service is granted.
    pub(crate) fn reach(&self, service: &Service) -> bool {
        self.actions(service).next().is_some()
    }

    /// The granted actions of the service, by name.
    pub(crate) fn actions<'s>(&self, service: &'s Service) -> impl Iterator<Item = &'s str> + use<'s, 'p> {
        let allowing = about(&self.allowing, service);
        let denying = about(&self.denying, service);
        // Most policies say nothing of most services.
        let actions = if allowing.is_empty() { &[] } else { service.actions() };
        actions.iter().map(catalog::Action::name).filter(move |name| {
            let Ok(action) = Action::parse(&format!("{}:{name}", service.prefix())) else { return false };
            allowing.iter().any(|part| part.covers(&action))
                && !denying.iter().any(|part| part.covers(&action))
        })
    }
}

/// What a statement says of one service.
struct Part<'p> {
    polarity: Polarity,
    patterns: Vec<&'p ActionPattern>,
}

impl Part<'_> {
    fn covers(&self, action: &Action) -> bool {
        let is_named = self.patterns.iter().any(|pattern| pattern.matches(action));
        is_named == (self.polarity == Polarity::Listed)
    }
}

/// What the statements say of a service; those that say nothing of it are left out.
fn about<'p>(statements: &[&'p Statement], service: &Service) -> Vec<Part<'p>> {
    let part = |statement: &&'p Statement| {
        let actions: &'p Element<ActionPattern> = statement.actions();
        let patterns: Vec<_> = actions.patterns().iter().filter(|one| is_about(one, service)).collect();
        let is_silent = patterns.is_empty() && actions.polarity() == Polarity::Listed;
        (!is_silent).then(|| Part { polarity: actions.polarity(), patterns })
    };
    statements.iter().filter_map(part).collect()
}

fn is_about(pattern: &ActionPattern, service: &Service) -> bool {
    match pattern.as_str().split_once(':') {
        Some((prefix, _)) => prefix.eq_ignore_ascii_case(service.prefix()),
        None => true,
    }
}

/// Whether a statement holds for every resource under every condition.
fn is_unconditional(statement: &Statement) -> bool {
    let resources = statement.resources();
    let is_everywhere = resources.is_some_and(|resources| {
        resources.polarity() == Polarity::Listed && resources.patterns().iter().any(|one| one.is_every())
    });
    is_everywhere && statement.conditions().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(statements: &str, service: &str) -> Vec<&'static str> {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        let policy = Policy::parse(&text).unwrap();
        Grants::of([&policy]).actions(catalog::service(service).unwrap()).collect()
    }

    #[test]
    fn a_statement_grants_whatever_its_resource_and_condition() {
        let only = r#"{"Effect":"Allow","Action":["STS:AssumeR*","s3:GetObject"],"Resource":"arn:aws:s3:::b/*",
                       "Condition":{"Bool":{"aws:SecureTransport":"true"}}}"#;
        assert_eq!(
            granted(only, "sts"),
            ["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot"]
        );
        assert_eq!(granted(only, "s3"), ["GetObject"]);
        assert!(granted(only, "iam").is_empty());
    }

    #[test]
    fn all_but_some_grants_the_rest_of_every_service() {
        let rest = r#"{"Effect":"Allow","NotAction":["iam:*","sts:Assume*"],"Resource":"*"}"#;
        assert!(granted(rest, "iam").is_empty());
        let sts = granted(rest, "sts");
        assert!(sts.contains(&"GetCallerIdentity") && !sts.contains(&"AssumeRole"));
        assert_eq!(granted(rest, "s3").len(), catalog::service("s3").unwrap().actions().len());
    }

    #[test]
    fn only_a_denial_without_limits_takes_away() {
        let allow = r#"{"Effect":"Allow","Action":"sts:GetFederationToken","Resource":"*"}"#;
        for (deny, is_granted) in [
            (r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#, false),
            (r#"{"Effect":"Deny","NotAction":"iam:*","Resource":"*"}"#, false),
            (r#"{"Effect":"Deny","Action":"sts:*","Resource":"arn:aws:sts::1:x"}"#, true),
            (
                r#"{"Effect":"Deny","Action":"sts:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#,
                true,
            ),
            (r#"{"Effect":"Deny","Action":"iam:*","Resource":"*"}"#, true),
        ] {
            assert_eq!(!granted(&format!("{allow},{deny}"), "sts").is_empty(), is_granted, "{deny}");
        }
    }
}
