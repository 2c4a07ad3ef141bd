//! §3: two accounts.

use policy::{Guard, Layer, Outcome, Principal, Request, evaluate};
use types::AccountId;

use crate::support::*;

/// The resource belongs to account B.
fn foreign(principal: Principal) -> Request {
    get(principal).with_resource_account(AccountId::parse(B).unwrap())
}

#[test]
fn both_sides_must_allow() {
    let both = set().with_identity(vec![allow("s3:*")]).with_resource(grant("Allow", &aws(A), "s3:*"));
    allowed(&both, &foreign(user()));
    implicit(&set().with_identity(vec![allow("s3:*")]), &foreign(user()), &[Layer::Resource]);
    implicit(&set().with_resource(grant("Allow", &aws(A), "s3:*")), &foreign(user()), &[Layer::Identity]);
    implicit(&both.clone().with_boundary(empty()), &foreign(user()), &[Layer::Boundary]);
    implicit(&both.clone().with_session(vec![]), &foreign(session()), &[Layer::Session]);
    implicit(&both.clone().with_service_control(vec![vec![]]), &foreign(user()), &[Layer::ServiceControl]);
    implicit(&both.with_resource_control(vec![vec![]]), &foreign(user()), &[Layer::ResourceControl]);
}

#[test]
fn no_grant_is_direct_across_accounts() {
    for (principal, value) in [
        (user(), aws(USER)),
        (session(), aws(SESSION)),
        (session(), aws("*")),
        (federated_user(), aws(FEDERATED)),
    ] {
        let set = set().with_resource(grant("Allow", &value, "s3:*")).with_session(vec![allow("*")]);
        implicit(&set, &foreign(principal.clone()), &[Layer::Identity]);
        let limited = set.with_identity(vec![allow("*")]).with_boundary(empty()).with_session(vec![]);
        implicit(&limited, &foreign(principal), &[Layer::Boundary, Layer::Session]);
    }
}

#[test]
fn any_kind_of_grant_suffices_on_the_resource_s_side() {
    for value in [aws(SESSION), aws(ROLE), aws(A), aws("arn:aws:iam::111111111111:root"), "\"*\"".into()] {
        let set = set().with_identity(vec![allow("s3:*")]).with_resource(grant("Allow", &value, "s3:*"));
        allowed(&set, &foreign(session()));
    }
}

#[test]
fn without_a_resource_policy_nothing_crosses() {
    implicit(&set().with_identity(vec![allow("*")]), &foreign(user()), &[Layer::Resource]);
    implicit(&set(), &foreign(root()), &[Layer::Resource]);
    allowed(&set().with_resource(grant("Allow", &aws(A), "s3:*")), &foreign(root()));
}

#[test]
fn the_owner_is_read_from_the_arn_where_nobody_tells_it() {
    let mut request = request(user(), "sqs:SendMessage", "arn:aws:sqs:eu-west-1:222222222222:q");
    request.resource_account = None;
    implicit(&set().with_identity(vec![allow("*")]), &request, &[Layer::Resource]);
    request.resource = "arn:aws:sqs:eu-west-1:111111111111:q".into();
    allowed(&set().with_identity(vec![allow("*")]), &request);
    request.resource = BUCKET.into();
    allowed(&set().with_identity(vec![allow("*")]), &request);
}

#[test]
fn partitions_never_trust_each_other() {
    let set = set().with_identity(vec![allow("*")]).with_resource(grant("Allow", r#""*""#, "*"));
    let request = request(user(), "s3:GetObject", "arn:aws-cn:s3:::b/k");
    let decision = evaluate(&set, &request);
    assert_eq!((decision.outcome(), decision.guard()), (Outcome::ImplicitDeny, Some(Guard::Partition)));
    assert_eq!(decision.reason_sentence("s3:GetObject"), "");
}

#[test]
fn callers_without_account_need_the_resource_s_policy_alone() {
    let trust = set().with_resource(grant(
        "Allow",
        r#"{"Federated":"accounts.google.com"}"#,
        "sts:AssumeRoleWithWebIdentity",
    ));
    let assume = request(web_identity(), "sts:AssumeRoleWithWebIdentity", ROLE);
    allowed(&trust, &assume);
    explicit(&trust.clone().with_resource_control(vec![vec![rcp("Deny", "sts:*")]]), &assume);
    implicit(&set(), &assume, &[Layer::Resource]);
}
