//! The versions of managed policies.

use service::testing::World;

use crate::asking::{all, fault, world};
use crate::documents::{AWKWARD, READ, decoded, of_size};

async fn create(world: &World) -> String {
    let parameters = [("PolicyName", "p"), ("PolicyDocument", READ)];
    world.ok(&world.root, "CreatePolicy", &parameters).await.get("Arn").to_owned()
}

#[tokio::test]
async fn a_new_version_is_the_default_only_when_asked() {
    let world = world().await;
    let policy = create(&world).await;
    let arn = ("PolicyArn", policy.as_str());
    world.advance(3600);
    let made = world.ok(&world.root, "CreatePolicyVersion", &[arn, ("PolicyDocument", AWKWARD)]).await;
    assert_eq!((made.get("VersionId"), made.get("IsDefaultVersion")), ("v2", "false"));
    assert_eq!(made.get("CreateDate"), "2026-01-01T01:00:00Z");
    assert!(!made.has("Document"), "the document comes with GetPolicyVersion alone");
    let got = world.ok(&world.root, "GetPolicy", &[arn]).await;
    assert_eq!((got.get("DefaultVersionId"), got.get("UpdateDate")), ("v1", "2026-01-01T01:00:00Z"));

    let parameters = [arn, ("PolicyDocument", READ), ("SetAsDefault", "true")];
    let made = world.ok(&world.root, "CreatePolicyVersion", &parameters).await;
    assert_eq!((made.get("VersionId"), made.get("IsDefaultVersion")), ("v3", "true"));
    let version = world.ok(&world.root, "GetPolicyVersion", &[arn, ("VersionId", "v2")]).await;
    assert_eq!(decoded(version.get("Document")), AWKWARD, "byte for byte");
    assert_eq!((version.get("VersionId"), version.get("IsDefaultVersion")), ("v2", "false"));

    let list = world.ok(&world.root, "ListPolicyVersions", &[arn]).await;
    assert_eq!(all(&list.xml, "VersionId"), ["v3", "v2", "v1"], "the newest comes first");
    assert_eq!(all(&list.xml, "IsDefaultVersion"), ["true", "false", "false"]);
    assert!(!list.xml.contains("Document"));

    world.ok(&world.root, "SetDefaultPolicyVersion", &[arn, ("VersionId", "v2")]).await;
    assert_eq!(world.ok(&world.root, "GetPolicy", &[arn]).await.get("DefaultVersionId"), "v2");
}

#[tokio::test]
async fn five_versions_fit_and_numbers_are_never_used_twice() {
    let world = world().await;
    let policy = create(&world).await;
    let arn = ("PolicyArn", policy.as_str());
    let new = [arn, ("PolicyDocument", READ)];
    for _ in 2..=5 {
        world.ok(&world.root, "CreatePolicyVersion", &new).await;
    }
    let message = "A managed policy can have up to 5 versions. Before you create a new version, you must delete \
                   an existing version.";
    let full = world.refused(&world.root, "CreatePolicyVersion", &new).await;
    assert_eq!(full, fault("LimitExceeded", message));
    world.ok(&world.root, "DeletePolicyVersion", &[arn, ("VersionId", "v5")]).await;
    assert_eq!(world.ok(&world.root, "CreatePolicyVersion", &new).await.get("VersionId"), "v6");

    let first = world.ok(&world.root, "ListPolicyVersions", &[arn, ("MaxItems", "2")]).await;
    assert_eq!(all(&first.xml, "VersionId"), ["v6", "v4"]);
    let rest = [arn, ("Marker", first.get("Marker"))];
    let second = world.ok(&world.root, "ListPolicyVersions", &rest).await;
    assert_eq!(all(&second.xml, "VersionId"), ["v3", "v2", "v1"]);
    assert_eq!(second.get("IsTruncated"), "false");
}

#[tokio::test]
async fn the_default_version_stays() {
    let world = world().await;
    let policy = create(&world).await;
    let v1 = [("PolicyArn", policy.as_str()), ("VersionId", "v1")];
    let refused = world.refused(&world.root, "DeletePolicyVersion", &v1).await;
    assert_eq!(refused, fault("DeleteConflict", "Cannot delete the default version of a policy."));
}

#[tokio::test]
async fn a_version_that_is_not_there_cannot_be_found() {
    let world = world().await;
    let policy = create(&world).await;
    let message = format!("Policy {policy} version v2 does not exist or is not attachable.");
    for operation in ["GetPolicyVersion", "DeletePolicyVersion", "SetDefaultPolicyVersion"] {
        let parameters = [("PolicyArn", policy.as_str()), ("VersionId", "v2")];
        let refused = world.refused(&world.root, operation, &parameters).await;
        assert_eq!(refused, fault("NoSuchEntity", &message), "{operation}");
    }
}

#[tokio::test]
async fn a_document_is_checked_as_that_of_a_new_policy() {
    let world = world().await;
    let policy = create(&world).await;
    let head =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::"#;
    for (document, refusal) in [
        ("{".to_owned(), fault("MalformedPolicyDocument", "Syntax errors in policy.")),
        (of_size(6_145, head, "\"}}"), fault("LimitExceeded", "Cannot exceed quota for PolicySize: 6144")),
    ] {
        let parameters = [("PolicyArn", policy.as_str()), ("PolicyDocument", document.as_str())];
        assert_eq!(world.refused(&world.root, "CreatePolicyVersion", &parameters).await, refusal);
    }
}

#[tokio::test]
async fn the_documents_of_aws_are_the_real_ones() {
    let world = world().await;
    let arn = ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess");
    let list = world.ok(&world.root, "ListPolicyVersions", &[arn]).await;
    assert_eq!((list.get("VersionId"), list.get("IsDefaultVersion")), ("v1", "true"));
    let version = world.ok(&world.root, "GetPolicyVersion", &[arn, ("VersionId", "v1")]).await;
    let document = decoded(version.get("Document"));
    assert_eq!(document, catalog::managed_policy("/AdministratorAccess").unwrap().document());
    assert_eq!(version.get("CreateDate"), "2015-02-06T18:39:46Z");
    let refused = world.refused(&world.root, "GetPolicyVersion", &[arn, ("VersionId", "v2")]).await;
    assert_eq!(refused.0, "NoSuchEntity");
}

#[tokio::test]
async fn a_change_of_the_default_version_is_in_force_at_once() {
    let world = world().await;
    let who = world.user("alice", "").await;
    let policy = create(&world).await;
    let arn = ("PolicyArn", policy.as_str());
    world.ok(&world.root, "AttachUserPolicy", &[("UserName", "alice"), arn]).await;
    assert!(world.call(&who, "ListUsers", &[]).await.is_err());
    let document = READ.replace("s3:GetObject", "iam:ListUsers");
    let parameters = [arn, ("PolicyDocument", &document), ("SetAsDefault", "true")];
    world.ok(&world.root, "CreatePolicyVersion", &parameters).await;
    assert!(world.call(&who, "ListUsers", &[]).await.is_ok());
    world.ok(&world.root, "SetDefaultPolicyVersion", &[arn, ("VersionId", "v1")]).await;
    assert!(world.call(&who, "ListUsers", &[]).await.is_err());
}

#[tokio::test]
async fn versions_that_come_at_once_get_numbers_of_their_own_and_keep_the_limit() {
    let world = world().await;
    let policy = create(&world).await;
    let new = [("PolicyArn", policy.as_str()), ("PolicyDocument", READ)];
    let make = || world.call(&world.root, "CreatePolicyVersion", &new);
    let (a, b, c, d, e, f) = tokio::join!(make(), make(), make(), make(), make(), make());
    let made = [a, b, c, d, e, f].into_iter().filter(Result::is_ok).count();
    assert_eq!(made, 4);
    let list = world.ok(&world.root, "ListPolicyVersions", &[("PolicyArn", policy.as_str())]).await;
    assert_eq!(all(&list.xml, "VersionId"), ["v5", "v4", "v3", "v2", "v1"]);
}

#[tokio::test]
async fn a_version_is_not_deleted_while_it_becomes_the_default() {
    for _ in 0..20 {
        let world = world().await;
        let policy = create(&world).await;
        let arn = ("PolicyArn", policy.as_str());
        world.ok(&world.root, "CreatePolicyVersion", &[arn, ("PolicyDocument", READ)]).await;
        let v2 = [arn, ("VersionId", "v2")];
        let (set, deleted) = tokio::join!(
            world.call(&world.root, "SetDefaultPolicyVersion", &v2),
            world.call(&world.root, "DeletePolicyVersion", &v2),
        );
        assert_ne!(set.is_ok(), deleted.is_ok(), "{set:?} {deleted:?}");
        let default = world.ok(&world.root, "GetPolicy", &[arn]).await;
        let parameters = [arn, ("VersionId", default.get("DefaultVersionId"))];
        world.ok(&world.root, "GetPolicyVersion", &parameters).await;
    }
}
