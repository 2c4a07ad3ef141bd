//! Witnesses that can happen.

use std::sync::Arc;

use analysis::{Budget, Comparison, Relation, Requests, compare_over};
use catalog::Catalog;
use policy::Policy;

use super::support::{allow, document, when};

fn relate(a: &Arc<Policy>, b: &Arc<Policy>) -> (Relation, Comparison) {
    let any = compare_over(a, b, Requests::Any, Budget::default()).relation;
    (any, compare_over(a, b, Requests::Realistic(Catalog::aws()), Budget::default()))
}

#[test]
fn actions_that_do_not_exist_make_no_difference() {
    let listed = document(&allow(
        r#"["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoot"]"#,
        r#""*""#,
    ));
    let (any, real) = relate(&document(&allow(r#""sts:Assume*""#, r#""*""#)), &listed);
    assert_eq!((any, real.relation), (Relation::MorePermissive, Relation::Equivalent));
}

#[test]
fn a_resource_is_of_a_type_that_the_action_takes() {
    // CreateUser takes users, never groups.
    let both =
        document(&allow(r#""iam:CreateUser""#, r#"["arn:aws:iam::*:user/*", "arn:aws:iam::*:group/*"]"#));
    let users = document(&allow(r#""iam:CreateUser""#, r#""arn:aws:iam::*:user/*""#));
    let (any, real) = relate(&both, &users);
    assert_eq!((any, real.relation), (Relation::MorePermissive, Relation::Equivalent));
    let (_, real) = relate(&users, &document(&allow(r#""iam:CreateUser""#, r#""arn:aws:iam::*:user/a/*""#)));
    assert_eq!(real.relation, Relation::MorePermissive);
    let witness = real.witness_a_minus_b.unwrap();
    let arn = types::Arn::parse(witness.resource.as_str()).unwrap();
    assert_eq!((arn.service(), arn.resource_type_and_id().0, arn.account_part().len()), ("iam", "user", 12));
}

#[test]
fn a_key_that_the_action_does_not_carry_is_absent() {
    let tagged = r#"{"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*",
        "Condition": {"StringEquals": {"s3:prefix": "a"}}}"#;
    let (any, real) = relate(&document(tagged), &document(""));
    assert_eq!((any, real.relation), (Relation::MorePermissive, Relation::Equivalent));
    let listing = tagged.replace("iam:GetUser", "s3:ListBucket");
    assert_eq!(relate(&document(&listing), &document("")).1.relation, Relation::MorePermissive);
}

#[test]
fn what_follows_from_the_principal_fits_it() {
    // Nobody is in one account by ARN and in another by id.
    let split = when(
        r#"{"StringEquals": {"aws:PrincipalAccount": "111111111111"},
            "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::222222222222:role/*"}}"#,
    );
    let (any, real) = relate(&document(&split), &document(""));
    assert_eq!((any, real.relation), (Relation::MorePermissive, Relation::Equivalent));
    let joint = split.replace("222222222222", "111111111111");
    let (_, real) = relate(&document(&joint), &document(""));
    assert_eq!(real.relation, Relation::MorePermissive);
    let principal = real.witness_a_minus_b.unwrap().principal;
    assert_eq!(principal.owner().unwrap().account.as_str(), "111111111111");
    assert!(matches!(principal, policy::Principal::AssumedRole(_)));
}

#[test]
fn a_key_of_many_values_comes_as_a_list() {
    let tagging = r#"{"Effect": "Allow", "Action": "iam:CreateUser", "Resource": "*",
        "Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}}}"#;
    let (_, real) = relate(&document(tagging), &document(""));
    assert_eq!(real.relation, Relation::MorePermissive);
    let witness = real.witness_a_minus_b.unwrap();
    assert!(matches!(witness.context.get("aws:TagKeys"), Some(policy::Values::Many(_))), "{witness:?}");
    // Without a set operator no list holds.
    let single = tagging.replace("ForAnyValue:", "");
    assert_eq!(relate(&document(&single), &document("")).1.relation, Relation::Equivalent);
}

#[test]
fn everybody_whom_documents_mention_is_looked_at() {
    let ids: Vec<String> = (1..=9).map(|digit| digit.to_string().repeat(12)).collect();
    let quoted = |texts: &[String]| format!("\"{}\"", texts.join("\",\""));
    let (few, all) = (quoted(&ids[..8]), quoted(&ids));
    let account =
        |ids: &str| document(&when(&format!(r#"{{"StringEquals": {{"aws:PrincipalAccount": [{ids}]}}}}"#)));
    assert_eq!(relate(&account(&all), &account(&few)).1.relation, Relation::MorePermissive);
    let arns = |ids: &[String], form: &str| {
        let arns: Vec<String> = ids.iter().map(|id| form.replace("{}", id)).collect();
        document(&allow(r#""sqs:SendMessage""#, &format!("[{}]", quoted(&arns))))
    };
    let queue = "arn:aws:sqs:us-east-1:{}:q";
    assert_eq!(relate(&arns(&ids, queue), &arns(&ids[..8], queue)).1.relation, Relation::MorePermissive);
    for (mention, relation) in [
        ("arn:aws:iam::*:user/team/*", Relation::MorePermissive),
        ("arn:aws:iam::*:role/team/*", Relation::MorePermissive),
        ("arn:aws:sts::*:federated-user/x", Relation::MorePermissive),
        ("arn:aws-cn:iam::*:user/x", Relation::MorePermissive),
        // No identity policy binds the root user.
        ("arn:aws:iam::*:root", Relation::Equivalent),
    ] {
        let by = document(&when(&format!(r#"{{"ArnLike": {{"aws:PrincipalArn": "{mention}"}}}}"#)));
        assert_eq!(relate(&by, &document("")).1.relation, relation, "{mention}");
    }
    for place in
        ["arn:aws-us-gov:sqs:us-gov-west-1:*:q", "arn:aws:sqs:ap-*:*:q", "arn:aws:sqs:eu-west-?:33*:q"]
    {
        let there = arns(&[place.to_owned()], "{}");
        assert_eq!(relate(&there, &document("")).1.relation, Relation::MorePermissive, "{place}");
    }
}

#[test]
fn more_than_can_be_looked_at_is_not_decided() {
    let ids: Vec<String> = (0..99).map(|n| format!("\"{:012}\"", 100 + n)).collect();
    let by = |ids: &[String]| {
        document(&when(&format!(r#"{{"StringEquals": {{"aws:PrincipalAccount": [{}]}}}}"#, ids.join(","))))
    };
    assert_eq!(relate(&by(&ids), &by(&ids[..98])).1.relation, Relation::Unknown);
}

#[test]
fn some_keys_come_with_every_request() {
    let when = |flag: &str| {
        format!(
            r#"{{"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*",
                "Condition": {{"Bool": {{"aws:SecureTransport": {flag}}}}}}}"#
        )
    };
    let both = document(&when(r#"["true", "false"]"#));
    let (any, real) = relate(&both, &document(&allow(r#""iam:GetUser""#, r#""*""#)));
    assert_eq!((any, real.relation), (Relation::LessPermissive, Relation::Equivalent));
}

#[test]
fn a_variable_holds_what_its_key_can_hold() {
    let to = |resource: &str, more: &str| {
        document(&format!(
            r#"{{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/{resource}"{more}}}"#
        ))
    };
    let expected = [
        // Every request has them, so that no default counts.
        ("${aws:userid, 'x'}", "${aws:userid}", Relation::Equivalent),
        ("${aws:CurrentTime, 'x'}", "${aws:CurrentTime}", Relation::Equivalent),
        ("${aws:SourceVpc, 'x'}", "${aws:SourceVpc}", Relation::MorePermissive),
        // This action has no such key, and so nothing is left but the default.
        ("${s3:prefix, 'x'}", "x", Relation::Equivalent),
        ("${aws:PrincipalTag/team, 'x'}", "x", Relation::Incomparable),
    ];
    for (a, b, relation) in expected {
        assert_eq!(relate(&to(a, ""), &to(b, "")).1.relation, relation, "{a} {b}");
    }
}

#[test]
fn what_needs_no_permission_counts_by_a_documents_words_and_not_among_real_requests() {
    let (granted, nothing) = (document(&allow(r#""sts:GetCallerIdentity""#, r#""*""#)), document(""));
    let (any, real) = relate(&granted, &nothing);
    assert_eq!((any, real.relation), (Relation::MorePermissive, Relation::Equivalent));
}
