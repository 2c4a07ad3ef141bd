//! §7: trust policies, KMS, IAM's own guards.

use policy::{Guard, Layer, Outcome, evaluate};

use crate::support::*;

const KEY: &str = "arn:aws:kms:eu-west-1:111111111111:key/1234";
const TARGET: &str = "arn:aws:iam::111111111111:role/target";

fn assume(principal: policy::Principal) -> policy::Request {
    request(principal, "sts:AssumeRole", TARGET)
}

#[test]
fn a_role_is_assumed_only_with_its_trust() {
    let identity = set().with_identity(vec![allow("sts:*")]);
    implicit(&identity, &assume(user()), &[Layer::Resource]);
    implicit(&identity.clone().with_resource(empty()), &assume(user()), &[Layer::Resource]);
    allowed(&identity.clone().with_resource(grant("Allow", &aws(A), "sts:AssumeRole")), &assume(user()));
    implicit(
        &set().with_resource(grant("Allow", &aws(A), "sts:AssumeRole")),
        &assume(user()),
        &[Layer::Identity],
    );
    for direct in [aws(USER), aws("*")] {
        allowed(&set().with_resource(grant("Allow", &direct, "sts:AssumeRole")), &assume(user()));
    }
    for action in ["sts:TagSession", "sts:SetSourceIdentity"] {
        let tag = request(user(), action, TARGET);
        implicit(&identity, &tag, &[Layer::Resource]);
        allowed(&identity.clone().with_resource(grant("Allow", &aws(A), "sts:*")), &tag);
    }
}

#[test]
fn tagging_a_session_that_is_no_role_s_needs_no_trust() {
    let federated = request(user(), "sts:TagSession", FEDERATED);
    allowed(&set().with_identity(vec![allow("sts:TagSession")]), &federated);
    implicit(&set(), &federated, &[Layer::Identity]);
}

#[test]
fn direct_trust_passes_boundary_and_session_as_any_direct_grant() {
    let limits = |set: policy::PolicySet| set.with_boundary(empty());
    allowed(&limits(set().with_resource(grant("Allow", &aws(USER), "sts:AssumeRole"))), &assume(user()));
    implicit(
        &limits(set().with_resource(grant("Allow", &aws(ROLE), "sts:AssumeRole"))),
        &assume(session()),
        &[Layer::Boundary],
    );
    let limited = set().with_resource(grant("Allow", &aws(ROLE), "sts:AssumeRole")).with_session(vec![]);
    implicit(&limited, &assume(session()), &[Layer::Session]);
}

#[test]
fn a_role_does_not_trust_itself() {
    let own = request(session(), "sts:AssumeRole", ROLE);
    implicit(&set().with_identity(vec![allow("sts:*")]), &own, &[Layer::Resource]);
    allowed(&set().with_resource(grant("Allow", &aws(ROLE), "sts:AssumeRole")), &own);
}

#[test]
fn a_trust_policy_may_ask_for_an_external_id() {
    let trust = doc(&[&format!(
        r#"{{"Effect":"Allow","Principal":{},"Action":"sts:AssumeRole","Condition":{{"StringEquals":{{"sts:ExternalId":"s"}}}}}}"#,
        aws(USER)
    )]);
    let set = set().with_resource(trust);
    allowed(&set, &assume(user()).with_context(context(&[("sts:ExternalId", "s")])));
    assert_eq!(
        outcome(&set, &assume(user()).with_context(context(&[("sts:ExternalId", "S")]))),
        Outcome::ImplicitDeny
    );
}

#[test]
fn a_key_s_policy_is_the_root_of_authority() {
    let decrypt = |principal| request(principal, "kms:Decrypt", KEY);
    let identity = set().with_identity(vec![allow("kms:*")]);
    implicit(&identity, &decrypt(user()), &[Layer::Resource]);
    implicit(&set(), &decrypt(root()), &[Layer::Resource]);
    let delegated = grant("Allow", &aws("arn:aws:iam::111111111111:root"), "kms:*");
    allowed(&identity.clone().with_resource(delegated.clone()), &decrypt(user()));
    allowed(&set().with_resource(delegated.clone()), &decrypt(root()));
    implicit(&set().with_resource(delegated), &decrypt(user()), &[Layer::Identity]);
    let narrow = grant("Allow", &aws(A), "kms:Encrypt");
    implicit(&identity.clone().with_resource(narrow), &decrypt(user()), &[Layer::Resource]);
    let direct = grant("Allow", &aws(USER), "kms:Decrypt");
    allowed(&set().with_resource(direct.clone()), &decrypt(user()));
    explicit(&set().with_identity(vec![deny("kms:*")]).with_resource(direct), &decrypt(user()));
}

#[test]
fn kms_without_a_key_is_ordinary_and_aws_aliases_are_fixed() {
    let identity = set().with_identity(vec![allow("kms:*")]);
    allowed(&identity, &request(user(), "kms:ListKeys", "*"));
    allowed(&identity, &request(user(), "kms:DeleteAlias", "arn:aws:kms:eu-west-1:111111111111:alias/mine"));
    let decision = evaluate(
        &identity,
        &request(user(), "kms:DeleteAlias", "arn:aws:kms:eu-west-1:111111111111:alias/aws/s3"),
    );
    assert_eq!((decision.outcome(), decision.guard()), (Outcome::ImplicitDeny, Some(Guard::AwsManagedAlias)));
}

#[test]
fn the_root_user_assumes_no_role() {
    let trust = set().with_resource(grant("Allow", &aws(A), "sts:AssumeRole"));
    let decision = evaluate(&trust, &assume(root()));
    assert_eq!((decision.outcome(), decision.guard()), (Outcome::ImplicitDeny, Some(Guard::RootAssumesRole)));
}

#[test]
fn what_is_aws_s_own_in_iam_cannot_be_changed() {
    let all = set().with_identity(vec![allow("*")]);
    let managed = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let reserved = "arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_x";
    let linked = "arn:aws:iam::111111111111:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX";
    for (action, resource, guard) in [
        ("iam:DeletePolicy", managed, Some(Guard::AwsManagedPolicy)),
        ("iam:CreatePolicyVersion", managed, Some(Guard::AwsManagedPolicy)),
        ("iam:GetPolicy", managed, None),
        ("iam:ListEntitiesForPolicy", managed, None),
        ("iam:AttachRolePolicy", reserved, Some(Guard::ReservedRole)),
        ("iam:TagRole", reserved, Some(Guard::ReservedRole)),
        ("iam:GetRole", reserved, None),
        ("iam:PassRole", reserved, None),
        ("iam:AttachRolePolicy", linked, Some(Guard::ServiceLinkedRole)),
        ("iam:UpdateAssumeRolePolicy", linked, Some(Guard::ServiceLinkedRole)),
        ("iam:UpdateRoleDescription", linked, None),
        ("iam:DeleteServiceLinkedRole", linked, None),
        ("iam:DeleteRole", linked, Some(Guard::ServiceLinkedRole)),
    ] {
        let mut request = request(user(), action, resource);
        request.resource_account = None;
        for principal in [user(), root()] {
            request.principal = principal;
            let decision = evaluate(&all, &request);
            assert_eq!(decision.guard(), guard, "{action} {resource}");
            assert_eq!(decision.is_allowed(), guard.is_none(), "{action} {resource}");
        }
    }
}

#[test]
fn passing_a_role_is_asked_of_the_role_with_its_service() {
    let pass = doc(&[&format!(
        r#"{{"Effect":"Allow","Action":"iam:PassRole","Resource":"{TARGET}","Condition":{{"StringEquals":{{"iam:PassedToService":"ec2.amazonaws.com"}}}}}}"#
    )]);
    let set = set().with_identity(vec![pass]);
    let request = request(user(), "iam:PassRole", TARGET);
    allowed(&set, &request.clone().with_context(context(&[("iam:PassedToService", "ec2.amazonaws.com")])));
    assert_eq!(outcome(&set, &request), Outcome::ImplicitDeny);
}
