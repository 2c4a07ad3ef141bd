//! Checks of one document: new access, given access, strangers.

use std::sync::Arc;

use analysis::{
    Access, Budget, Relation, Requests, Verdict, Zone, allows, granted_access, new_access, outside_access,
    public_access,
};
use policy::Policy;

use super::support::{allow, deny, document};

/// The statements that fail, or what else came out.
fn failing(verdict: &Verdict) -> Result<Vec<usize>, String> {
    match verdict {
        Verdict::Pass => Ok(Vec::new()),
        Verdict::Fail(grants) => Ok(grants.iter().map(|grant| grant.statement).collect()),
        Verdict::Unproven { exhausted, .. } => Err(format!("{exhausted:?}")),
    }
}

#[test]
fn new_access_names_each_statement_that_brings_some() {
    let old = document(&allow(r#""s3:Get*""#, r#""arn:aws:s3:::b/*""#));
    let new = document(&format!(
        "{},{},{}",
        allow(r#""s3:GetObject""#, r#""arn:aws:s3:::b/*""#),
        allow(r#""s3:PutObject""#, r#""arn:aws:s3:::b/*""#),
        allow(r#""s3:GetObject""#, r#""*""#),
    ));
    let check = |old: &Arc<Policy>, new: &Arc<Policy>| new_access(old, new, Requests::Any, Budget::default());
    let verdict = check(&old, &new);
    assert_eq!(failing(&verdict), Ok(vec![1, 2]));
    let Verdict::Fail(grants) = verdict else { panic!() };
    for grant in grants {
        assert!(allows(&new, &grant.witness, false) && !allows(&old, &grant.witness, false));
    }
    assert_eq!(failing(&check(&new, &old)), Ok(vec![0]), "s3:GetX is new");
    // What a deny of the new document takes away is not new.
    let denied = document(&format!("{},{}", allow(r#""s3:*""#, r#""*""#), deny(r#""s3:*""#, r#""*""#)));
    assert_eq!(failing(&check(&old, &denied)), Ok(vec![]));
    // What a deny of the old one forbade is new without it.
    let forbidding = document(&format!("{},{}", allow(r#""*""#, r#""*""#), deny(r#""iam:*""#, r#""*""#)));
    assert_eq!(failing(&check(&forbidding, &document(&allow(r#""*""#, r#""*""#)))), Ok(vec![0]));
}

#[test]
fn given_access_is_found_by_action_by_resource_and_by_both() {
    let policy = document(&format!(
        "{},{}",
        allow(r#""s3:Get*""#, r#""arn:aws:s3:::b/*""#),
        deny(r#""s3:GetObjectAcl""#, r#""*""#)
    ));
    let check = |actions: &[&str], resources: &[&str]| {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        let access = Access { actions: texts(actions), resources: texts(resources) };
        failing(&granted_access(&policy, &[access], Budget::default()).unwrap())
    };
    assert_eq!(check(&["s3:GetObject"], &[]), Ok(vec![0]));
    assert_eq!(check(&["s3:PutObject", "s3:getobject"], &[]), Ok(vec![0]));
    assert_eq!(check(&["s3:PutObject"], &[]), Ok(vec![]));
    assert_eq!(check(&["s3:GetObjectAcl"], &[]), Ok(vec![]), "it is denied");
    assert_eq!(check(&[], &["arn:aws:s3:::b/x"]), Ok(vec![0]));
    assert_eq!(check(&[], &["arn:aws:s3:::c/*"]), Ok(vec![]));
    assert_eq!(check(&["s3:GetObject"], &["arn:aws:s3:::*"]), Ok(vec![0]));
    assert_eq!(check(&["s3:PutObject"], &["arn:aws:s3:::b/x"]), Ok(vec![]));
}

fn resource(statement: &str) -> Arc<Policy> {
    document(&format!(r#"{{"Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", {statement}}}"#))
}

#[test]
fn public_is_what_lets_strangers_in() {
    let check = |statement: &str| failing(&public_access(&resource(statement), &[], Budget::default()));
    let everyone = r#""Effect": "Allow", "Principal": "*""#;
    let on = |condition: &str| check(&format!(r#"{everyone}, "Condition": {condition}"#));
    assert_eq!(check(everyone), Ok(vec![0]));
    assert_eq!(check(r#""Effect": "Allow", "Principal": {"AWS": ["123456789012", "*"]}"#), Ok(vec![0]));
    assert_eq!(check(r#""Effect": "Allow", "Principal": {"AWS": "123456789012"}"#), Ok(vec![]));
    assert_eq!(check(r#""Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}"#), Ok(vec![]));
    assert_eq!(on(r#"{"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}"#), Ok(vec![]));
    assert_eq!(on(r#"{"StringEquals": {"aws:SourceVpc": "vpc-1a2b3c4d"}}"#), Ok(vec![]));
    assert_eq!(on(r#"{"StringLike": {"aws:SourceVpc": "vpc-*"}}"#), Ok(vec![0]));
    assert_eq!(on(r#"{"StringNotEquals": {"aws:SourceVpc": "vpc-1a2b3c4d"}}"#), Ok(vec![0]));
    assert_eq!(on(r#"{"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#), Ok(vec![]));
    assert_eq!(on(r#"{"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "0.0.0.0/1"]}}"#), Ok(vec![0]));
    assert_eq!(on(r#"{"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}"#), Ok(vec![0]));
    assert_eq!(on(r#"{"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:123456789012:*"}}"#), Ok(vec![]));
    assert_eq!(on(r#"{"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}}"#), Ok(vec![0]));
    assert_eq!(on(r#"{"StringLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/*"}}"#), Ok(vec![]));
    assert_eq!(on(r#"{"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Admin"}}"#), Ok(vec![0]));
    assert_eq!(on(r#"{"Bool": {"aws:SecureTransport": "true"}}"#), Ok(vec![0]));
    assert_eq!(on(r#"{"StringEquals": {"aws:PrincipalAccount": "123456789012"}}"#), Ok(vec![]));
    assert_eq!(on(r#"{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-abcdefghij/*"}}"#), Ok(vec![]));
    // A bucket's policy grants nothing of other services.
    let only = |actions: &[&str]| {
        let actions: Vec<String> = actions.iter().map(|text| (*text).to_owned()).collect();
        failing(&public_access(&resource(everyone), &actions, Budget::default()))
    };
    assert_eq!((only(&["s3:*"]), only(&["sqs:*"])), (Ok(vec![0]), Ok(vec![])));
    // A deny of all strangers closes what an allow opens.
    let closed = document(
        r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"},
           {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}}"#,
    );
    assert_eq!(failing(&public_access(&closed, &[], Budget::default())), Ok(vec![]));
}

#[test]
fn a_zone_of_trust_is_accounts_or_an_organization() {
    let zone = Zone { accounts: vec!["123456789012".into()], organization: None };
    let check = |statement: &str| failing(&outside_access(&resource(statement), &zone, Budget::default()));
    let by = |principal: &str| format!(r#""Effect": "Allow", "Principal": {{"AWS": "{principal}"}}"#);
    assert_eq!(check(&by("123456789012")), Ok(vec![]));
    assert_eq!(check(&by("arn:aws:iam::123456789012:role/r")), Ok(vec![]));
    assert_eq!(check(&by("arn:aws:iam::111111111111:role/r")), Ok(vec![0]));
    assert_eq!(check(&by("*")), Ok(vec![0]));
    let organization = Zone { accounts: Vec::new(), organization: Some("o-abcdefghij".into()) };
    let within = r#""Effect": "Allow", "Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}"#;
    let verdict = outside_access(&resource(within), &organization, Budget::default());
    assert_eq!(failing(&verdict), Ok(vec![]));
    let elsewhere = within.replace("abcdefghij", "zzzzzzzzzz");
    let verdict = outside_access(&resource(&elsewhere), &organization, Budget::default());
    assert_eq!(failing(&verdict), Ok(vec![0]));
}

#[test]
fn any_account_that_a_policy_names_is_somebody() {
    let to = |principal: &str, condition: &str| {
        resource(&format!(r#""Effect": "Allow", "Principal": {principal}, "Condition": {condition}"#))
    };
    let known: Vec<String> = (0..4).map(|n| (999_999_999_999_u64 - n).to_string()).collect();
    for account in &known {
        let named = to(&format!(r#"{{"AWS": "{account}"}}"#), "{}");
        assert_eq!(failing(&public_access(&named, &[], Budget::default())), Ok(vec![]), "{account}");
        let meant = to(r#""*""#, &format!(r#"{{"StringEquals": {{"aws:PrincipalAccount": "{account}"}}}}"#));
        assert_eq!(failing(&public_access(&meant, &[], Budget::default())), Ok(vec![]), "{account}");
    }
    let all = to(&format!("{{\"AWS\": {known:?}}}"), "{}");
    assert_eq!(failing(&public_access(&all, &[], Budget::default())), Ok(vec![]));
}

#[test]
fn thousands_of_accounts_are_told_apart_by_what_is_said_of_them() {
    let to = |accounts: &[String]| {
        resource(&format!(r#""Effect": "Allow", "Principal": {{"AWS": {accounts:?}}}"#))
    };
    let ids: Vec<String> = (0..3_000).map(|n| format!("{:012}", 100_000_000_000_u64 + n)).collect();
    let relation = |a: &[String], b: &[String]| analysis::compare(&to(a), &to(b), Budget::default()).relation;
    assert_eq!(relation(&ids, &ids[1..]), Relation::MorePermissive);
    let reversed: Vec<String> = ids.iter().rev().cloned().collect();
    assert_eq!(relation(&ids, &reversed), Relation::Equivalent);
    // A user of one and a role of another are not the same, whatever else is.
    let arn = |id: &str, rest: &str| format!("arn:aws:iam::{id}:{rest}");
    let (mut users, mut mixed) = (Vec::new(), Vec::new());
    for (at, id) in ids.iter().take(50).enumerate() {
        users.push(arn(id, "user/a"));
        mixed.push(arn(id, if at == 31 { "user/b" } else { "user/a" }));
    }
    assert_eq!(relation(&users, &mixed), Relation::Incomparable);
}

#[test]
fn whom_conditions_let_in_from_outside_a_zone_is_found() {
    let zone = Zone { accounts: vec!["123456789012".into()], organization: None };
    let check = |condition: &str| {
        let policy = resource(&format!(r#""Effect": "Allow", "Principal": "*", "Condition": {condition}"#));
        failing(&outside_access(&policy, &zone, Budget::default()))
    };
    assert_eq!(check(r#"{"StringEquals": {"aws:PrincipalAccount": "123456789012"}}"#), Ok(vec![]));
    assert_eq!(check(r#"{"StringEquals": {"aws:PrincipalAccount": "222222222222"}}"#), Ok(vec![0]));
    assert_eq!(
        check(r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::222222222222:role/x/*"}}"#),
        Ok(vec![0])
    );
    assert_eq!(check(r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}}"#), Ok(vec![0]));
    assert_eq!(check(r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/*"}}"#), Ok(vec![]));
}

#[test]
fn what_a_budget_does_not_allow_to_prove_is_not_passed() {
    let hard = format!(r#""arn:aws:s3:::*a{}""#, "?".repeat(60));
    let other = format!(r#""arn:aws:s3:::*b{}""#, "?".repeat(60));
    let (old, new) = (document(&allow(r#""s3:*""#, &hard)), document(&allow(r#""s3:*""#, &other)));
    let budget = Budget { steps: 3_000, states: 50 };
    let verdict = new_access(&old, &new, Requests::Any, budget);
    assert!(!matches!(verdict, Verdict::Pass), "{verdict:?}");
}
