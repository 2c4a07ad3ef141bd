//! Stacks of permissions: by rule, and at random against the engine.

use std::sync::Arc;

use analysis::{Asker, Budget, Comparison, Relation, Requests, compare_stacks, grants};
use policy::{Action, Credentials, Named, Policy, PolicySet, Principal, Request, SourceKind, evaluate};

use super::random::{ASKED, Random, TOUCHED, fill, statement};
use super::support::{allow, deny, document};

fn named(kind: SourceKind, policy: &Arc<Policy>) -> Named {
    Named::new(kind, "p", Arc::clone(policy))
}

fn user() -> Asker {
    Asker::new(Principal::parse("arn:aws:iam::123456789012:user/witness").unwrap())
}

/// The user with credentials of GetSessionToken.
fn session_user() -> Asker {
    let Principal::User(user) = user().principal else { panic!("a user") };
    Asker::new(Principal::User(user.with_credentials(Credentials::Session)))
}

/// The root user with temporary credentials: of GetSessionToken, or of AssumeRoot where there are session policies.
fn session_root() -> Asker {
    let Principal::Root(root) = Principal::parse("arn:aws:iam::123456789012:root").unwrap() else {
        panic!("root")
    };
    Asker::new(Principal::Root(root.with_credentials(Credentials::Session)))
}

fn role() -> Asker {
    Asker::new(Principal::parse("arn:aws:sts::123456789012:assumed-role/r/s").unwrap())
}

fn identity(statements: &str) -> PolicySet {
    PolicySet::new().with_identity(vec![named(SourceKind::Input, &document(statements))])
}

fn bounded(set: PolicySet, statements: &str) -> PolicySet {
    set.with_boundary(named(SourceKind::Input, &document(statements)))
}

fn relate(a: &PolicySet, b: &PolicySet, asker: &Asker) -> Comparison {
    compare_stacks(a, b, asker, Requests::Any, Budget::default())
}

fn everything() -> String {
    allow(r#""*""#, r#""*""#)
}

#[test]
fn a_boundary_takes_away_and_a_wide_one_takes_nothing() {
    let free = identity(&allow(r#""s3:*""#, r#""*""#));
    let wide = bounded(free.clone(), &everything());
    assert_eq!(relate(&free, &wide, &user()).relation, Relation::Equivalent);
    let narrow = bounded(free.clone(), &allow(r#""s3:Get*""#, r#""*""#));
    let answer = relate(&free, &narrow, &user());
    assert_eq!(answer.relation, Relation::MorePermissive);
    let witness = answer.witness_a_minus_b.unwrap();
    assert!(evaluate(&free, &witness).is_allowed() && !evaluate(&narrow, &witness).is_allowed());
    // The same from the other side: an identity policy that is as narrow.
    assert_eq!(
        relate(&narrow, &identity(&allow(r#""s3:Get*""#, r#""*""#)), &user()).relation,
        Relation::Equivalent
    );
}

#[test]
fn an_empty_layer_is_not_a_missing_one() {
    let free = identity(&everything());
    let none = PolicySet { boundary: Some(policy::Bundle::new(Vec::new())), ..free.clone() };
    assert_eq!(relate(&free, &none, &user()).relation, Relation::MorePermissive);
    assert_eq!(relate(&none, &PolicySet::new(), &user()).relation, Relation::Equivalent);
}

#[test]
fn every_level_of_control_policies_has_to_allow() {
    let level = |statements: &str| vec![named(SourceKind::ServiceControl, &document(statements))];
    let free = identity(&everything());
    let both = free.clone().with_service_control(vec![
        level(&allow(r#"["s3:*", "ec2:*"]"#, r#""*""#)),
        level(&allow(r#"["s3:*", "sqs:*"]"#, r#""*""#)),
    ]);
    let one = free.clone().with_service_control(vec![level(&allow(r#""s3:*""#, r#""*""#))]);
    assert_eq!(relate(&both, &one, &user()).relation, Relation::Equivalent);
    let denied =
        free.with_service_control(vec![level(&format!("{},{}", everything(), deny(r#""s3:*""#, r#""*""#)))]);
    assert_eq!(relate(&denied, &one, &user()).relation, Relation::Incomparable);
}

#[test]
fn a_resource_policy_can_stand_in_for_the_identity_s_and_pass_a_boundary_by() {
    let grant = |principal: &str| {
        document(&format!(
            r#"{{"Effect": "Allow", "Principal": {{"AWS": "{principal}"}}, "Action": "s3:GetObject", "Resource": "*"}}"#
        ))
    };
    let with =
        |principal: &str, set: PolicySet| set.with_resource(named(SourceKind::Resource, &grant(principal)));
    let reads = bounded(identity(&allow(r#""s3:GetObject""#, r#""*""#)), &everything());
    let session = "arn:aws:sts::123456789012:assumed-role/r/s";
    let itself = with(session, bounded(PolicySet::new(), &allow(r#""ec2:*""#, r#""*""#)));
    assert_eq!(relate(&itself, &reads, &role()).relation, Relation::Equivalent);
    // By its role it is limited by the boundary; by its account it needs policies of its own.
    let by_role =
        with("arn:aws:iam::123456789012:role/r", bounded(PolicySet::new(), &allow(r#""ec2:*""#, r#""*""#)));
    assert_eq!(relate(&by_role, &PolicySet::new(), &role()).relation, Relation::Equivalent);
    let by_account = with("123456789012", PolicySet::new());
    assert_eq!(relate(&by_account, &PolicySet::new(), &role()).relation, Relation::Equivalent);
    // Across accounts both sides have to allow.
    let across = role().of_resources_in("111111111111".parse().unwrap());
    assert_eq!(relate(&itself, &PolicySet::new(), &across).relation, Relation::Equivalent);
    let both = with(session, identity(&everything()));
    assert_eq!(relate(&both, &PolicySet::new(), &across).relation, Relation::MorePermissive);
}

#[test]
fn a_role_is_assumed_only_by_whom_it_trusts() {
    let scope = document(&allow(r#""sts:AssumeRole""#, r#""arn:aws:iam::123456789012:role/target""#));
    let trust = |principal: &str| {
        document(&format!(
            r#"{{"Effect": "Allow", "Principal": {{"AWS": "{principal}"}}, "Action": "sts:AssumeRole"}}"#
        ))
    };
    let can = |set: PolicySet| {
        grants(&set, &user(), Some(&scope), Requests::Any, Budget::default()).unwrap().is_some()
    };
    let free = identity(&everything());
    assert!(!can(free.clone()), "without a trust policy nobody assumes it");
    let by_account = named(SourceKind::Trust, &trust("123456789012"));
    assert!(can(free.clone().with_resource(by_account.clone())));
    assert!(!can(PolicySet::new().with_resource(by_account)));
    assert!(can(PolicySet::new()
        .with_resource(named(SourceKind::Trust, &trust("arn:aws:iam::123456789012:user/witness")))));
    assert!(!can(
        free.with_resource(named(SourceKind::Trust, &trust("arn:aws:iam::123456789012:user/other")))
    ));
}

#[test]
fn what_follows_from_the_principal_is_known() {
    let own = |name: &str| {
        identity(&format!(
            r#"{{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::home/{name}/*"}}"#
        ))
    };
    assert_eq!(relate(&own("${aws:username}"), &own("witness"), &user()).relation, Relation::Equivalent);
    assert_eq!(relate(&own("${aws:username}"), &own("bob"), &user()).relation, Relation::Incomparable);
    let elsewhere = identity(
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalAccount": "111111111111"}}}"#,
    );
    assert_eq!(relate(&elsewhere, &PolicySet::new(), &user()).relation, Relation::Equivalent);
}

#[test]
fn resource_control_binds_some_services_only() {
    let free = identity(&everything());
    let control = document(
        r#"{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
           {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}"#,
    );
    let bound = free.clone().with_resource_control(vec![vec![named(SourceKind::ResourceControl, &control)]]);
    let answer = relate(&free, &bound, &user());
    assert_eq!(answer.relation, Relation::MorePermissive);
    let only = |action: &str| {
        let scope = document(&allow(action, r#""*""#));
        grants(&bound, &user(), Some(&scope), Requests::Any, Budget::default()).unwrap().is_some()
    };
    assert!(only(r#""ec2:*""#) && !only(r#""s3:*""#));
}

#[test]
fn credentials_of_get_session_token_reach_neither_iam_without_mfa_nor_most_of_sts() {
    let free = identity(&everything());
    let can = |set: &PolicySet, asker: &Asker, action: &str, condition: &str| {
        let scope =
            document(&format!(r#"{{"Effect": "Allow", "Action": "{action}", "Resource": "*"{condition}}}"#));
        grants(set, asker, Some(&scope), Requests::Any, Budget::default()).unwrap()
    };
    let with_mfa = r#", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#;
    let without = r#", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}"#;
    let session = session_user();
    assert!(can(&free, &session, "s3:*", without).is_some());
    let witness = can(&free, &session, "iam:*", "").expect("with a code they call IAM");
    assert!(evaluate(&free, &witness).is_allowed());
    assert!(can(&free, &session, "iam:*", with_mfa).is_some());
    assert!(can(&free, &session, "iam:*", without).is_none(), "a proof, where there was no answer");
    assert!(can(&free, &session, "sts:*", "").is_some(), "what is no role needs no trust policy");
    for refused in ["sts:GetFederationToken", "sts:AssumeRoot", "sts:GetAccess*", "sts:Decode*"] {
        assert!(can(&free, &session, refused, "").is_none(), "{refused}");
        assert!(can(&free, &user(), refused, "").is_some(), "{refused}");
    }
    // To bar IAM without MFA takes nothing from such a session, and much from a key.
    let guarded = identity(&format!(
        r#"{}, {{"Effect": "Deny", "Action": "iam:*", "Resource": "*",
            "Condition": {{"StringNotEqualsIgnoreCase": {{"aws:MultiFactorAuthPresent": "true"}}}}}}"#,
        everything()
    ));
    assert_eq!(relate(&free, &guarded, &session).relation, Relation::Equivalent);
    assert_eq!(relate(&free, &guarded, &user()).relation, Relation::MorePermissive);
}

#[test]
fn the_root_user_in_a_task_is_no_session_of_get_session_token() {
    let session = PolicySet::new().with_session(vec![named(SourceKind::Session, &document(&everything()))]);
    let bare = PolicySet::new();
    let answer = relate(&session, &bare, &session_root());
    assert_eq!(answer.relation, Relation::MorePermissive);
    let witness = answer.witness_a_minus_b.unwrap();
    assert!(["iam", "sts"].contains(&witness.action.service()), "{witness:?}");
}

/// A stack at random, two to four layers of it.
fn stack(random: &mut Random) -> PolicySet {
    let some = |random: &mut Random| {
        let mut statements: Vec<String> = (0..1 + random.below(2)).map(|_| statement(random)).collect();
        if random.below(3) == 0 {
            statements.push(everything());
        }
        document(&statements.join(","))
    };
    let mut set = PolicySet::new().with_identity(vec![named(SourceKind::Input, &some(random))]);
    if random.below(2) == 0 {
        set = set.with_boundary(named(SourceKind::Input, &some(random)));
    }
    if random.below(4) == 0 {
        set = set.with_session(vec![named(SourceKind::Session, &some(random))]);
    }
    if random.below(3) == 0 {
        let levels = (0..1 + random.below(2)).map(|_| vec![named(SourceKind::ServiceControl, &some(random))]);
        set = set.with_service_control(levels.collect());
    }
    if random.below(3) == 0 {
        let whom = random.one(&[
            "123456789012",
            "arn:aws:iam::123456789012:user/witness",
            "arn:aws:iam::123456789012:role/r",
            "*",
        ]);
        let effect = random.one(&["Allow", "Deny"]);
        let statement = statement(random).replacen(
            r#""Effect": "Allow""#,
            &format!(r#""Effect": "{effect}", "Principal": {{"AWS": "{whom}"}}"#),
            1,
        );
        if statement.contains("Principal") {
            set = set.with_resource(named(SourceKind::Resource, &document(&statement)));
        }
    }
    set
}

fn ask(random: &mut Random, asker: &Asker) -> Request {
    let of_guards = ["iam:GetUser", "iam:CreateUser", "sts:GetFederationToken", "sts:TagSession"];
    let asked = if random.below(4) == 0 { random.one(&of_guards) } else { random.one(ASKED) };
    let mut request = asker.request(Action::parse(asked).unwrap(), random.one(TOUCHED));
    fill(random, &mut request, &["aws:username"]);
    if random.below(2) == 0 {
        request.context.set("aws:MultiFactorAuthPresent", random.one(&["true", "TRUE", "false"]));
    }
    request
}

#[test]
fn sampled_requests_never_contradict_an_answer_about_stacks() {
    let mut random = Random(0x0dd0_15ea_5e5e_ed01);
    let (mut checks, mut pairs, mut unknown) = (0, 0, 0);
    let mut seen = std::collections::HashMap::new();
    let budget = Budget { steps: 1_000_000, states: 5_000 };
    while checks < 20_000 {
        let asker = [user, role, session_user, session_root][random.below(4)]();
        let a = stack(&mut random);
        // Half of the pairs differ in one layer only.
        let b = match random.below(4) {
            0 => PolicySet { boundary: stack(&mut random).boundary, ..a.clone() },
            1 => PolicySet { identity: stack(&mut random).identity, ..a.clone() },
            _ => stack(&mut random),
        };
        let answer = compare_stacks(&a, &b, &asker, Requests::Any, budget);
        pairs += 1;
        *seen.entry(answer.relation).or_insert(0) += 1;
        unknown += usize::from(answer.relation == Relation::Unknown);
        for (witness, by, not_by) in
            [(&answer.witness_a_minus_b, &a, &b), (&answer.witness_b_minus_a, &b, &a)]
        {
            if let Some(request) = witness {
                assert!(evaluate(by, request).is_allowed() && !evaluate(not_by, request).is_allowed());
            }
        }
        let open = answer.relation == Relation::Unknown;
        let a_may = open || answer.witness_a_minus_b.is_some();
        let b_may = open || answer.witness_b_minus_a.is_some();
        for _ in 0..40 {
            let request = ask(&mut random, &asker);
            let (by_a, by_b) = (evaluate(&a, &request).is_allowed(), evaluate(&b, &request).is_allowed());
            checks += 1;
            assert!(!by_a || by_b || a_may, "{:?}: {request:?}\n{a:?}\n{b:?}", answer.relation);
            assert!(!by_b || by_a || b_may, "{:?}: {request:?}\n{a:?}\n{b:?}", answer.relation);
        }
    }
    println!("{pairs} pairs, {checks} checks, {unknown} unknown: {seen:?}");
    assert!(unknown * 10 < pairs, "{unknown} of {pairs} were not decided");
    assert!(seen.len() >= 4, "{seen:?}");
}
