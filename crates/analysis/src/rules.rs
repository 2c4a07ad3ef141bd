//! The rules that stand outside policies, as statements: what the engine's guards refuse, where a resource's own
//! policy has to trust, what resource control policies bind.

use std::sync::LazyLock;

use policy::{Credentials, Layer, Policy, Principal};

use crate::boxes::Source;

/// Where the resource's own policy must trust: one scope each.
pub(crate) fn trusted() -> impl Iterator<Item = Source<'static>> {
    sources(&TRUSTED)
}

/// What resource control policies bind, and what they do not bind within that.
pub(crate) fn bound() -> (impl Iterator<Item = Source<'static>>, impl Iterator<Item = Source<'static>>) {
    (sources(&BOUND), sources(&UNBOUND))
}

/// What resource control policies never bind: the other services.
pub(crate) fn beyond() -> impl Iterator<Item = Source<'static>> {
    sources(&BEYOND)
}

/// What a principal is refused whatever policies say.
pub(crate) fn guards(principal: &Principal) -> Vec<Source<'static>> {
    let mut guards: Vec<Source<'static>> = Vec::new();
    if let Some(owner) = principal.owner() {
        let own = owner.partition.as_str();
        let others = sources(&PARTITIONS).filter(|source| source.statement.sid() != Some(&sid(own)));
        guards.extend(others);
        guards.extend(sources(&ALIASES));
    }
    let mut changes: Vec<Source<'static>> = sources(&CHANGES).collect();
    // The first says what changes nothing; the others are about what does.
    if !changes.is_empty() {
        let reads = changes.remove(0).statement;
        guards.extend(changes.into_iter().map(|source| Source { within: Some(reads), ..source }));
    }
    guards.extend(sources(&LINKED));
    match principal {
        Principal::Root(_) => guards.extend(sources(&ROOT)),
        Principal::FederatedUser(_) => guards.extend(sources(&FEDERATED)),
        _ => {}
    }
    guards
}

/// What credentials of GetSessionToken are refused on top of that. Session policies tell AssumeRoot from GetSessionToken
/// for the root user, so that this is a matter of the side.
pub(crate) fn of_session_token(principal: &Principal, has_session_policies: bool) -> Vec<Source<'static>> {
    let is_task = has_session_policies && matches!(principal, Principal::Root(_));
    if principal.credentials() != Some(Credentials::Session) || is_task {
        return Vec::new();
    }
    let mut rules: Vec<Source<'static>> = sources(&SESSION_TOKEN).collect();
    // The first says what they may not call of STS, and is read together with the second.
    let others = rules.remove(0).statement;
    rules.iter_mut().take(1).for_each(|rule| rule.within = Some(others));
    rules
}

fn sources(policy: &'static LazyLock<Policy>) -> impl Iterator<Item = Source<'static>> {
    let policy: &'static Policy = policy;
    Source::of(policy, Layer::Identity).map(|source| Source { by_segment: true, ..source })
}

/// A statement's name for a partition.
fn sid(partition: &str) -> String {
    partition.replace('-', "")
}

#[expect(clippy::expect_used, reason = "the texts are constants of this file, and a test reads each of them")]
fn read(text: &str) -> Policy {
    Policy::parse(text).expect("a rule is a policy")
}

static TRUSTED: LazyLock<Policy> = LazyLock::new(|| {
    read(
        r#"{"Statement": [
            {"Effect": "Allow", "Resource": "*", "Action":
                ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"]},
            {"Effect": "Allow", "Resource": "arn:*:iam:*:*:role/*", "Action":
                ["sts:TagSession", "sts:SetSourceIdentity"]},
            {"Effect": "Allow", "Resource": "arn:*:*:*:*:key/*", "Action": "kms:*"}]}"#,
    )
});

static BOUND: LazyLock<Policy> = LazyLock::new(|| of_bound_services("Action"));

static BEYOND: LazyLock<Policy> = LazyLock::new(|| of_bound_services("NotAction"));

fn of_bound_services(element: &str) -> Policy {
    let services = catalog::services().iter().filter(|service| service.takes_resource_control_policies());
    let actions: Vec<String> = services.map(|service| format!(r#""{}:*""#, service.prefix())).collect();
    read(&format!(
        r#"{{"Statement": {{"Effect": "Allow", "Resource": "*", "{element}": [{}]}}}}"#,
        actions.join(",")
    ))
}

static UNBOUND: LazyLock<Policy> = LazyLock::new(|| {
    read(
        r#"{"Statement": [
            {"Effect": "Allow", "Resource": "*", "Action": "kms:RetireGrant"},
            {"Effect": "Allow", "Resource": "arn:*:iam:*:*:role/aws-service-role/*", "Action":
                ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:TagSession",
                 "sts:SetSourceIdentity"]}]}"#,
    )
});

static PARTITIONS: LazyLock<Policy> = LazyLock::new(|| {
    let of = |name: &str| {
        format!(
            r#"{{"Sid": "{}", "Effect": "Deny", "Action": "*", "Resource": "arn:{name}:*:*:*:*"}}"#,
            sid(name)
        )
    };
    let all: Vec<String> =
        ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"]
            .iter()
            .map(|name| of(name))
            .collect();
    read(&format!(r#"{{"Statement": [{}]}}"#, all.join(",")))
});

static CHANGES: LazyLock<Policy> = LazyLock::new(|| {
    read(
        r#"{"Statement": [
            {"Effect": "Deny", "Resource": "*", "NotAction":
                ["iam:PassRole", "iam:Get*", "iam:List*", "iam:Simulate*", "iam:Generate*"]},
            {"Effect": "Deny", "Resource": "arn:*:iam:*:aws:policy/*", "Action": "iam:*"},
            {"Effect": "Deny", "Resource": "arn:*:iam:*:*:role/aws-reserved/*", "Action": "iam:*"}]}"#,
    )
});

static LINKED: LazyLock<Policy> = LazyLock::new(|| {
    read(
        r#"{"Statement": {"Effect": "Deny", "Resource": "arn:*:iam:*:*:role/aws-service-role/*", "Action": [
            "iam:AttachRolePolicy", "iam:DetachRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy",
            "iam:UpdateAssumeRolePolicy", "iam:PutRolePermissionsBoundary", "iam:DeleteRolePermissionsBoundary",
            "iam:UpdateRole", "iam:DeleteRole"]}}"#,
    )
});

static ALIASES: LazyLock<Policy> = LazyLock::new(|| {
    read(
        r#"{"Statement": {"Effect": "Deny", "Resource": "arn:*:*:*:*:alias/aws/*", "Action":
            ["kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"]}}"#,
    )
});

static ROOT: LazyLock<Policy> = LazyLock::new(|| {
    read(r#"{"Statement": {"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"}}"#)
});

static FEDERATED: LazyLock<Policy> = LazyLock::new(|| {
    read(r#"{"Statement": {"Effect": "Deny", "Action": ["sts:*", "iam:*"], "Resource": "*"}}"#)
});

/// MFA is told by one value, as in the engine's rule.
static SESSION_TOKEN: LazyLock<Policy> = LazyLock::new(|| {
    read(
        r#"{"Statement": [
            {"Effect": "Deny", "Resource": "*", "NotAction":
                ["sts:AssumeRole", "sts:GetCallerIdentity", "sts:TagSession", "sts:SetSourceIdentity"]},
            {"Effect": "Deny", "Resource": "*", "Action": "sts:*"},
            {"Effect": "Deny", "Resource": "*", "Action": "iam:*", "Condition":
                {"StringNotEqualsIgnoreCase": {"aws:MultiFactorAuthPresent": "true"}}}]}"#,
    )
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_reads() {
        assert_eq!(trusted().count(), 3);
        let (bound, unbound) = bound();
        assert_eq!((bound.count(), unbound.count(), beyond().count()), (1, 2, 1));
        let user = Principal::parse("arn:aws:iam::123456789012:user/u").unwrap();
        assert_eq!(guards(&user).len(), 7 + 1 + 2 + 1);
        let root = Principal::parse("arn:aws-cn:iam::123456789012:root").unwrap();
        assert_eq!(guards(&root).len(), 7 + 1 + 2 + 1 + 1);
        let federated = Principal::parse("arn:aws:sts::123456789012:federated-user/u").unwrap();
        assert_eq!(guards(&federated).len(), 7 + 1 + 2 + 1 + 1);
        assert_eq!(of_session_token(&user, false).len(), 0);
        let Principal::User(user) = user else { panic!("a user") };
        let session = Principal::User(user.with_credentials(Credentials::Session));
        assert_eq!([true, false].map(|with| of_session_token(&session, with).len()), [2, 2]);
    }
}
