//! Policy documents: the parser, the checks at write time, and a decision over whatever was accepted.

use std::sync::Arc;

use policy::{
    Action, Context, Named, Outcome, Policy, PolicySet, Principal, Request, SourceKind, evaluate,
    validate::{self, Kind},
};

use crate::target::{Seen, Target};

/// See the module.
pub const TARGET: Target = Target { name: "policy_document", seeds, words: WORDS, body };

fn body(data: &[u8]) -> Seen {
    let text = String::from_utf8_lossy(data);
    let parsed = Policy::parse(&text);
    let mut valid = Vec::new();
    for kind in KINDS {
        let findings = validate::findings(kind, &text);
        let checked = validate::policy(kind, &text);
        assert_eq!(checked.is_ok(), findings.is_empty(), "{kind:?}: {findings:?}");
        // What may be stored can be decided with.
        assert!(checked.is_err() || parsed.is_ok(), "{kind:?}: {parsed:?}");
        valid.push(checked.is_ok());
    }
    match parsed {
        Ok(policy) => Seen::accepted((valid, decide(Arc::new(policy)))),
        Err(error) => Seen::refused((valid, std::mem::discriminant(&error.problem))),
    }
}

/// The outcomes for a few requests; an explicit deny beside the policy beats it whatever it says.
fn decide(policy: Arc<Policy>) -> Vec<Outcome> {
    let deny =
        Policy::parse(r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#).expect("a policy");
    let named = Named::new(SourceKind::User, "fuzzed", Arc::clone(&policy));
    let deny = Named::new(SourceKind::User, "deny", Arc::new(deny));
    let alone = PolicySet::new().with_identity(vec![named.clone()]);
    let denied = PolicySet::new().with_identity(vec![named.clone(), deny]);
    let bounded = PolicySet::new().with_identity(vec![named.clone()]).with_boundary(named.clone());
    let shared = PolicySet::new().with_resource(named);
    requests()
        .iter()
        .flat_map(|request| {
            // No identity policy binds root.
            if !matches!(request.principal, Principal::Root(_)) {
                assert_eq!(evaluate(&denied, request).outcome(), Outcome::ExplicitDeny);
            }
            let decision = evaluate(&alone, request);
            let _ = decision.reason_sentence("s3:GetObject");
            // A boundary that is the policy itself takes nothing away and adds nothing.
            assert_eq!(evaluate(&bounded, request).outcome(), decision.outcome());
            [decision.outcome(), evaluate(&shared, request).outcome()]
        })
        .collect()
}

fn requests() -> Vec<Request> {
    let principal = |arn| Principal::parse(arn).expect("a principal");
    let action = |name| Action::parse(name).expect("an action");
    let mut context = Context::new();
    for (key, value) in [
        ("aws:username", "alice"),
        ("aws:SourceIp", "192.0.2.7"),
        ("aws:CurrentTime", "2026-03-03T10:00:00Z"),
        ("aws:SecureTransport", "false"),
        ("aws:MultiFactorAuthAge", "300"),
        ("aws:PrincipalTag/team", "red"),
    ] {
        context.set(key, value);
    }
    context.set_list("aws:TagKeys", ["team", "cost"]);
    vec![
        Request::new(
            principal("arn:aws:iam::123456789012:user/alice"),
            action("s3:GetObject"),
            "arn:aws:s3:::home/alice/notes",
        )
        .with_context(context.clone()),
        Request::new(
            principal("arn:aws:sts::123456789012:assumed-role/r/s"),
            action("iam:CreateUser"),
            "arn:aws:iam::123456789012:user/a/b",
        )
        .with_context(context),
        Request::new(principal("arn:aws:iam::123456789012:root"), action("sts:AssumeRole"), "*"),
    ]
}

const KINDS: [Kind; 6] =
    [Kind::Identity, Kind::Trust, Kind::Resource, Kind::Session, Kind::ServiceControl, Kind::ResourceControl];

fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        r#"{"Version":"2012-10-17","Statement":[{"Sid":"A1","Effect":"Allow","Action":["s3:Get*","s3:List*"],"Resource":"arn:aws:s3:::home/${aws:username}/*","Condition":{"StringEquals":{"aws:PrincipalTag/team":["red","blue"]},"Bool":{"aws:SecureTransport":"false"}}}]}"#,
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","NotAction":"iam:*","NotResource":["arn:aws:iam::*:user/*"]}}"#,
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["123456789012","arn:aws:iam::123456789012:root"],"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"x"}}}]}"#,
        r#"{"Version":"2008-10-17","Id":"i","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":["192.0.2.0/24","2001:db8::/32"]},"DateGreaterThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"},"NumericLessThanEquals":{"aws:MultiFactorAuthAge":"3600"},"ForAllValues:StringLike":{"aws:TagKeys":"t*"},"Null":{"aws:TokenIssueTime":"true"},"ArnLikeIfExists":{"aws:SourceArn":"arn:aws:sns:*:*:t?"}}}]}"#,
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","NotPrincipal":{"AWS":"arn:aws:iam::123456789012:user/alice"},"Action":"s3:*","Resource":"arn:aws:s3:::*"}]}"#,
    ];
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

pub(super) const WORDS: &[&str] = &[
    "\"Version\":\"2012-10-17\",",
    "\"Version\":\"2008-10-17\",",
    "\"Statement\":",
    "\"Effect\":\"Allow\",",
    "\"Effect\":\"Deny\",",
    "\"Action\":",
    "\"NotAction\":",
    "\"Resource\":",
    "\"NotResource\":",
    "\"Principal\":",
    "\"NotPrincipal\":",
    "\"Condition\":",
    "\"Sid\":\"\",",
    "\"Id\":\"\",",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\"*\"",
    "\"s3:*\"",
    "\"*:*\"",
    "\"AWS\":",
    "\"Service\":",
    "\"Federated\":",
    "\"StringEquals\":{",
    "\"StringNotLike\":{",
    "\"ForAnyValue:StringEqualsIgnoreCase\":{",
    "\"NumericEquals\":{",
    "\"DateLessThan\":{",
    "\"BinaryEquals\":{",
    "\"NotIpAddress\":{",
    "\"ArnNotEquals\":{",
    "\"Null\":{",
    "IfExists",
    "\"aws:username\":",
    "\"aws:SourceIp\":",
    "${aws:username}",
    "${aws:PrincipalTag/team, 'x'}",
    "${*}",
    "${?}",
    "${$}",
    "${",
    "arn:aws:s3:::",
    "arn:",
    "2001:db8::/129",
    "0.0.0.0/0",
    "1e5",
    "-0",
    "2026-02-30",
    "\\u0041",
    "null",
    "true",
    "//",
];
