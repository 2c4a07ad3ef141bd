//! GetFederationToken.

use crate::support::{allow, holder, world};

const NAME: (&str, &str) = ("Name", "guest");

#[tokio::test]
async fn a_federated_user_has_a_name_of_its_own_and_twelve_hours() {
    let world = world().await;
    let user = world.user("alice", &allow("sts:GetFederationToken", "*")).await;
    let answer = world.ok(&user, "GetFederationToken", &[NAME]).await;
    assert_eq!(answer.get("Arn"), "arn:aws:sts::123456789012:federated-user/guest");
    assert_eq!(answer.get("FederatedUserId"), "123456789012:guest");
    assert_eq!(answer.get("Expiration"), "2026-01-01T12:00:00Z");
    assert!(!answer.has("PackedPolicySize"));
    let identity = world.ok(&holder(&answer), "GetCallerIdentity", &[]).await;
    assert_eq!(identity.get("Arn"), "arn:aws:sts::123456789012:federated-user/guest");
    assert_eq!(identity.get("UserId"), "123456789012:guest");
}

#[tokio::test]
async fn it_needs_leave_on_the_federated_user() {
    let world = world().await;
    let user = world
        .user("alice", &allow("sts:GetFederationToken", "arn:aws:sts::123456789012:federated-user/guest"))
        .await;
    world.ok(&user, "GetFederationToken", &[NAME]).await;
    let (code, message) = world.refused(&user, "GetFederationToken", &[("Name", "other")]).await;
    assert_eq!(code, "AccessDenied");
    assert_eq!(
        message,
        "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:GetFederationToken on \
         resource: arn:aws:sts::123456789012:federated-user/other because no identity-based policy allows the \
         sts:GetFederationToken action"
    );
}

#[tokio::test]
async fn tags_need_leave_to_tag_the_session() {
    let world = world().await;
    let user = world.user("alice", &allow("sts:GetFederationToken", "*")).await;
    let tagged = [NAME, ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "blue")];
    let (_, message) = world.refused(&user, "GetFederationToken", &tagged).await;
    assert!(message.contains("is not authorized to perform: sts:TagSession"), "{message}");
    let user = world.user("bob", &allow("sts:*", "*")).await;
    assert!(world.ok(&user, "GetFederationToken", &tagged).await.has("PackedPolicySize"));
}

#[tokio::test]
async fn its_credentials_call_no_iam_and_of_sts_only_get_caller_identity() {
    let world = world().await;
    let everything = allow("*", "*");
    for who in [world.user("alice", &everything).await, world.root.clone()] {
        let parameters = [NAME, ("Policy", everything.as_str())];
        let session = holder(&world.ok(&who, "GetFederationToken", &parameters).await);
        world.ok(&session, "GetCallerIdentity", &[]).await;
        assert_eq!(world.refused(&session, "ListUsers", &[]).await.0, "InvalidClientTokenId");
        assert_eq!(world.refused(&session, "GetSessionToken", &[]).await.0, "AccessDenied");
        let key = [("AccessKeyId", session.id.as_str())];
        assert_eq!(world.refused(&session, "GetAccessKeyInfo", &key).await.0, "AccessDenied");
    }
}

#[tokio::test]
async fn temporary_credentials_cannot_ask_for_more() {
    let world = world().await;
    let user = world.user("alice", &allow("sts:*", "*")).await;
    let session = holder(&world.ok(&user, "GetSessionToken", &[]).await);
    let refusal = world.refused(&session, "GetFederationToken", &[NAME]).await;
    assert_eq!(
        refusal,
        ("AccessDenied".into(), "Cannot call GetFederationToken with session credentials".into())
    );
}

#[tokio::test]
async fn a_federated_user_of_a_deleted_user_is_nobody() {
    let world = world().await;
    let user = world.user("alice", &allow("sts:*", "*")).await;
    let session = holder(&world.ok(&user, "GetFederationToken", &[NAME]).await);
    let key = [("UserName", "alice"), ("AccessKeyId", user.id.as_str())];
    world.ok(&world.root, "DeleteAccessKey", &key).await;
    world.ok(&world.root, "DeleteUserPolicy", &[("UserName", "alice"), ("PolicyName", "p")]).await;
    world.ok(&world.root, "DeleteUser", &[("UserName", "alice")]).await;
    assert_eq!(world.refused(&session, "GetCallerIdentity", &[]).await.0, "InvalidClientTokenId");
}

#[tokio::test]
async fn a_name_has_two_to_thirty_two_characters() {
    let world = world().await;
    let long = "n".repeat(33);
    for name in ["x", "a b", long.as_str()] {
        let (code, message) = world.refused(&world.root, "GetFederationToken", &[("Name", name)]).await;
        assert_eq!(code, "ValidationError");
        assert!(message.contains("at 'name' failed to satisfy constraint"), "{message}");
    }
}
