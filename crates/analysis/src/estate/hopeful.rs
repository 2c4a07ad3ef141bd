//! What a policy allows at most: itself without whatever a condition or an unknown variable could take away.
//!
//! What the engine refuses of a bare request under such policies it refuses under the policies themselves in every
//! circumstance, so that no search is needed.

use std::sync::Arc;

use policy::{Effect, Element, Polarity, Policy, PrincipalKind, PrincipalPattern, Statement, Version};

use crate::access::{listed, quoted};
use crate::pattern::{self, Part};

/// A policy that allows whatever this one could ever allow, and whose statements know no conditions.
pub(super) fn hopeful(policy: &Policy) -> Option<Arc<Policy>> {
    let version = policy.version();
    let statements: Vec<String> =
        policy.statements().iter().filter_map(|statement| widened(statement, version)).collect();
    let version = match version {
        Version::V2008 => "2008-10-17",
        Version::V2012 => "2012-10-17",
    };
    let text = format!(r#"{{"Version": "{version}", "Statement": [{}]}}"#, statements.join(","));
    Policy::parse(&text).ok().map(Arc::new)
}

/// `None` for a denial that does not always hold.
fn widened(statement: &Statement, version: Version) -> Option<String> {
    let allows = statement.effect() == Effect::Allow;
    if !allows && !statement.conditions().is_empty() {
        return None;
    }
    let mut members = vec![format!(r#""Effect": "{}""#, statement.effect().as_str())];
    members.extend(statement.principals().map(principals));
    let actions: Vec<String> =
        statement.actions().patterns().iter().map(|entry| entry.as_str().to_owned()).collect();
    members.push(format!(r#""{}Action": [{}]"#, not(statement.actions().polarity()), listed(&actions)));
    if let Some(element) = statement.resources() {
        let texts = element.patterns().iter().map(|entry| entry.as_str());
        let (open, plain): (Vec<&str>, Vec<&str>) = texts.partition(|text| is_open(text, version));
        if !allows && !open.is_empty() {
            return None;
        }
        let mut texts: Vec<String> = plain.into_iter().map(str::to_owned).collect();
        // An exception that may be none is left out; where none is left, everything is meant.
        let polarity = match element.polarity() {
            Polarity::AllBut if texts.is_empty() => Polarity::Listed,
            Polarity::AllBut => Polarity::AllBut,
            Polarity::Listed => {
                texts.extend(open.iter().map(|text| cut(text)));
                Polarity::Listed
            }
        };
        members.push(format!(r#""{}Resource": [{}]"#, not(polarity), listed(&texts)));
    }
    Some(format!("{{{}}}", members.join(", ")))
}

fn not(polarity: Polarity) -> &'static str {
    if polarity == Polarity::AllBut { "Not" } else { "" }
}

fn principals(element: &Element<PrincipalPattern>) -> String {
    let kinds =
        [PrincipalKind::Aws, PrincipalKind::Service, PrincipalKind::Federated, PrincipalKind::CanonicalUser];
    let lists = kinds.into_iter().filter_map(|kind| {
        let of_kind = element.patterns().iter().filter(|pattern| pattern.kind() == kind);
        let texts: Vec<String> = of_kind.map(|pattern| quoted(pattern.as_str())).collect();
        (!texts.is_empty()).then(|| format!(r#""{}": [{}]"#, kind.as_str(), texts.join(",")))
    });
    let lists: Vec<String> = lists.collect();
    format!(r#""{}Principal": {{{}}}"#, not(element.polarity()), lists.join(", "))
}

/// Whether a text has a variable that different requests of one principal fill in differently.
fn is_open(text: &str, version: Version) -> bool {
    pattern::parts(text, version).iter().any(|part| match part {
        Part::Variable { key, .. } => !FIXED.contains(&key.as_str()),
        Part::Text(_) | Part::Escaped(_) => false,
    })
}

/// A text up to its first variable, and a star.
fn cut(text: &str) -> String {
    let before = text.split("${").next().unwrap_or_default();
    if before.matches(':').count() < 5 { "*".to_owned() } else { format!("{before}*") }
}

/// The variables that say the same in every request of a principal, be it nothing.
const FIXED: [&str; 3] = ["aws:username", "aws:principalarn", "aws:principalaccount"];

#[cfg(test)]
mod tests {
    use policy::{Action, Named, PolicySet, Principal, Request, SourceKind, evaluate};

    use super::*;

    #[test]
    fn it_allows_what_the_policy_allows_under_some_condition_and_no_more() {
        let allows = |statements: &str, resource: &str| {
            let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
            let wide = hopeful(&Policy::parse(&text).unwrap()).unwrap();
            let set = PolicySet::new().with_identity(vec![Named::new(SourceKind::Input, "wide", wide)]);
            let alice = Principal::parse("arn:aws:iam::123456789012:user/alice").unwrap();
            let mut request = Request::new(alice.clone(), Action::parse("s3:GetObject").unwrap(), resource);
            policy::implied::add_principal(&mut request.context, &alice);
            evaluate(&set, &request).is_allowed()
        };
        let mfa = r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}"#;
        assert!(allows(mfa, "arn:aws:s3:::b/k"));
        assert!(!allows(mfa, "arn:aws:s3:::c/k"));
        let own = r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/${aws:username}/*"}"#;
        assert!(allows(own, "arn:aws:s3:::b/alice/k"));
        assert!(!allows(own, "arn:aws:s3:::b/bob/k"));
        let tag = own.replace("aws:username", "aws:PrincipalTag/home");
        assert!(allows(&tag, "arn:aws:s3:::b/bob/k"));
        assert!(!allows(&tag, "arn:aws:s3:::c/bob/k"));
        let all_but =
            r#"{"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::${aws:SourceVpc}"}"#;
        assert!(allows(all_but, "arn:aws:s3:::b/k"));
        let all = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;
        let denied = mfa.replace("Allow", "Deny");
        assert!(allows(&format!("{all}, {denied}"), "arn:aws:s3:::b/k"));
        let always = r#"{"Effect": "Deny", "NotAction": "iam:*", "Resource": "arn:aws:s3:::b/*"}"#;
        assert!(!allows(&format!("{all}, {always}"), "arn:aws:s3:::b/k"));
        assert!(allows(&format!("{all}, {always}"), "arn:aws:s3:::c/k"));
    }
}
