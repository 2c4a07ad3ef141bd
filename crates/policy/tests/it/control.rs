//! §4: service and resource control policies.

use policy::{Layer, Outcome, PolicySet};
use types::AccountId;

use crate::support::*;

fn granted() -> PolicySet {
    set().with_identity(vec![allow("*")])
}

#[test]
fn every_level_must_allow_and_any_may_deny() {
    let levels =
        |levels: Vec<Vec<policy::Named>>| outcome(&granted().with_service_control(levels), &get(user()));
    assert_eq!(levels(vec![vec![allow("*")], vec![allow("ec2:*"), allow("s3:*")]]), Outcome::Allowed);
    assert_eq!(levels(vec![vec![allow("*")], vec![allow("ec2:*")], vec![allow("*")]]), Outcome::ImplicitDeny);
    assert_eq!(levels(vec![vec![allow("*")], vec![]]), Outcome::ImplicitDeny);
    assert_eq!(levels(vec![vec![allow("*"), deny("s3:*")], vec![allow("*")]]), Outcome::ExplicitDeny);
    let resource =
        |levels: Vec<Vec<policy::Named>>| outcome(&granted().with_resource_control(levels), &get(user()));
    assert_eq!(resource(vec![vec![rcp("Allow", "*")], vec![rcp("Allow", "*")]]), Outcome::Allowed);
    assert_eq!(resource(vec![vec![rcp("Allow", "*")], vec![]]), Outcome::ImplicitDeny);
    assert_eq!(
        resource(vec![vec![rcp("Allow", "*")], vec![rcp("Allow", "*"), rcp("Deny", "*")]]),
        Outcome::ExplicitDeny
    );
}

#[test]
fn neither_grants_anything() {
    let set = set()
        .with_service_control(vec![vec![allow("*")]])
        .with_resource_control(vec![vec![rcp("Allow", "*")]]);
    implicit(&set, &get(user()), &[Layer::Identity]);
}

#[test]
fn service_control_binds_member_roots_but_not_the_management_account_or_service_linked_roles() {
    let denied = granted().with_service_control(vec![vec![deny("*")]]);
    explicit(&denied, &get(user()));
    explicit(&denied, &get(root()));
    let management = AccountId::parse(A).unwrap();
    allowed(&denied, &get(user()).with_management_account(management));
    explicit(&denied, &get(user()).with_management_account(AccountId::parse(B).unwrap()));
    allowed(&denied, &get(service_linked()));
}

#[test]
fn resource_control_binds_everyone_but_service_linked_roles() {
    let denied = granted()
        .with_resource(grant("Allow", r#""*""#, "*"))
        .with_resource_control(vec![vec![rcp("Deny", "*")]]);
    for principal in [user(), session(), root(), policy::Principal::Anonymous, service()] {
        explicit(&denied, &get(principal));
    }
    allowed(&denied, &get(service_linked()));
    allowed(&denied, &get(user()).with_management_account(AccountId::parse(A).unwrap()));
    let elsewhere = get(user())
        .with_management_account(AccountId::parse(A).unwrap())
        .with_resource_account(AccountId::parse(B).unwrap());
    explicit(&denied, &elsewhere);
    let assume_linked = request(
        service(),
        "sts:AssumeRole",
        "arn:aws:iam::111111111111:role/aws-service-role/x.amazonaws.com/X",
    );
    allowed(&denied, &assume_linked);
}

#[test]
fn resource_control_covers_the_services_that_support_it() {
    let denied = granted().with_resource_control(vec![vec![rcp("Deny", "*")]]);
    for action in ["s3:GetObject", "sqs:SendMessage", "secretsmanager:GetSecretValue", "dynamodb:GetItem"] {
        explicit(&denied, &request(user(), action, "*"));
    }
    for action in ["ec2:RunInstances", "iam:GetUser", "sns:Publish", "own:Thing"] {
        allowed(&denied, &request(user(), action, "*"));
    }
    let key = "arn:aws:kms:eu-west-1:111111111111:key/1";
    let trusted = denied.with_resource(grant("Allow", r#""*""#, "kms:*"));
    explicit(&trusted, &request(user(), "kms:Decrypt", key));
    allowed(&trusted, &request(user(), "kms:RetireGrant", key));
}

#[test]
fn service_control_may_allow_with_conditions_and_resources() {
    let scp = doc(&[
        r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::b/*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}"#,
    ]);
    let set = granted().with_service_control(vec![vec![scp]]);
    allowed(&set, &get(user()).with_context(context(&[("aws:SecureTransport", "true")])));
    implicit(&set, &get(user()), &[Layer::ServiceControl]);
}

#[test]
fn a_resource_control_policy_without_principal_matches_nobody() {
    let set = granted().with_resource_control(vec![vec![allow("*"), deny("*")]]);
    implicit(&set, &get(user()), &[Layer::ResourceControl]);
}
