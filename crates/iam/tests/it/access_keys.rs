//! Access keys.

use crate::asking::{all, allow, allow_if, arn, denied, fault, needs_leave, world};
use directory::{AccessKey, KeyUsage};
use service::testing::{ACCOUNT, Who, World};
use types::AccessKeyId;

/// A world with a user, and the user's key.
async fn with_key() -> (World, Who) {
    let world = world().await;
    let who = world.user("Alice", "").await;
    (world, who)
}

async fn metadata(world: &World, who: &Who, parameters: &[(&str, &str)]) -> Vec<(String, String)> {
    let listed = world.ok(who, "ListAccessKeys", parameters).await;
    all(&listed.xml, "AccessKeyId").into_iter().zip(all(&listed.xml, "Status")).collect()
}

#[tokio::test]
async fn a_new_key_tells_its_secret_once() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "Alice")]).await;
    let made = world.ok(&world.root, "CreateAccessKey", &[("UserName", "aLICE")]).await;
    let (id, secret) = (made.get("AccessKeyId"), made.get("SecretAccessKey"));
    assert!(id.starts_with("AKIA") && id.len() == 20, "{id}");
    assert_eq!(secret.len(), 40);
    let expected = format!(
        "<AccessKey><UserName>Alice</UserName><AccessKeyId>{id}</AccessKeyId><Status>Active</Status>\
         <SecretAccessKey>{secret}</SecretAccessKey><CreateDate>2026-01-01T00:00:00Z</CreateDate></AccessKey>"
    );
    assert!(made.xml.contains(&expected), "{}", made.xml);

    let listed = world.ok(&world.root, "ListAccessKeys", &[("UserName", "alice")]).await;
    let expected = format!(
        "<AccessKeyMetadata><member><UserName>Alice</UserName><AccessKeyId>{id}</AccessKeyId><Status>Active</Status>\
         <CreateDate>2026-01-01T00:00:00Z</CreateDate></member></AccessKeyMetadata><IsTruncated>false</IsTruncated>"
    );
    assert!(listed.xml.contains(&expected), "{}", listed.xml);
    assert!(!listed.xml.contains(secret));
}

#[tokio::test]
async fn a_secret_is_kept_sealed_and_opens_for_its_own_key() {
    let (world, alice) = with_key().await;
    let made = world.ok(&world.root, "CreateAccessKey", &[("UserName", "Alice")]).await;
    let secret = made.get("SecretAccessKey");
    let snapshot = world.core.store.read();
    let sealed = snapshot.secret(AccessKey::SECRET, made.get("AccessKeyId")).await.unwrap().unwrap();
    assert!(!sealed.contains(secret));
    let id = AccessKeyId::parse(made.get("AccessKeyId")).unwrap();
    let candidate = world.core.authorizer.candidate(&snapshot, &id, None, jiff::Timestamp::MIN).await;
    assert_eq!(candidate.unwrap().unwrap().secret.expose(), secret);
    let events = world.core.store.events(0, 100).await.unwrap();
    assert!(!format!("{events:?}").contains(secret), "a secret is in the audit trail");
    assert_ne!(alice.id, id);
}

#[tokio::test]
async fn a_user_has_two_keys_at_most() {
    let (world, _) = with_key().await;
    world.ok(&world.root, "CreateAccessKey", &[("UserName", "Alice")]).await;
    let refusal = world.refused(&world.root, "CreateAccessKey", &[("UserName", "Alice")]).await;
    assert_eq!(refusal, fault("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2"));
    let keys = metadata(&world, &world.root, &[("UserName", "Alice")]).await;
    assert_eq!(keys.len(), 2);
    let parameters = [("UserName", "Alice"), ("AccessKeyId", &*keys[0].0)];
    world.ok(&world.root, "DeleteAccessKey", &parameters).await;
    world.ok(&world.root, "CreateAccessKey", &[("UserName", "Alice")]).await;
}

#[tokio::test]
async fn keys_are_listed_in_the_order_in_which_they_were_made() {
    let (world, alice) = with_key().await;
    world.advance(60);
    let second = world.ok(&world.root, "CreateAccessKey", &[("UserName", "Alice")]).await;
    let first = world.ok(&world.root, "ListAccessKeys", &[("UserName", "Alice"), ("MaxItems", "1")]).await;
    assert_eq!(all(&first.xml, "AccessKeyId"), [alice.id.as_str()]);
    assert_eq!(first.get("IsTruncated"), "true");
    let parameters = [("UserName", "Alice"), ("Marker", first.get("Marker"))];
    let rest = world.ok(&world.root, "ListAccessKeys", &parameters).await;
    assert_eq!(all(&rest.xml, "AccessKeyId"), [second.get("AccessKeyId")]);
    assert_eq!(rest.get("IsTruncated"), "false");
}

#[tokio::test]
async fn without_a_name_the_keys_are_the_caller_s_own() {
    let world = world().await;
    let own = arn("user/${aws:username}");
    let policy = allow("iam:*AccessKey*", &own);
    let alice = world.user("alice", &policy).await;
    let made = world.ok(&alice, "CreateAccessKey", &[]).await;
    assert_eq!(made.get("UserName"), "alice");
    let id = made.get("AccessKeyId");
    assert_eq!(metadata(&world, &alice, &[]).await.len(), 2);
    world.ok(&alice, "UpdateAccessKey", &[("AccessKeyId", id), ("Status", "Inactive")]).await;
    world.ok(&alice, "DeleteAccessKey", &[("AccessKeyId", id)]).await;
    let only = [(alice.id.to_string(), "Active".to_owned())];
    assert_eq!(metadata(&world, &alice, &[]).await, only);
}

#[tokio::test]
async fn the_root_user_has_keys_of_its_own() {
    let (world, alice) = with_key().await;
    let root = world.root.id.to_string();
    assert_eq!(metadata(&world, &world.root, &[]).await, [(root.clone(), "Active".to_owned())]);
    let listed = world.ok(&world.root, "ListAccessKeys", &[]).await;
    assert!(!listed.has("UserName"), "{}", listed.xml);
    let made = world.ok(&world.root, "CreateAccessKey", &[]).await;
    let refusal = world.refused(&world.root, "CreateAccessKey", &[]).await;
    assert_eq!(refusal, fault("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2"));
    let second = Who { id: AccessKeyId::parse(made.get("AccessKeyId")).unwrap(), token: None };
    world.ok(&second, "DeleteAccessKey", &[("AccessKeyId", &*root)]).await;
    assert_eq!(world.refused(&world.root, "GetUser", &[]).await.0, "InvalidClientTokenId");
    // A user's key is none of root's.
    let id = alice.id.as_str();
    let refusal = world.refused(&second, "DeleteAccessKey", &[("AccessKeyId", id)]).await;
    assert_eq!(refusal, fault("NoSuchEntity", &format!("The Access Key with id {id} cannot be found")));
}

#[tokio::test]
async fn an_inactive_key_is_of_no_use_until_it_is_active_again() {
    let world = world().await;
    let alice = world.user("alice", &allow("iam:GetUser", "*")).await;
    let set = |status: &'static str| {
        [("UserName", "alice"), ("AccessKeyId", alice.id.as_str()), ("Status", status)]
    };
    world.ok(&alice, "GetUser", &[]).await;
    world.ok(&world.root, "UpdateAccessKey", &set("Inactive")).await;
    world.ok(&world.root, "UpdateAccessKey", &set("Inactive")).await;
    assert_eq!(world.refused(&alice, "GetUser", &[]).await.0, "InvalidClientTokenId");
    let keys = metadata(&world, &world.root, &[("UserName", "alice")]).await;
    assert_eq!(keys, [(alice.id.to_string(), "Inactive".to_owned())]);
    world.ok(&world.root, "UpdateAccessKey", &set("Active")).await;
    world.ok(&alice, "GetUser", &[]).await;
    assert_eq!(world.refused(&world.root, "UpdateAccessKey", &set("Expired")).await.0, "InvalidInput");
    assert_eq!(world.refused(&world.root, "UpdateAccessKey", &set("active")).await.0, "ValidationError");
}

#[tokio::test]
async fn a_deleted_key_is_shredded() {
    let (world, alice) = with_key().await;
    let parameters = [("UserName", "Alice"), ("AccessKeyId", alice.id.as_str())];
    world.ok(&world.root, "DeleteAccessKey", &parameters).await;
    assert_eq!(world.refused(&alice, "GetUser", &[]).await.0, "InvalidClientTokenId");
    let snapshot = world.core.store.read();
    assert!(snapshot.secret(AccessKey::SECRET, alice.id.as_str()).await.unwrap().is_none());
    let missing = fault("NoSuchEntity", &format!("The Access Key with id {} cannot be found", alice.id));
    assert_eq!(world.refused(&world.root, "DeleteAccessKey", &parameters).await, missing);
    world.ok(&world.root, "DeleteUser", &[("UserName", "Alice")]).await;
}

#[tokio::test]
async fn a_key_is_found_under_its_own_user_only() {
    let (world, alice) = with_key().await;
    let bob = world.user("bob", "").await;
    let other = world.account("210987654321").await;
    for id in [
        bob.id.as_str(),
        other.id.as_str(),
        world.root.id.as_str(),
        "AKIAIOSFODNN7EXAMPLE",
        "nothing_like_a_key",
    ] {
        let missing = fault("NoSuchEntity", &format!("The Access Key with id {id} cannot be found"));
        let parameters = [("UserName", "Alice"), ("AccessKeyId", id), ("Status", "Inactive")];
        assert_eq!(world.refused(&world.root, "UpdateAccessKey", &parameters).await, missing);
        assert_eq!(world.refused(&world.root, "DeleteAccessKey", &parameters[..2]).await, missing);
    }
    let missing = fault("NoSuchEntity", "The user with name none cannot be found.");
    let parameters = [("UserName", "none"), ("AccessKeyId", alice.id.as_str()), ("Status", "Inactive")];
    assert_eq!(world.refused(&world.root, "CreateAccessKey", &parameters[..1]).await, missing);
    assert_eq!(world.refused(&world.root, "ListAccessKeys", &parameters[..1]).await, missing);
    assert_eq!(world.refused(&world.root, "UpdateAccessKey", &parameters).await, missing);
    assert_eq!(world.refused(&world.root, "DeleteAccessKey", &parameters[..2]).await, missing);
}

#[tokio::test]
async fn a_key_that_was_never_used_says_so() {
    let (world, alice) = with_key().await;
    let parameters = [("AccessKeyId", alice.id.as_str())];
    let unused = world.ok(&world.root, "GetAccessKeyLastUsed", &parameters).await;
    let expected = "<UserName>Alice</UserName><AccessKeyLastUsed><ServiceName>N/A</ServiceName><Region>N/A</Region>\
                    </AccessKeyLastUsed>";
    assert!(unused.xml.contains(expected), "{}", unused.xml);

    let usage = KeyUsage {
        at: "2026-01-01T00:05:00Z".parse().unwrap(),
        service: "sts".into(),
        region: "us-east-1".into(),
    };
    world.core.store.note(KeyUsage::KIND, alice.id.as_str(), serde_json::to_string(&usage).unwrap());
    let used = world.ok(&world.root, "GetAccessKeyLastUsed", &parameters).await;
    let expected = "<AccessKeyLastUsed><LastUsedDate>2026-01-01T00:05:00Z</LastUsedDate><ServiceName>sts</ServiceName>\
                    <Region>us-east-1</Region></AccessKeyLastUsed>";
    assert!(used.xml.contains(expected), "{}", used.xml);
}

#[tokio::test]
async fn the_root_user_s_key_is_the_account_s() {
    let world = world().await;
    let parameters = [("AccessKeyId", world.root.id.as_str())];
    let unused = world.ok(&world.root, "GetAccessKeyLastUsed", &parameters).await;
    assert_eq!(unused.get("UserName"), "test");
}

#[tokio::test]
async fn a_key_of_nobody_or_of_another_account_is_not_to_be_seen() {
    let world = world().await;
    let other = world.account("210987654321").await;
    for id in [other.id.as_str(), "AKIAIOSFODNN7EXAMPLE"] {
        let refusal = world.refused(&world.root, "GetAccessKeyLastUsed", &[("AccessKeyId", id)]).await;
        let sentence = format!(
            "User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform: iam:GetAccessKeyLastUsed on resource: \
             access key {id}"
        );
        assert_eq!(refusal, fault("AccessDenied", &sentence));
    }
}

#[tokio::test]
async fn each_operation_needs_leave_on_its_user() {
    let world = world().await;
    let a = world.user("a", "").await;
    let b = world.user("b", "").await;
    let (here, there) = (&*arn("user/a"), &*arn("user/b"));
    let ours = [("UserName", "a"), ("AccessKeyId", a.id.as_str()), ("Status", "Active")];
    let other = [("UserName", "b"), ("AccessKeyId", b.id.as_str()), ("Status", "Active")];
    for (action, take) in [("iam:CreateAccessKey", 1), ("iam:ListAccessKeys", 1), ("iam:UpdateAccessKey", 3)]
    {
        needs_leave(&world, action, (here, &ours[..take]), (there, &other[..take])).await;
    }
    let (used, unseen) = (&ours[1..2], &other[1..2]);
    needs_leave(&world, "iam:GetAccessKeyLastUsed", (here, used), (there, unseen)).await;
    needs_leave(&world, "iam:DeleteAccessKey", (here, &ours[..2]), (there, &other[..2])).await;
}

#[tokio::test]
async fn tags_of_the_user_count() {
    let world = world().await;
    let tagged = [("UserName", "a"), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "x")];
    world.ok(&world.root, "CreateUser", &tagged).await;
    world.ok(&world.root, "CreateUser", &[("UserName", "b")]).await;
    let condition = r#"{"StringEquals":{"aws:ResourceTag/team":"x"}}"#;
    let admin = world.user("admin", &allow_if("iam:CreateAccessKey", "*", condition)).await;
    let refusal = world.refused(&admin, "CreateAccessKey", &[("UserName", "b")]).await;
    assert_eq!(refusal, denied("admin", "iam:CreateAccessKey", &arn("user/b")));
    world.ok(&admin, "CreateAccessKey", &[("UserName", "a")]).await;
}
