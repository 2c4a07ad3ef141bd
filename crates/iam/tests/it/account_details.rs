//! The account as a whole.

#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up or read its answer has failed")]

use std::collections::BTreeMap;

use service::testing::World;

use crate::asking::{all, allow, denied, world};
use crate::documents::{EC2, READ, decoded};

const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

async fn summary(world: &World) -> BTreeMap<String, i32> {
    let xml = world.ok(&world.root, "GetAccountSummary", &[]).await.xml;
    let values = all(&xml, "value").into_iter().map(|value| value.parse().unwrap());
    all(&xml, "key").into_iter().zip(values).collect()
}

#[tokio::test]
async fn the_summary_has_every_key_and_the_quotas() {
    let world = world().await;
    let summary = summary(&world).await;
    assert_eq!(summary.len(), api::iam::types::SummaryKeyType::ALL.len());
    for (key, value) in [
        ("UsersQuota", 5000),
        ("GroupsQuota", 300),
        ("RolesQuota", 1000),
        ("PoliciesQuota", 1500),
        ("InstanceProfilesQuota", 1000),
        ("GroupsPerUserQuota", 10),
        ("AccessKeysPerUserQuota", 2),
        ("AttachedPoliciesPerUserQuota", 10),
        ("AttachedPoliciesPerGroupQuota", 10),
        ("AttachedPoliciesPerRoleQuota", 10),
        ("VersionsPerPolicyQuota", 5),
        ("PolicySizeQuota", 6144),
        ("UserPolicySizeQuota", 2048),
        ("GroupPolicySizeQuota", 5120),
        ("RolePolicySizeQuota", 10240),
        ("AssumeRolePolicySizeQuota", 2048),
        ("PolicyVersionsInUseQuota", 10000),
        ("Users", 0),
        ("Policies", 0),
        ("PolicyVersionsInUse", 0),
        ("AccountAccessKeysPresent", 1),
        ("AccountMFAEnabled", 0),
        ("Providers", 0),
    ] {
        assert_eq!(summary.get(key), Some(&value), "{key}");
    }
}

/// An account with some of everything.
async fn populated() -> World {
    let world = world().await;
    let root = &world.root;
    for (name, path) in [("alice", "/team/"), ("bob", "/")] {
        world.ok(root, "CreateUser", &[("UserName", name), ("Path", path)]).await;
    }
    world.ok(root, "CreateGroup", &[("GroupName", "admins")]).await;
    world.ok(root, "AddUserToGroup", &[("GroupName", "admins"), ("UserName", "alice")]).await;
    let tags = [("UserName", "alice"), ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")];
    world.ok(root, "TagUser", &tags).await;
    let own = world.ok(root, "CreatePolicy", &[("PolicyName", "own"), ("PolicyDocument", READ)]).await;
    let own = own.get("Arn");
    let version = [("PolicyArn", own), ("PolicyDocument", READ), ("SetAsDefault", "true")];
    world.ok(root, "CreatePolicyVersion", &version).await;
    world.ok(root, "AttachUserPolicy", &[("UserName", "alice"), ("PolicyArn", READ_ONLY)]).await;
    world.ok(root, "AttachGroupPolicy", &[("GroupName", "admins"), ("PolicyArn", own)]).await;
    let inline = ("PolicyDocument", READ);
    world.ok(root, "PutUserPolicy", &[("UserName", "alice"), ("PolicyName", "in-user"), inline]).await;
    world.ok(root, "PutGroupPolicy", &[("GroupName", "admins"), ("PolicyName", "in-group"), inline]).await;
    let role = [("RoleName", "r"), ("AssumeRolePolicyDocument", EC2), ("PermissionsBoundary", own)];
    world.ok(root, "CreateRole", &role).await;
    world.ok(root, "PutRolePolicy", &[("RoleName", "r"), ("PolicyName", "in-role"), inline]).await;
    world.ok(root, "CreateInstanceProfile", &[("InstanceProfileName", "p")]).await;
    let pair = [("InstanceProfileName", "p"), ("RoleName", "r")];
    world.ok(root, "AddRoleToInstanceProfile", &pair).await;
    world
}

#[tokio::test]
async fn the_summary_counts() {
    let summary = summary(&populated().await).await;
    for (key, value) in [
        ("Users", 2),
        ("Groups", 1),
        ("Roles", 1),
        ("Policies", 1),
        ("PolicyVersionsInUse", 2),
        ("InstanceProfiles", 1),
    ] {
        assert_eq!(summary.get(key), Some(&value), "{key}");
    }
}

#[tokio::test]
async fn the_details_have_everything_that_grants() {
    let world = populated().await;
    let details = world.ok(&world.root, "GetAccountAuthorizationDetails", &[]).await;
    let [users] = &all(&details.xml, "UserDetailList")[..] else { panic!("{}", details.xml) };
    assert_eq!(all(users, "UserName"), ["alice", "bob"]);
    assert_eq!(all(users, "GroupList"), ["<member>admins</member>", ""].map(String::from)[..1]);
    assert_eq!(all(users, "PolicyArn"), [READ_ONLY]);
    assert!(users.contains("in-user") && users.contains("<Key>k</Key>"), "{users}");
    assert_eq!(decoded(&all(users, "PolicyDocument")[0]), READ);

    let [groups] = &all(&details.xml, "GroupDetailList")[..] else { panic!("{}", details.xml) };
    assert!(groups.contains("<GroupName>admins</GroupName>") && groups.contains("in-group"), "{groups}");
    assert_eq!(all(groups, "PolicyArn"), ["arn:aws:iam::123456789012:policy/own"]);

    let [roles] = &all(&details.xml, "RoleDetailList")[..] else { panic!("{}", details.xml) };
    assert!(roles.contains("in-role") && roles.contains("<InstanceProfileName>p<"), "{roles}");
    assert!(roles.contains("<PermissionsBoundaryArn>arn:aws:iam::123456789012:policy/own<"), "{roles}");
    assert!(roles.contains("<RoleLastUsed"), "{roles}");
    assert_eq!(decoded(&all(roles, "AssumeRolePolicyDocument")[0]), EC2);

    let [policies] = &all(&details.xml, "Policies")[..] else { panic!("{}", details.xml) };
    assert_eq!(all(policies, "PolicyName"), ["own", "ReadOnlyAccess"]);
    assert_eq!(all(policies, "AttachmentCount"), ["1", "1"]);
    assert_eq!(all(policies, "PermissionsBoundaryUsageCount"), ["1", "0"]);
    assert_eq!(all(policies, "VersionId")[..2], ["v2", "v1"]);
    let documents = all(policies, "Document");
    assert_eq!(documents.len(), 3);
    assert_eq!(decoded(&documents[0]), READ);
    assert_eq!(decoded(&documents[2]), catalog::managed_policy("/ReadOnlyAccess").unwrap().document());
    assert_eq!(details.get("IsTruncated"), "false");
}

#[tokio::test]
async fn the_filter_picks_the_kinds() {
    let world = populated().await;
    for (filter, element, found) in [
        ("User", "UserName", vec!["alice", "bob"]),
        ("Group", "GroupName", vec!["admins"]),
        ("LocalManagedPolicy", "PolicyName", vec!["own"]),
        ("AWSManagedPolicy", "PolicyName", vec!["ReadOnlyAccess"]),
        ("Role", "InstanceProfileName", vec!["p"]),
    ] {
        let parameters = [("Filter.member.1", filter)];
        let xml = world.ok(&world.root, "GetAccountAuthorizationDetails", &parameters).await.xml;
        let list = match filter {
            "LocalManagedPolicy" | "AWSManagedPolicy" => "Policies".to_owned(),
            kind => format!("{kind}DetailList"),
        };
        assert_eq!(all(&all(&xml, &list)[0], element), found, "{filter}");
        for (kind, element) in
            [("User", "UserDetailList"), ("Group", "GroupDetailList"), ("Role", "RoleDetailList")]
        {
            let has = all(&xml, element).iter().any(|text| text.contains("<member>"));
            assert_eq!(has, kind == filter, "{filter}: {xml}");
        }
    }
}

#[tokio::test]
async fn pages_go_through_all_kinds_without_gap_or_overlap() {
    let world = populated().await;
    for size in ["1", "2", "4"] {
        let mut seen = Vec::new();
        let mut marker = String::new();
        loop {
            let mut parameters = vec![("MaxItems", size)];
            if !marker.is_empty() {
                parameters.push(("Marker", &marker));
            }
            let page = world.ok(&world.root, "GetAccountAuthorizationDetails", &parameters).await;
            let before = seen.len();
            for (list, name) in [
                ("UserDetailList", "UserName"),
                ("GroupDetailList", "GroupName"),
                ("RoleDetailList", "RoleId"),
                ("Policies", "DefaultVersionId"),
            ] {
                let found = all(&page.xml, list).concat();
                let mut names = all(&found, name);
                // The role stands in its instance profile a second time.
                names.dedup();
                seen.extend(
                    names.into_iter().map(|name| if list.starts_with('R') { "r".into() } else { name }),
                );
            }
            assert!(seen.len() - before <= size.parse().unwrap());
            if page.get("IsTruncated") == "false" {
                break;
            }
            marker = page.get("Marker").to_owned();
        }
        let aws = catalog::managed_policy("/ReadOnlyAccess").unwrap().default_version();
        assert_eq!(seen, ["alice", "bob", "admins", "r", "v2", aws], "pages of {size}");
    }
}

#[tokio::test]
async fn the_account_as_a_whole_takes_no_resource() {
    let world = world().await;
    for operation in ["GetAccountSummary", "GetAccountAuthorizationDetails"] {
        let action = format!("iam:{operation}");
        let nobody = world.user(&format!("nobody-{operation}"), "").await;
        let refused = world.refused(&nobody, operation, &[]).await;
        assert_eq!(refused, denied(&format!("nobody-{operation}"), &action, "*"));
        let who = world.user(operation, &allow(&action, "*")).await;
        world.ok(&who, operation, &[]).await;
        let other = world.user(&format!("other-{operation}"), &allow(&action, "arn:aws:iam::*:user/*")).await;
        assert_eq!(world.refused(&other, operation, &[]).await.0, "AccessDenied");
    }
}
