//! Calls at the same time: what each decided on still holds when it commits.

use crate::asking::{all, allow, world};
use service::testing::World;

async fn count(world: &World, operation: &str, parameters: &[(&str, &str)], element: &str) -> usize {
    all(&world.ok(&world.root, operation, parameters).await.xml, element).len()
}

#[tokio::test]
async fn a_group_is_not_deleted_from_under_a_new_member() {
    for _ in 0..20 {
        let world = world().await;
        world.ok(&world.root, "CreateGroup", &[("GroupName", "g")]).await;
        world.ok(&world.root, "CreateUser", &[("UserName", "u")]).await;
        let (add, delete) = ([("GroupName", "g"), ("UserName", "u")], [("GroupName", "g")]);
        let (added, deleted) = tokio::join!(
            world.call(&world.root, "AddUserToGroup", &add),
            world.call(&world.root, "DeleteGroup", &delete),
        );
        assert_ne!(added.is_ok(), deleted.is_ok(), "{added:?} {deleted:?}");
        let code = added.err().or(deleted.err()).map(|fault| fault.code.into_owned());
        assert!(matches!(code.as_deref(), Some("NoSuchEntity" | "DeleteConflict")), "{code:?}");
    }
}

#[tokio::test]
async fn a_user_is_not_deleted_from_under_a_new_key() {
    for _ in 0..20 {
        let world = world().await;
        world.ok(&world.root, "CreateUser", &[("UserName", "u")]).await;
        let user = [("UserName", "u")];
        let (made, deleted) = tokio::join!(
            world.call(&world.root, "CreateAccessKey", &user),
            world.call(&world.root, "DeleteUser", &user),
        );
        assert_ne!(made.is_ok(), deleted.is_ok(), "{made:?} {deleted:?}");
    }
}

#[tokio::test]
async fn a_policy_is_not_deleted_while_it_is_attached_or_made_a_boundary() {
    for operation in ["AttachUserPolicy", "PutUserPermissionsBoundary"] {
        for _ in 0..10 {
            let world = world().await;
            world.ok(&world.root, "CreateUser", &[("UserName", "u")]).await;
            let document = allow("s3:GetObject", "*");
            let parameters = [("PolicyName", "p"), ("PolicyDocument", &*document)];
            let made = world.ok(&world.root, "CreatePolicy", &parameters).await;
            let arn = made.get("Arn");
            let member = if operation == "AttachUserPolicy" { "PolicyArn" } else { "PermissionsBoundary" };
            let (attach, delete) = ([("UserName", "u"), (member, arn)], [("PolicyArn", arn)]);
            let (attached, deleted) = tokio::join!(
                world.call(&world.root, operation, &attach),
                world.call(&world.root, "DeletePolicy", &delete),
            );
            assert_ne!(attached.is_ok(), deleted.is_ok(), "{operation}: {attached:?} {deleted:?}");
        }
    }
}

#[tokio::test]
async fn quotas_hold_when_all_come_at_once() {
    let world = world().await;
    let user = [("UserName", "u")];
    world.ok(&world.root, "CreateUser", &user).await;
    let make = || world.call(&world.root, "CreateAccessKey", &user);
    let (a, b, c, d) = tokio::join!(make(), make(), make(), make());
    let made = [a, b, c, d].into_iter().filter(Result::is_ok).count();
    assert_eq!(made, 2);
    assert_eq!(count(&world, "ListAccessKeys", &user, "AccessKeyId").await, 2);
}

#[tokio::test]
async fn inline_policies_do_not_outgrow_their_quota_together() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "u")]).await;
    let document = allow("s3:GetObject", &format!("arn:aws:s3:::{}", "b".repeat(1200)));
    let put = |name: &'static str| {
        let (world, document) = (&world, &*document);
        async move {
            let parameters = [("UserName", "u"), ("PolicyName", name), ("PolicyDocument", document)];
            world.call(&world.root, "PutUserPolicy", &parameters).await
        }
    };
    let (a, b, c) = tokio::join!(put("a"), put("b"), put("c"));
    let refusals = [&a, &b, &c].into_iter().filter_map(|put| put.as_ref().err());
    assert!(refusals.clone().all(|fault| fault.code == "LimitExceeded"));
    assert_eq!(refusals.count(), 2);
    assert_eq!(count(&world, "ListUserPolicies", &[("UserName", "u")], "member").await, 1);
}
