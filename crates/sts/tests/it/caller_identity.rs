//! GetCallerIdentity and GetAccessKeyInfo.

use crate::support::{ROLE, allow, assume, holder, role, trust, world};

#[tokio::test]
async fn everybody_may_know_who_they_are_even_if_all_is_denied() {
    let world = world().await;
    let deny = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;
    let user = world.user("alice", deny).await;
    let identity = world.ok(&user, "GetCallerIdentity", &[]).await;
    assert_eq!(identity.get("Arn"), "arn:aws:iam::123456789012:user/alice");
    assert_eq!(identity.get("Account"), "123456789012");
    assert!(identity.get("UserId").starts_with("AIDA"));
}

#[tokio::test]
async fn the_root_user_s_id_is_the_account_s() {
    let world = world().await;
    let identity = world.ok(&world.root, "GetCallerIdentity", &[]).await;
    assert_eq!(identity.get("UserId"), "123456789012");
    assert_eq!(identity.get("Arn"), "arn:aws:iam::123456789012:root");
}

#[tokio::test]
async fn a_session_is_named_by_role_and_session_name_without_the_role_s_path() {
    let world = world().await;
    let user = world.user("alice", "").await;
    let document = trust("arn:aws:iam::123456789012:user/alice", r#""sts:AssumeRole""#, "");
    let parameters =
        [("RoleName", "deploy"), ("Path", "/a/b/"), ("AssumeRolePolicyDocument", document.as_str())];
    world.ok(&world.root, "CreateRole", &parameters).await;
    let session = assume(&world, &user, "arn:aws:iam::123456789012:role/a/b/deploy", &[]).await;
    let identity = world.ok(&holder(&session), "GetCallerIdentity", &[]).await;
    assert_eq!(identity.get("Arn"), "arn:aws:sts::123456789012:assumed-role/deploy/ci");
    assert!(identity.get("UserId").starts_with("AROA"));
    assert!(identity.get("UserId").ends_with(":ci"));
    assert_eq!(identity.get("UserId"), session.get("AssumedRoleId"));
}

#[tokio::test]
async fn a_key_tells_its_account_whether_or_not_it_exists() {
    let world = world().await;
    let info = world.ok(&world.root, "GetAccessKeyInfo", &[("AccessKeyId", world.root.id.as_str())]).await;
    assert_eq!(info.get("Account"), "123456789012");
    let foreign = [("AccessKeyId", "ASIAQNZGKIQY56JQ7WML")];
    assert_eq!(world.ok(&world.root, "GetAccessKeyInfo", &foreign).await.get("Account"), "029608264753");
    let user = world.user("alice", &allow("iam:*", "*")).await;
    let (code, message) = world.refused(&user, "GetAccessKeyInfo", &foreign).await;
    assert_eq!(code, "AccessDenied");
    assert_eq!(
        message,
        "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:GetAccessKeyInfo on \
         resource: * because no identity-based policy allows the sts:GetAccessKeyInfo action"
    );
}

#[tokio::test]
async fn a_session_of_a_deleted_role_is_nobody() {
    let world = world().await;
    let user = world.user("alice", "").await;
    role(&world, &trust("arn:aws:iam::123456789012:user/alice", r#""sts:AssumeRole""#, "")).await;
    let session = holder(&assume(&world, &user, ROLE, &[]).await);
    world.ok(&world.root, "DeleteRole", &[("RoleName", "deploy")]).await;
    assert_eq!(world.refused(&session, "GetCallerIdentity", &[]).await.0, "InvalidClientTokenId");
}
