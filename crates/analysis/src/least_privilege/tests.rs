use policy::{Action, Principal};

use super::*;

fn read(text: &str) -> Arc<Policy> {
    Arc::new(Policy::parse(text).unwrap())
}

fn request(action: &str, resource: &str) -> Request {
    let alice = Principal::parse("arn:aws:iam::123456789012:user/alice").unwrap();
    let mut request = Request::new(alice, Action::parse(action).unwrap(), resource);
    request.context.set("aws:username", "alice");
    request
}

fn made(used: &[Request], replaced: &[Arc<Policy>]) -> LeastPrivilege {
    let made = generate(used, replaced, Budget::default()).unwrap();
    // What it is made for it allows, all but what was never explained.
    assert_eq!(refused(&[Arc::clone(&made.policy)], used).unwrap(), made.unexplained);
    made
}

#[test]
fn actions_with_the_same_resources_share_a_statement_and_wildcards_go() {
    let wide = read(
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#,
    );
    let used = [
        request("s3:GetObject", "arn:aws:s3:::b/k"),
        request("s3:PutObject", "arn:aws:s3:::b/k"),
        request("s3:GetObject", "arn:aws:s3:::b/k"),
        request("s3:ListAllMyBuckets", "*"),
        // This is everybody's, and needs no policy.
        request("sts:GetCallerIdentity", "*"),
    ];
    let made = made(&used, &[wide]);
    assert!(matches!(made.proof, Proof::Subset), "{:?}", made.proof);
    assert_eq!(
        made.document,
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "s3:ListAllMyBuckets",
      "Resource": "*"
    },
    {
      "Effect": "Allow",
      "Action": ["s3:GetObject", "s3:PutObject"],
      "Resource": "arn:aws:s3:::b/k"
    }
  ]
}"#
    );
}

#[test]
fn many_resources_become_their_beginning_only_where_that_was_allowed() {
    let used: Vec<Request> =
        (0..5).map(|n| request("s3:GetObject", &format!("arn:aws:s3:::b/dir/{n}"))).collect();
    let wide = read(
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"}}"#,
    );
    let general = made(&used, &[wide]);
    assert!(general.document.contains(r#""Resource": "arn:aws:s3:::b/dir/*""#), "{}", general.document);
    assert!(matches!(general.proof, Proof::Subset));
    let digits = read(
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/dir/?"}}"#,
    );
    let listed = made(&used, &[digits]);
    assert!(listed.document.contains(r#""arn:aws:s3:::b/dir/4""#), "{}", listed.document);
    assert!(matches!(listed.proof, Proof::Subset));
}

#[test]
fn conditions_and_denies_of_what_is_replaced_stay_where_they_matter() {
    let replaced = read(
        r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::home/${aws:username}/*",
             "Condition": {"Bool": {"aws:SecureTransport": "true"}, "StringLike": {"aws:username": ["a*", "b*"]}}},
            {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"},
            {"Effect": "Deny", "Action": "sqs:*", "Resource": "arn:aws:sqs:*:*:q*", "Condition": {"Bool": {"aws:ViaAWSService": "true"}}}]}"#,
    );
    let mut get = request("s3:GetObject", "arn:aws:s3:::home/alice/k");
    get.context.set("aws:SecureTransport", "true");
    let send = request("sqs:SendMessage", "arn:aws:sqs:us-east-1:123456789012:q");
    let made = made(&[get, send], &[replaced]);
    assert!(made.unexplained.is_empty());
    assert!(made.document.contains(r#""StringLike": {"aws:username": ["a*", "b*"]}"#), "{}", made.document);
    assert!(made.document.contains(r#""Effect": "Deny""#), "{}", made.document);
}

#[test]
fn what_nothing_explains_is_told_and_not_granted() {
    let replaced = read(
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}"#,
    );
    let used = [request("s3:GetObject", "arn:aws:s3:::b/k"), request("s3:PutObject", "arn:aws:s3:::b/k")];
    let made = made(&used, &[replaced]);
    assert_eq!(made.unexplained, [1]);
    assert!(!made.document.contains("PutObject"));
}

#[test]
fn wildcards_in_names_are_no_wildcards_and_plain_text_of_old_documents_stays_plain() {
    let replaced = read(
        r#"{"Version": "2008-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::b/${x}", "arn:aws:s3:::b/a*"]}}"#,
    );
    let used =
        [request("s3:GetObject", "arn:aws:s3:::b/${x}"), request("s3:GetObject", "arn:aws:s3:::b/a*c?")];
    let made = made(&used, &[replaced]);
    assert!(
        made.unexplained.is_empty() && matches!(made.proof, Proof::Subset),
        "{:?} {}",
        made.proof,
        made.document
    );
    let other = request("s3:GetObject", "arn:aws:s3:::b/abcd");
    assert_eq!(refused(&[made.policy], &[other]).unwrap(), [0]);
}

#[test]
fn without_use_there_is_an_empty_policy() {
    let made = made(&[], &[]);
    assert!(matches!(made.proof, Proof::Subset) && made.policy.statements().is_empty());
}
