//! A short way to state a case.

use std::sync::Arc;

use policy::{
    Action, AssumedRole, Context, Decision, Federated, FederatedUser, Layer, Named, Outcome, Policy,
    PolicySet, Principal, Request, Service, SourceKind, evaluate,
};
use types::{AccountId, Arn};

pub(crate) const A: &str = "111111111111";
pub(crate) const B: &str = "222222222222";
pub(crate) const BUCKET: &str = "arn:aws:s3:::b/k";

pub(crate) fn named(document: &str) -> Named {
    let policy = Policy::parse(document).unwrap_or_else(|error| panic!("{error} in {document}"));
    Named::new(SourceKind::Input, "test", Arc::new(policy))
}

/// A document of statements given as JSON objects.
pub(crate) fn doc(statements: &[&str]) -> Named {
    named(&format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(",")))
}

/// A document that allows an action on everything.
pub(crate) fn allow(action: &str) -> Named {
    doc(&[&format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"*"}}"#)])
}

/// A document that denies an action on everything.
pub(crate) fn deny(action: &str) -> Named {
    doc(&[&format!(r#"{{"Effect":"Deny","Action":"{action}","Resource":"*"}}"#)])
}

/// A document without statements.
pub(crate) fn empty() -> Named {
    named(r#"{"Version":"2012-10-17","Statement":[]}"#)
}

/// A resource policy's document: one statement, `principal` as JSON.
pub(crate) fn grant(effect: &str, principal: &str, action: &str) -> Named {
    doc(&[&format!(r#"{{"Effect":"{effect}","Principal":{principal},"Action":"{action}"}}"#)])
}

pub(crate) fn rcp(effect: &str, action: &str) -> Named {
    doc(&[&format!(r#"{{"Effect":"{effect}","Principal":"*","Action":"{action}","Resource":"*"}}"#)])
}

/// `{"AWS": value}`.
pub(crate) fn aws(value: &str) -> String {
    format!(r#"{{"AWS":"{value}"}}"#)
}

pub(crate) fn root() -> Principal {
    Principal::parse("arn:aws:iam::111111111111:root").unwrap()
}

pub(crate) fn user() -> Principal {
    Principal::parse("arn:aws:iam::111111111111:user/alice").unwrap()
}

pub(crate) const USER: &str = "arn:aws:iam::111111111111:user/alice";
pub(crate) const ROLE: &str = "arn:aws:iam::111111111111:role/app/deploy";
pub(crate) const SESSION: &str = "arn:aws:sts::111111111111:assumed-role/deploy/ci";
pub(crate) const FEDERATED: &str = "arn:aws:sts::111111111111:federated-user/bob";

pub(crate) fn session() -> Principal {
    Principal::AssumedRole(AssumedRole::new(Arn::parse(ROLE).unwrap(), "ci").unwrap())
}

pub(crate) fn federated_user() -> Principal {
    let user = FederatedUser::new(Arn::parse(FEDERATED).unwrap()).unwrap();
    Principal::FederatedUser(user.with_issuer(Arn::parse(USER).unwrap()))
}

pub(crate) fn service() -> Principal {
    Principal::Service(Service::new("cloudtrail.amazonaws.com"))
}

pub(crate) fn web_identity() -> Principal {
    Principal::Federated(Federated::new("accounts.google.com"))
}

pub(crate) fn service_linked() -> Principal {
    let role = "arn:aws:iam::111111111111:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX";
    Principal::AssumedRole(AssumedRole::new(Arn::parse(role).unwrap(), "x").unwrap())
}

/// A request for a resource of account A.
pub(crate) fn request(principal: Principal, action: &str, resource: &str) -> Request {
    Request::new(principal, Action::parse(action).unwrap(), resource)
        .with_resource_account(AccountId::parse(A).unwrap())
}

pub(crate) fn get(principal: Principal) -> Request {
    request(principal, "s3:GetObject", BUCKET)
}

pub(crate) fn context(pairs: &[(&str, &str)]) -> Context {
    pairs.iter().map(|(key, value)| (*key, *value)).collect()
}

pub(crate) fn set() -> PolicySet {
    PolicySet::new()
}

pub(crate) fn outcome(set: &PolicySet, request: &Request) -> Outcome {
    evaluate(set, request).outcome()
}

pub(crate) fn blockers(decision: &Decision) -> Vec<Layer> {
    decision.blocked_by().collect()
}

#[track_caller]
pub(crate) fn allowed(set: &PolicySet, request: &Request) {
    let decision = evaluate(set, request);
    assert_eq!(decision.outcome(), Outcome::Allowed, "{decision:?}");
    assert_eq!(blockers(&decision), []);
}

#[track_caller]
pub(crate) fn implicit(set: &PolicySet, request: &Request, layers: &[Layer]) {
    let decision = evaluate(set, request);
    assert_eq!(decision.outcome(), Outcome::ImplicitDeny, "{decision:?}");
    assert_eq!(blockers(&decision), layers);
}

#[track_caller]
pub(crate) fn explicit(set: &PolicySet, request: &Request) {
    let decision = evaluate(set, request);
    assert_eq!(decision.outcome(), Outcome::ExplicitDeny, "{decision:?}");
}
