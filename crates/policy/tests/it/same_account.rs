//! §1 and §2: one account.

use policy::{Credentials, Layer, LayerResult, Outcome, Root, User, evaluate};
use types::{AccountId, Arn, Owner, Partition};

use crate::support::*;

#[test]
fn statements_and_policies_of_one_set_are_alternatives() {
    let policies = vec![
        allow("s3:PutObject"),
        doc(&[
            r#"{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}"#,
            r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#,
        ]),
    ];
    allowed(&set().with_identity(policies), &get(user()));
}

#[test]
fn a_statement_applies_only_if_every_part_does() {
    let one = |statement: &str| outcome(&set().with_identity(vec![doc(&[statement])]), &get(user()));
    let good = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{"Null":{"x":"true"}}}"#;
    assert_eq!(one(good), Outcome::Allowed);
    for (part, other) in [("s3:GetObject", "s3:PutObject"), (":::b/", ":::c/"), ("\"true\"", "\"false\"")] {
        assert_eq!(one(&good.replace(part, other)), Outcome::ImplicitDeny, "{other}");
    }
}

#[test]
fn no_policies_deny_implicitly() {
    implicit(&set(), &get(user()), &[Layer::Identity]);
    implicit(&set().with_identity(vec![]), &get(user()), &[Layer::Identity]);
}

#[test]
fn an_absent_layer_is_not_an_empty_one() {
    let granted = set().with_identity(vec![allow("s3:*")]);
    allowed(&granted, &get(user()));
    implicit(&granted.clone().with_boundary(empty()), &get(user()), &[Layer::Boundary]);
    implicit(&granted.clone().with_session(vec![]), &get(session()), &[Layer::Session]);
    implicit(&granted.clone().with_service_control(vec![vec![]]), &get(user()), &[Layer::ServiceControl]);
    implicit(&granted.clone().with_resource_control(vec![vec![]]), &get(user()), &[Layer::ResourceControl]);
    implicit(&granted.with_endpoint(vec![]), &get(user()), &[Layer::Endpoint]);
}

#[test]
fn an_explicit_deny_of_any_layer_wins() {
    let granted = || {
        set()
            .with_identity(vec![allow("*")])
            .with_boundary(allow("*"))
            .with_session(vec![allow("*")])
            .with_resource(grant("Allow", r#""*""#, "*"))
            .with_endpoint(vec![rcp("Allow", "*")])
            .with_service_control(vec![vec![allow("*")]])
            .with_resource_control(vec![vec![rcp("Allow", "*")]])
    };
    allowed(&granted(), &get(session()));
    let denied = [
        granted().with_identity(vec![allow("*"), deny("s3:GetObject")]),
        granted().with_boundary(doc(&[
            r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#,
            r#"{"Effect":"Deny","Action":"s3:GetObject","Resource":"*"}"#,
        ])),
        granted().with_session(vec![allow("*"), deny("*")]),
        granted().with_resource(grant("Deny", r#""*""#, "s3:Get*")),
        granted().with_endpoint(vec![rcp("Allow", "*"), rcp("Deny", "*")]),
        granted().with_service_control(vec![vec![allow("*")], vec![allow("*"), deny("*")]]),
        granted().with_resource_control(vec![
            vec![rcp("Allow", "*"), rcp("Deny", "s3:*")],
            vec![rcp("Allow", "*")],
        ]),
    ];
    for set in denied {
        explicit(&set, &get(session()));
    }
}

#[test]
fn an_explicit_deny_is_reported_beside_implicit_ones() {
    let set = set().with_boundary(empty()).with_service_control(vec![vec![allow("*")], vec![deny("s3:*")]]);
    let decision = evaluate(&set, &get(user()));
    assert_eq!(decision.outcome(), Outcome::ExplicitDeny);
    assert_eq!(blockers(&decision), [Layer::ServiceControl, Layer::Identity, Layer::Boundary]);
}

#[test]
fn a_direct_grant_beside_a_deny_leaves_the_deny_alone_to_blame() {
    let statements = |action: &str| {
        let of = |effect: &str, action: &str| {
            format!(r#"{{"Effect":"{effect}","Principal":{},"Action":"{action}"}}"#, aws(USER))
        };
        set().with_resource(doc(&[&of("Deny", "s3:*"), &of("Allow", action)]))
    };
    let blocked = |action: &str| blockers(&evaluate(&statements(action), &get(user())));
    assert_eq!(blocked("s3:*"), [Layer::Resource]);
    assert_eq!(blocked("s3:PutObject"), [Layer::Resource, Layer::Identity]);
}

#[test]
fn every_blocking_layer_is_reported() {
    let set = set()
        .with_boundary(allow("ec2:*"))
        .with_session(vec![allow("ec2:*")])
        .with_service_control(vec![vec![allow("ec2:*")]])
        .with_resource_control(vec![vec![]])
        .with_endpoint(vec![]);
    implicit(
        &set,
        &get(session()),
        &[
            Layer::ResourceControl,
            Layer::ServiceControl,
            Layer::Endpoint,
            Layer::Identity,
            Layer::Boundary,
            Layer::Session,
        ],
    );
}

#[test]
fn the_caller_s_identity_needs_no_permission() {
    let set = set()
        .with_identity(vec![deny("*")])
        .with_service_control(vec![vec![deny("*")]])
        .with_session(vec![deny("*")])
        .with_boundary(deny("sts:GetCallerIdentity"));
    for principal in [user(), session(), federated_user(), root()] {
        allowed(&set, &request(principal, "sts:GetCallerIdentity", "*"));
    }
    assert_ne!(
        outcome(&set, &request(policy::Principal::Anonymous, "sts:GetCallerIdentity", "*")),
        Outcome::Allowed
    );
}

#[test]
fn the_identity_path_needs_boundary_and_session_too() {
    let all = set()
        .with_identity(vec![allow("s3:*")])
        .with_boundary(allow("s3:*"))
        .with_session(vec![allow("s3:*")]);
    allowed(&all, &get(session()));
    implicit(&all.clone().with_identity(vec![allow("ec2:*")]), &get(session()), &[Layer::Identity]);
    implicit(&all.clone().with_boundary(allow("ec2:*")), &get(session()), &[Layer::Boundary]);
    implicit(&all.with_session(vec![allow("ec2:*")]), &get(session()), &[Layer::Session]);
}

#[test]
fn session_policies_are_one_union() {
    let set =
        set().with_identity(vec![allow("s3:*")]).with_session(vec![allow("ec2:*"), allow("s3:GetObject")]);
    allowed(&set, &get(session()));
}

/// The table of direct grants: `(principal, value, needs identity, limited by boundary, by session)`.
#[test]
fn direct_grants_follow_the_table() {
    let rows: Vec<(policy::Principal, String, [bool; 3])> = vec![
        (user(), aws(USER), [false, false, false]),
        (user(), aws("*"), [false, false, false]),
        (user(), aws(A), [true, true, true]),
        (user(), aws("arn:aws:iam::111111111111:root"), [true, true, true]),
        (session(), aws(SESSION), [false, false, false]),
        (session(), "\"*\"".into(), [false, false, false]),
        (session(), aws(ROLE), [false, true, true]),
        (session(), aws(A), [true, true, true]),
        (federated_user(), aws(FEDERATED), [false, false, false]),
        (federated_user(), aws("*"), [false, false, false]),
        (federated_user(), aws(USER), [false, true, true]),
        (federated_user(), aws(A), [true, true, true]),
    ];
    for (principal, value, [identity, boundary, session]) in rows {
        let open = set()
            .with_resource(grant("Allow", &value, "s3:*"))
            .with_identity(vec![allow("*")])
            .with_boundary(allow("*"))
            .with_session(vec![allow("*")]);
        allowed(&open, &get(principal.clone()));
        let check = |set: policy::PolicySet, limits: bool, layer: Layer| {
            let decision = evaluate(&set, &get(principal.clone()));
            assert_eq!(decision.is_allowed(), !limits, "{value} for {principal:?}: {layer:?}");
            assert_eq!(blockers(&decision).contains(&layer), limits, "{value} for {principal:?}");
        };
        check(open.clone().with_identity(vec![]), identity, Layer::Identity);
        check(open.clone().with_boundary(empty()), boundary, Layer::Boundary);
        check(open.with_session(vec![]), session, Layer::Session);
    }
}

#[test]
fn everyone_narrowed_to_the_role_is_a_direct_grant() {
    let policy = doc(&[&format!(
        r#"{{"Effect":"Allow","Principal":"*","Action":"s3:*","Condition":{{"ArnEquals":{{"aws:PrincipalArn":"{ROLE}"}}}}}}"#
    )]);
    let set = set().with_resource(policy).with_boundary(empty()).with_session(vec![]);
    allowed(&set, &get(session()).with_context(context(&[("aws:PrincipalArn", ROLE)])));
    implicit(&set, &get(session()), &[Layer::Identity, Layer::Boundary, Layer::Session]);
}

#[test]
fn the_root_user_may_do_everything_in_its_account() {
    allowed(&set(), &get(root()));
    allowed(&set().with_identity(vec![deny("*")]).with_boundary(empty()), &get(root()));
    explicit(&set().with_resource(grant("Deny", r#""*""#, "s3:*")), &get(root()));
    implicit(&set().with_endpoint(vec![]), &get(root()), &[Layer::Endpoint]);
    implicit(&set().with_service_control(vec![vec![allow("ec2:*")]]), &get(root()), &[Layer::ServiceControl]);
}

#[test]
fn a_root_session_is_limited_by_its_task_policy() {
    let owner = Owner::new(Partition::Aws, AccountId::parse(A).unwrap());
    let principal = policy::Principal::Root(Root::new(owner).with_credentials(Credentials::Session));
    let task = set().with_session(vec![allow("iam:ListAccessKeys")]);
    allowed(&task, &request(principal.clone(), "iam:ListAccessKeys", "*"));
    implicit(&task, &get(principal), &[Layer::Session]);
}

#[test]
fn a_federated_user_without_session_policy_has_nothing_of_its_own() {
    let granted = set().with_identity(vec![allow("*")]);
    implicit(&granted, &get(federated_user()), &[Layer::Session]);
    allowed(&granted.clone().with_session(vec![allow("s3:*")]), &get(federated_user()));
    allowed(&granted.with_resource(grant("Allow", &aws(FEDERATED), "s3:*")), &get(federated_user()));
}

#[test]
fn a_role_session_without_session_policy_is_not_limited_by_one() {
    allowed(&set().with_identity(vec![allow("s3:*")]), &get(session()));
}

#[test]
fn the_unsigned_are_allowed_by_the_resource_s_policy_alone() {
    let everyone = set().with_resource(grant("Allow", r#""*""#, "s3:*"));
    for principal in [policy::Principal::Anonymous, service(), web_identity()] {
        allowed(&everyone, &get(principal.clone()));
        let burdened = everyone
            .clone()
            .with_identity(vec![deny("*")])
            .with_boundary(deny("*"))
            .with_session(vec![deny("*")])
            .with_service_control(vec![vec![deny("*")]]);
        allowed(&burdened, &get(principal.clone()));
        implicit(&set().with_identity(vec![allow("*")]), &get(principal.clone()), &[Layer::Resource]);
        explicit(
            &everyone.clone().with_resource_control(vec![vec![rcp("Deny", "s3:*")]]),
            &get(principal.clone()),
        );
        implicit(&everyone.clone().with_endpoint(vec![]), &get(principal), &[Layer::Endpoint]);
    }
    implicit(
        &set().with_resource(grant("Allow", &aws(A), "s3:*")),
        &get(policy::Principal::Anonymous),
        &[Layer::Resource],
    );
}

#[test]
fn a_service_is_named_or_everyone() {
    let named = set().with_resource(grant("Allow", r#"{"Service":"cloudtrail.amazonaws.com"}"#, "s3:*"));
    allowed(&named, &get(service()));
    let other = set().with_resource(grant("Allow", r#"{"Service":"config.amazonaws.com"}"#, "s3:*"));
    implicit(&other, &get(service()), &[Layer::Resource]);
}

#[test]
fn allow_with_not_principal_is_everyone_else() {
    let not = |value: &str| {
        set()
            .with_resource(doc(&[&format!(r#"{{"Effect":"Allow","NotPrincipal":{value},"Action":"s3:*"}}"#)]))
    };
    allowed(&not(&aws(USER)), &get(session()));
    implicit(&not(&aws(USER)), &get(user()), &[Layer::Identity]);
}

#[test]
fn deny_with_not_principal_denies_whoever_has_a_boundary() {
    let set = set().with_identity(vec![allow("*")]).with_resource(doc(&[&format!(
        r#"{{"Effect":"Deny","NotPrincipal":{},"Action":"s3:*"}}"#,
        aws(USER)
    )]));
    allowed(&set, &get(user()));
    explicit(&set.with_boundary(allow("*")), &get(user()));
}

#[test]
fn deny_with_not_principal_excepts_nobody_for_its_account_alone() {
    let all_but = |values: &str| {
        set().with_identity(vec![allow("*")]).with_resource(doc(&[&format!(
            r#"{{"Effect":"Deny","NotPrincipal":{{"AWS":[{values}]}},"Action":"s3:*"}}"#
        )]))
    };
    let account = r#""arn:aws:iam::111111111111:root""#;
    for account in [account, r#""111111111111""#] {
        explicit(&all_but(account), &get(user()));
        explicit(&all_but(account), &get(session()));
        explicit(&all_but(account), &get(federated_user()));
        allowed(&all_but(account), &get(root()));
    }
    // AWS's example: a user beside its account, and all others are denied.
    explicit(&all_but(&format!(r#""arn:aws:iam::111111111111:user/other",{account}"#)), &get(user()));
    allowed(&all_but(&format!(r#""{USER}",{account}"#)), &get(user()));
    allowed(&all_but(r#""*""#), &get(user()));
}

#[test]
fn layers_tell_their_results() {
    let set = set().with_identity(vec![allow("s3:*")]).with_boundary(empty());
    let decision = evaluate(&set, &get(user()));
    assert_eq!(decision.layer(Layer::Identity), LayerResult::Allow);
    assert_eq!(decision.layer(Layer::Boundary), LayerResult::Silent);
    assert_eq!(decision.layer(Layer::Session), LayerResult::NotApplicable);
    let matched: Vec<_> = decision.matched(&set).map(|matched| matched.place.layer).collect();
    assert_eq!(matched, [Layer::Identity]);
}

#[test]
fn refusals_are_worded_as_aws_words_them() {
    let sentence = |set: &policy::PolicySet, request: &policy::Request| {
        evaluate(set, request).reason_sentence(request.action.as_str())
    };
    let granted = set().with_identity(vec![allow("*")]);
    for (set, expected) in [
        (granted.clone(), ""),
        (set(), "because no identity-based policy allows the s3:GetObject action"),
        (
            granted.clone().with_boundary(empty()),
            "because no permissions boundary allows the s3:GetObject action",
        ),
        (granted.clone().with_session(vec![]), "because no session policy allows the s3:GetObject action"),
        (
            granted.clone().with_endpoint(vec![]),
            "because no VPC endpoint policy allows the s3:GetObject action",
        ),
        (
            granted.clone().with_service_control(vec![vec![]]),
            "because no service control policy allows the s3:GetObject action",
        ),
        (
            granted.clone().with_resource_control(vec![vec![]]),
            "because no resource control policy allows the s3:GetObject action",
        ),
        (granted.clone().with_identity(vec![deny("*")]), "with an explicit deny in an identity-based policy"),
        (granted.clone().with_boundary(deny("*")), "with an explicit deny in a permissions boundary"),
        (granted.clone().with_session(vec![deny("*")]), "with an explicit deny in a session policy"),
        (
            granted.clone().with_endpoint(vec![rcp("Deny", "*")]),
            "with an explicit deny in a VPC endpoint policy",
        ),
        (
            granted.clone().with_service_control(vec![vec![deny("*")]]),
            "with an explicit deny in a service control policy",
        ),
        (
            granted.clone().with_resource_control(vec![vec![rcp("Deny", "*")]]),
            "with an explicit deny in a resource control policy",
        ),
        (
            granted.clone().with_resource(grant("Deny", r#""*""#, "*")),
            "with an explicit deny in a resource-based policy",
        ),
    ] {
        assert_eq!(sentence(&set, &get(session())), expected);
    }
    let assume = request(user(), "sts:AssumeRole", ROLE);
    assert_eq!(sentence(&granted, &assume), "because no role trust policy allows the sts:AssumeRole action");
    assert_eq!(
        sentence(&set(), &assume),
        "because no identity-based policy allows the sts:AssumeRole action"
    );
    assert_eq!(
        sentence(&granted.with_resource(grant("Deny", r#""*""#, "sts:*")), &assume),
        "with an explicit deny in the role trust policy"
    );
}

#[test]
fn session_tokens_reach_iam_only_with_mfa() {
    let user = User::new(Arn::parse(USER).unwrap()).unwrap().with_credentials(Credentials::Session);
    let principal = policy::Principal::User(user);
    let granted = set().with_identity(vec![allow("*")]).with_resource(grant("Allow", &aws(USER), "*"));
    let iam = request(principal.clone(), "iam:GetUser", USER);
    assert_eq!(evaluate(&granted, &iam).guard(), Some(policy::Guard::SessionToken));
    assert_eq!(outcome(&granted, &iam), Outcome::ImplicitDeny);
    allowed(&granted, &iam.with_context(context(&[("aws:MultiFactorAuthPresent", "true")])));
    allowed(&granted, &get(principal.clone()));
    allowed(&granted, &request(principal.clone(), "sts:AssumeRole", ROLE));
    assert_eq!(
        outcome(&granted, &request(principal.clone(), "sts:GetFederationToken", "*")),
        Outcome::ImplicitDeny
    );
    assert_eq!(outcome(&granted, &request(principal, "sts:GetSessionToken", "*")), Outcome::ImplicitDeny);
}

#[test]
fn a_root_user_s_session_token_reaches_iam_only_with_mfa_too() {
    let policy::Principal::Root(root) = root() else { panic!("no root user") };
    let session = policy::Principal::Root(root.with_credentials(Credentials::Session));
    let iam = request(session, "iam:GetUser", USER);
    assert_eq!(evaluate(&set(), &iam).guard(), Some(policy::Guard::SessionToken));
    allowed(&set(), &iam.clone().with_context(context(&[("aws:MultiFactorAuthPresent", "true")])));
    // A session with a task policy is one of AssumeRoot.
    allowed(&set().with_session(vec![allow("iam:GetUser")]), &iam);
}

#[test]
fn of_allows_that_reach_equally_far_the_first_is_told() {
    let account = format!(r#"{{"Effect":"Allow","Principal":{},"Action":"s3:*"}}"#, aws(A));
    let direct = format!(r#"{{"Effect":"Allow","Principal":{},"Action":"s3:*"}}"#, aws(USER));
    for (statements, first) in [([&account, &account, &account], 0), ([&account, &direct, &direct], 1)] {
        let granted =
            set().with_identity(vec![allow("s3:*")]).with_resource(doc(&statements.map(String::as_str)));
        let decision = evaluate(&granted, &get(user()));
        let told = decision.deciding().find(|place| place.layer == Layer::Resource).unwrap();
        assert_eq!(told.statement, first);
    }
}

#[test]
fn get_session_token_needs_no_permission() {
    allowed(&set().with_identity(vec![deny("*")]), &request(user(), "sts:GetSessionToken", "*"));
    allowed(&set(), &request(root(), "sts:GetSessionToken", "*"));
    let decision =
        evaluate(&set().with_identity(vec![allow("*")]), &request(session(), "sts:GetSessionToken", "*"));
    assert_eq!(
        (decision.outcome(), decision.guard()),
        (Outcome::ImplicitDeny, Some(policy::Guard::TemporaryCredentials))
    );
}

#[test]
fn federation_tokens_reach_neither_iam_nor_sts() {
    let granted = set().with_identity(vec![allow("*")]).with_session(vec![allow("*")]);
    for action in ["iam:GetUser", "sts:AssumeRole", "sts:GetFederationToken"] {
        let decision = evaluate(
            &granted.clone().with_resource(grant("Allow", r#""*""#, "*")),
            &request(federated_user(), action, ROLE),
        );
        assert_eq!(
            (decision.outcome(), decision.guard()),
            (Outcome::ImplicitDeny, Some(policy::Guard::FederationToken)),
            "{action}"
        );
    }
    allowed(&granted, &request(federated_user(), "sts:GetCallerIdentity", "*"));
}
