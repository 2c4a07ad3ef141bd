//! What a policy allows at most: itself without whatever a condition or an unknown variable could take away.
//!
//! What the engine refuses of a bare request under such policies it refuses under the policies themselves in every
//! circumstance, so that no search is needed. Conditions on what is the same in every request of somebody stay: the
//! engine has the last word on them.

use std::sync::Arc;

use policy::condition::Clause;
use policy::{
    Effect, Element, Polarity, Policy, Principal, PrincipalKind, PrincipalPattern, Statement, Version,
};

use crate::access::{listed, quoted};
use crate::compare::DEPENDENT;
use crate::least_privilege::print;
use crate::pattern::{self, Part};

/// Whose requests a policy decides: it tells what is the same in all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Caller {
    /// A user: its tags are settled, and nothing federated it.
    User,
    /// A role: its session has no MFA.
    Role,
}

impl Caller {
    /// The kind of a member.
    pub(super) fn of(principal: &Principal) -> Self {
        match principal {
            Principal::User(_) => Self::User,
            _ => Self::Role,
        }
    }

    /// Whether a key, folded, has the same value in every request of the caller, or none in any.
    fn settles(self, key: &str) -> bool {
        DEPENDENT.contains(&key)
            || match self {
                Self::User => USERS.iter().any(|prefix| key.starts_with(prefix)),
                Self::Role => key == "aws:multifactorauthpresent",
            }
    }
}

/// A policy that allows whatever this one could ever allow a caller, and whose conditions are settled.
pub(super) fn hopeful(policy: &Policy, caller: Caller) -> Option<Arc<Policy>> {
    let version = policy.version();
    let statements: Vec<String> =
        policy.statements().iter().filter_map(|statement| widened(statement, version, caller)).collect();
    let version = match version {
        Version::V2008 => "2008-10-17",
        Version::V2012 => "2012-10-17",
    };
    let text = format!(r#"{{"Version": "{version}", "Statement": [{}]}}"#, statements.join(","));
    Policy::parse(&text).ok().map(Arc::new)
}

/// `None` for a denial that does not hold of every request that it is about.
fn widened(statement: &Statement, version: Version, caller: Caller) -> Option<String> {
    let allows = statement.effect() == Effect::Allow;
    let is_open = |text: &str| is_open(text, version, caller);
    let is_settled = |clause: &&Clause| {
        caller.settles(clause.key().folded()) && !clause.values().iter().any(|value| is_open(value.as_str()))
    };
    if !allows && !statement.conditions().iter().all(|clause| is_settled(&clause)) {
        return None;
    }
    let mut members = vec![format!(r#""Effect": "{}""#, statement.effect().as_str())];
    members.extend(statement.principals().map(principals));
    let actions: Vec<String> =
        statement.actions().patterns().iter().map(|entry| entry.as_str().to_owned()).collect();
    members.push(format!(r#""{}Action": [{}]"#, not(statement.actions().polarity()), listed(&actions)));
    if let Some(element) = statement.resources() {
        let texts = element.patterns().iter().map(|entry| entry.as_str());
        let (open, plain): (Vec<&str>, Vec<&str>) = texts.partition(|text| is_open(text));
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
    let settled = statement.conditions().iter().filter(is_settled);
    let settled = print::condition(settled, &str::to_owned);
    members.extend(settled.map(|conditions| format!(r#""Condition": {conditions}"#)));
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

/// Whether a text has a variable that different requests of one caller fill in differently.
fn is_open(text: &str, version: Version, caller: Caller) -> bool {
    pattern::parts(text, version).iter().any(|part| match part {
        Part::Variable { key, .. } => !caller.settles(key),
        Part::Text(_) | Part::Escaped(_) => false,
    })
}

/// A text up to its first variable, and a star.
fn cut(text: &str) -> String {
    let before = text.split("${").next().unwrap_or_default();
    if before.matches(':').count() < 5 { "*".to_owned() } else { format!("{before}*") }
}

/// How the keys begin that are settled of a user's requests, be it that there are none.
const USERS: [&str; 4] = ["aws:principaltag/", "aws:sourceidentity", "aws:federatedprovider", "saml:"];

#[cfg(test)]
mod tests {
    use policy::{Action, Named, PolicySet, Principal, Request, SourceKind, evaluate};

    use super::*;

    /// Whether a policy at its most hopeful lets somebody read a resource: a user is known to have the tag
    /// `team`, a role to have no MFA.
    fn allows_at_most(policy: &str, principal: &str, resource: &str) -> bool {
        let principal = Principal::parse(principal).unwrap();
        let caller = Caller::of(&principal);
        let wide = hopeful(&Policy::parse(policy).unwrap(), caller).unwrap();
        let set = PolicySet::new().with_identity(vec![Named::new(SourceKind::Input, "wide", wide)]);
        let mut request = Request::new(principal.clone(), Action::parse("s3:GetObject").unwrap(), resource);
        policy::implied::add_principal(&mut request.context, &principal);
        match caller {
            Caller::User => request.context.set("aws:PrincipalTag/team", "red"),
            Caller::Role => request.context.set("aws:MultiFactorAuthPresent", "false"),
        };
        evaluate(&set, &request).is_allowed()
    }

    #[test]
    fn conditions_on_what_is_settled_of_the_caller_stay() {
        const USER: &str = "arn:aws:iam::123456789012:user/alice";
        const ROLE: &str = "arn:aws:sts::123456789012:assumed-role/r/s";
        let allow = |conditions: &str, version: &str| {
            format!(
                r#"{{"Version": "{version}", "Statement": {{"Effect": "Allow", "Action": "s3:*", "Resource": "*",
                    "Condition": {{{conditions}}}}}}}"#
            )
        };
        // Under which condition it could allow the user, and the role.
        let rows = [
            (r#""Bool": {"aws:MultiFactorAuthPresent": "true"}"#, (true, false)),
            (r#""Bool": {"aws:MultiFactorAuthPresent": "false"}"#, (true, true)),
            (r#""StringEquals": {"aws:PrincipalTag/team": "red"}"#, (true, true)),
            (r#""StringEquals": {"aws:PrincipalTag/team": "blue"}"#, (false, true)),
            (r#""StringEquals": {"aws:PrincipalTag/other": "red"}"#, (false, true)),
            (r#""StringEquals": {"aws:PrincipalTag/team": "${aws:SourceVpc}"}"#, (true, true)),
            (r#""StringLike": {"aws:PrincipalArn": "*:role/r"}"#, (false, true)),
            (r#""StringEquals": {"aws:username": "${aws:username}"}"#, (true, false)),
            (
                r#""StringEquals": {"aws:PrincipalType": "User", "aws:SourceVpc": "vpc-1"}, "Null": {"aws:username": "true"}"#,
                (false, false),
            ),
        ];
        for (conditions, expected) in rows {
            let policy = allow(conditions, "2012-10-17");
            let found = (allows_at_most(&policy, USER, "*"), allows_at_most(&policy, ROLE, "*"));
            assert_eq!(found, expected, "{conditions}");
        }
        // In the older version there are no variables.
        let old = allow(r#""StringEquals": {"aws:username": "${aws:username}"}"#, "2008-10-17");
        assert!(!allows_at_most(&old, USER, "*"));
        let denied = |conditions: &str| {
            format!(
                r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": "*", "Resource": "*"}},
                    {{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {{{conditions}}}}}]}}"#
            )
        };
        let no_mfa = denied(r#""BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}"#);
        assert!(allows_at_most(&no_mfa, USER, "*"));
        assert!(!allows_at_most(&no_mfa, ROLE, "*"));
        let partly = denied(
            r#""Bool": {"aws:MultiFactorAuthPresent": "false"}, "StringEquals": {"aws:SourceVpc": "vpc-1"}"#,
        );
        assert!(allows_at_most(&partly, ROLE, "*"));
    }

    #[test]
    fn it_allows_what_the_policy_allows_under_some_condition_and_no_more() {
        let allows = |statements: &str, resource: &str| {
            let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
            allows_at_most(&text, "arn:aws:iam::123456789012:user/alice", resource)
        };
        let mfa = r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}"#;
        assert!(allows(mfa, "arn:aws:s3:::b/k"));
        assert!(!allows(mfa, "arn:aws:s3:::c/k"));
        let own = r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/${aws:username}/*"}"#;
        assert!(allows(own, "arn:aws:s3:::b/alice/k"));
        assert!(!allows(own, "arn:aws:s3:::b/bob/k"));
        let vpc = own.replace("aws:username", "aws:SourceVpc");
        assert!(allows(&vpc, "arn:aws:s3:::b/bob/k"));
        assert!(!allows(&vpc, "arn:aws:s3:::c/bob/k"));
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
