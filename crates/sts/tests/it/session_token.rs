//! GetSessionToken.

use crate::support::{ROLE, allow, holder, role, trust, world};

#[tokio::test]
async fn a_user_needs_no_permission_and_has_twelve_hours() {
    let world = world().await;
    let user = world.user("alice", "").await;
    let answer = world.ok(&user, "GetSessionToken", &[]).await;
    assert_eq!(answer.get("Expiration"), "2026-01-01T12:00:00Z");
    let identity = world.ok(&holder(&answer), "GetCallerIdentity", &[]).await;
    assert_eq!(identity.get("Arn"), "arn:aws:iam::123456789012:user/alice");
}

#[tokio::test]
async fn the_root_user_has_an_hour_whatever_it_asks_for() {
    let world = world().await;
    let answer = world.ok(&world.root, "GetSessionToken", &[("DurationSeconds", "43200")]).await;
    assert_eq!(answer.get("Expiration"), "2026-01-01T01:00:00Z");
}

#[tokio::test]
async fn without_mfa_its_credentials_call_no_iam() {
    let world = world().await;
    let user = world.user("alice", &allow("*", "*")).await;
    let session = holder(&world.ok(&user, "GetSessionToken", &[]).await);
    assert_eq!(world.refused(&session, "ListUsers", &[]).await.0, "InvalidClientTokenId");
}

#[tokio::test]
async fn of_sts_its_credentials_call_assume_role_and_get_caller_identity() {
    let world = world().await;
    let user = world.user("alice", &allow("sts:*", "*")).await;
    role(&world, &trust("arn:aws:iam::123456789012:user/alice", r#""sts:AssumeRole""#, "")).await;
    let session = holder(&world.ok(&user, "GetSessionToken", &[]).await);
    world.ok(&session, "AssumeRole", &[("RoleArn", ROLE), ("RoleSessionName", "ci")]).await;
    let refusal = world.refused(&session, "GetSessionToken", &[]).await;
    assert_eq!(
        refusal,
        ("AccessDenied".into(), "Cannot call GetSessionToken with session credentials".into())
    );
    let key = [("AccessKeyId", session.id.as_str())];
    assert_eq!(world.refused(&session, "GetAccessKeyInfo", &key).await.0, "AccessDenied");
}

#[tokio::test]
async fn a_code_of_a_device_that_nobody_has_is_wrong() {
    let world = world().await;
    let user = world.user("alice", "").await;
    let both = [("SerialNumber", "arn:aws:iam::123456789012:mfa/alice"), ("TokenCode", "123456")];
    assert_eq!(world.refused(&user, "GetSessionToken", &both).await.0, "AccessDenied");
    assert_eq!(world.refused(&user, "GetSessionToken", &both[..1]).await.0, "AccessDenied");
}
