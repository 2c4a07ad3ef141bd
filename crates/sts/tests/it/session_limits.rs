//! How long sessions last, and what ends them early.

use crate::support::{ROLE, allow, assume, holder, may, refused, role, trust, world};

const ALICE: &str = "arn:aws:iam::123456789012:user/alice";

#[tokio::test]
async fn a_session_is_over_when_it_expires() {
    let world = world().await;
    let user = world.user("alice", "").await;
    role(&world, &trust(ALICE, r#""sts:AssumeRole""#, "")).await;
    let session = holder(&assume(&world, &user, ROLE, &[("DurationSeconds", "900")]).await);
    world.advance(899);
    world.ok(&session, "GetCallerIdentity", &[]).await;
    world.advance(1);
    let (_, message) = world.refused(&session, "GetCallerIdentity", &[]).await;
    assert!(message.contains("expired"), "{message}");
}

#[tokio::test]
async fn a_session_lasts_no_longer_than_the_role_allows() {
    let world = world().await;
    let user = world.user("alice", "").await;
    role(&world, &trust(ALICE, r#""sts:AssumeRole""#, "")).await;
    let refusal = refused(&world, &user, ROLE, &[("DurationSeconds", "3601")]).await;
    assert_eq!(
        refusal,
        (
            "ValidationError".into(),
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.".into()
        )
    );
    world.ok(&world.root, "UpdateRole", &[("RoleName", "deploy"), ("MaxSessionDuration", "7200")]).await;
    assume(&world, &user, ROLE, &[("DurationSeconds", "7200")]).await;
    let (code, message) = refused(&world, &user, ROLE, &[("DurationSeconds", "899")]).await;
    assert_eq!(code, "ValidationError");
    assert!(message.contains("'durationSeconds' failed to satisfy constraint"), "{message}");
}

#[tokio::test]
async fn a_chained_session_lasts_an_hour_at_most() {
    let world = world().await;
    let user = world.user("alice", "").await;
    role(&world, &trust(ALICE, r#""sts:AssumeRole""#, "")).await;
    may(&world, &allow("sts:AssumeRole", "*")).await;
    let document = trust(ROLE, r#""sts:AssumeRole""#, "");
    let parameters = [
        ("RoleName", "second"),
        ("AssumeRolePolicyDocument", document.as_str()),
        ("MaxSessionDuration", "7200"),
    ];
    world.ok(&world.root, "CreateRole", &parameters).await;
    let first = holder(&assume(&world, &user, ROLE, &[]).await);
    let second = "arn:aws:iam::123456789012:role/second";
    assert_eq!(refused(&world, &first, second, &[("DurationSeconds", "3601")]).await.0, "ValidationError");
    assume(&world, &first, second, &[("DurationSeconds", "3600")]).await;
}

#[tokio::test]
async fn a_key_made_inactive_and_a_detached_policy_bind_at_the_next_request() {
    let world = world().await;
    let user = world.user("alice", &allow("iam:ListUsers", "*")).await;
    world.ok(&user, "ListUsers", &[]).await;
    world.ok(&world.root, "DeleteUserPolicy", &[("UserName", "alice"), ("PolicyName", "p")]).await;
    assert_eq!(world.refused(&user, "ListUsers", &[]).await.0, "AccessDenied");
    let parameters = [("UserName", "alice"), ("AccessKeyId", user.id.as_str()), ("Status", "Inactive")];
    world.ok(&world.root, "UpdateAccessKey", &parameters).await;
    assert_eq!(world.refused(&user, "GetCallerIdentity", &[]).await.0, "InvalidClientTokenId");
}

#[tokio::test]
async fn a_token_of_another_key_or_a_spoilt_one_is_invalid() {
    let world = world().await;
    let user = world.user("alice", "").await;
    role(&world, &trust(ALICE, r#""sts:AssumeRole""#, "")).await;
    let one = holder(&assume(&world, &user, ROLE, &[]).await);
    let two = holder(&assume(&world, &user, ROLE, &[]).await);
    let mut mixed = one.clone();
    mixed.token = two.token;
    assert_eq!(world.refused(&mixed, "GetCallerIdentity", &[]).await.0, "InvalidClientTokenId");
    let mut spoilt = one.clone();
    spoilt.token = one.token.map(|token| token.chars().rev().collect());
    assert_eq!(world.refused(&spoilt, "GetCallerIdentity", &[]).await.0, "InvalidClientTokenId");
    let mut bare = spoilt;
    bare.token = None;
    assert_eq!(world.refused(&bare, "GetCallerIdentity", &[]).await.0, "InvalidClientTokenId");
}

#[tokio::test]
async fn a_session_takes_ten_managed_policies_and_2048_characters_of_its_own() {
    let world = world().await;
    let user = world.user("alice", &allow("sts:GetFederationToken", "*")).await;
    role(&world, &trust(ALICE, r#""sts:AssumeRole""#, "")).await;
    let names: Vec<String> = (1..=11).map(|n| format!("PolicyArns.member.{n}.arn")).collect();
    let arn = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let arns: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), arn)).collect();
    assume(&world, &user, ROLE, &arns[..10]).await;
    let (code, message) = refused(&world, &user, ROLE, &arns).await;
    assert_eq!(code, "ValidationError");
    assert!(message.contains("at 'policyArns' failed to satisfy constraint"), "{message}");

    let document = |length: usize| format!("{:<length$}", allow("s3:*", "*"));
    assume(&world, &user, ROLE, &[("Policy", &document(2048))]).await;
    let long = document(2049);
    let (code, message) = refused(&world, &user, ROLE, &[("Policy", &long)]).await;
    assert_eq!(code, "ValidationError");
    assert!(message.ends_with("Member must have length less than or equal to 2048"), "{message}");
    let federation = [("Name", "guest"), ("Policy", long.as_str())];
    assert_eq!(world.refused(&user, "GetFederationToken", &federation).await.0, "ValidationError");
}
