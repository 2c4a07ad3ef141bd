//! Quotas of an account: the last one fits, the one after does not.

#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up or read its answer has failed")]

use directory::{InstanceProfile, ManagedPolicy, Named, Quotas, Role, User};
use service::testing::World;
use store::audit::AuditEvent;
use store::{Authority, SystemActor};
use types::{IdPrefix, InstanceProfileName, Owner, PolicyName, RoleName, UserName};

use crate::asking::{fault, world};
use crate::documents::{EC2, READ};

/// Adds so many copies of the entity with this name, past all requests.
async fn multiply<E: Named>(world: &World, name: &str, count: usize, copy: impl Fn(&E, usize) -> E) {
    let owner = Owner::parse("aws:123456789012").unwrap().to_string();
    let entity = world.core.store.read().find::<E>(&E::BY_NAME, &owner, name).await.unwrap().unwrap();
    let mut tx = world.core.store.write(Authority::system(SystemActor::Import));
    for n in 0..count {
        tx.insert(copy(&entity, n)).await.unwrap();
    }
    let event = AuditEvent::new("multiplied", world.core.clock.now(), &serde_json::json!({})).unwrap();
    tx.commit(event).await.unwrap();
}

#[tokio::test]
async fn an_account_has_1000_roles_and_no_more() {
    let world = world().await;
    let create = |name| [("RoleName", name), ("AssumeRolePolicyDocument", EC2)];
    world.ok(&world.root, "CreateRole", &create("first")).await;
    let id = || world.core.ids.unique_id(IdPrefix::Role).unwrap();
    multiply::<Role>(&world, "first", 998, |role, n| Role {
        id: id(),
        name: RoleName::parse(&format!("r{n}")).unwrap(),
        ..role.clone()
    })
    .await;
    world.ok(&world.root, "CreateRole", &create("last")).await;
    let full = fault("LimitExceeded", "Cannot exceed quota for RolesPerAccount: 1000");
    assert_eq!(world.refused(&world.root, "CreateRole", &create("more")).await, full);
    world.ok(&world.root, "DeleteRole", &[("RoleName", "r7")]).await;
    world.ok(&world.root, "CreateRole", &create("more")).await;
}

#[tokio::test]
async fn an_account_has_1000_instance_profiles_and_no_more() {
    let world = world().await;
    let create = |name| [("InstanceProfileName", name)];
    world.ok(&world.root, "CreateInstanceProfile", &create("first")).await;
    let id = || world.core.ids.unique_id(IdPrefix::InstanceProfile).unwrap();
    multiply::<InstanceProfile>(&world, "first", 998, |profile, n| InstanceProfile {
        id: id(),
        name: InstanceProfileName::parse(&format!("p{n}")).unwrap(),
        ..profile.clone()
    })
    .await;
    world.ok(&world.root, "CreateInstanceProfile", &create("last")).await;
    let full = fault("LimitExceeded", "Cannot exceed quota for InstanceProfilesPerAccount: 1000");
    assert_eq!(world.refused(&world.root, "CreateInstanceProfile", &create("more")).await, full);
}

#[tokio::test]
async fn an_account_has_1500_policies_and_no_more() {
    let world = world().await;
    let create = |name| [("PolicyName", name), ("PolicyDocument", READ)];
    world.ok(&world.root, "CreatePolicy", &create("first")).await;
    let id = || world.core.ids.unique_id(IdPrefix::Policy).unwrap();
    multiply::<ManagedPolicy>(&world, "first", 1498, |policy, n| ManagedPolicy {
        id: id(),
        name: PolicyName::parse(&format!("p{n}")).unwrap(),
        ..policy.clone()
    })
    .await;
    world.ok(&world.root, "CreatePolicy", &create("last")).await;
    let full = fault("LimitExceeded", "Cannot exceed quota for PoliciesPerAccount: 1500");
    assert_eq!(world.refused(&world.root, "CreatePolicy", &create("more")).await, full);
}

#[tokio::test]
async fn an_account_has_5000_users_and_no_more() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "first")]).await;
    let id = || world.core.ids.unique_id(IdPrefix::User).unwrap();
    multiply::<User>(&world, "first", 4998, |user, n| User {
        id: id(),
        name: UserName::parse(&format!("u{n}")).unwrap(),
        ..user.clone()
    })
    .await;
    world.ok(&world.root, "CreateUser", &[("UserName", "last")]).await;
    let full = fault("LimitExceeded", "Cannot exceed quota for UsersPerAccount: 5000");
    assert_eq!(world.refused(&world.root, "CreateUser", &[("UserName", "more")]).await, full);
}

/// Gives an account quotas of its own, as the operator does.
async fn own(world: &World, account: &str, limits: &[(&str, u64)]) {
    let owner = Owner::parse(&format!("aws:{account}")).unwrap();
    let limits = limits.iter().map(|(name, limit)| ((*name).to_owned(), *limit)).collect();
    let mut tx = world.core.store.write(Authority::system(SystemActor::Operator));
    tx.put(Quotas { owner, limits }).await.unwrap();
    let event = AuditEvent::new("quotas", world.core.clock.now(), &serde_json::json!({})).unwrap();
    tx.commit(event).await.unwrap();
}

#[tokio::test]
async fn an_account_may_have_quotas_of_its_own() {
    let world = world().await;
    let root = world.root.clone();
    let names = ["UsersPerAccount", "GroupsPerAccount", "RolesPerAccount", "PoliciesPerAccount"];
    let limits: Vec<(&str, u64)> =
        names.into_iter().chain(["InstanceProfilesPerAccount"]).map(|name| (name, 2)).collect();
    own(&world, service::testing::ACCOUNT, &limits).await;
    for n in ["one", "two", "three"] {
        let cases = [
            ("UsersPerAccount", "CreateUser", vec![("UserName", n)]),
            ("GroupsPerAccount", "CreateGroup", vec![("GroupName", n)]),
            ("RolesPerAccount", "CreateRole", vec![("RoleName", n), ("AssumeRolePolicyDocument", EC2)]),
            ("PoliciesPerAccount", "CreatePolicy", vec![("PolicyName", n), ("PolicyDocument", READ)]),
            ("InstanceProfilesPerAccount", "CreateInstanceProfile", vec![("InstanceProfileName", n)]),
        ];
        for (quota, operation, parameters) in cases {
            if n == "three" {
                let full = fault("LimitExceeded", &format!("Cannot exceed quota for {quota}: 2"));
                assert_eq!(world.refused(&root, operation, &parameters).await, full);
            } else {
                world.ok(&root, operation, &parameters).await;
            }
        }
    }
    // Nobody else's quotas have changed.
    let other = world.account("999988887777").await;
    for n in ["one", "two", "three"] {
        world.ok(&other, "CreateUser", &[("UserName", n)]).await;
    }
    let entry = |key: &str, value: u64| format!("<key>{key}</key><value>{value}</value>");
    let summary = world.ok(&root, "GetAccountSummary", &[]).await;
    assert!(summary.xml.contains(&entry("UsersQuota", 2)), "{}", summary.xml);
    assert!(summary.xml.contains(&entry("GroupsPerUserQuota", 10)), "{}", summary.xml);
    let summary = world.ok(&other, "GetAccountSummary", &[]).await;
    assert!(summary.xml.contains(&entry("UsersQuota", 5000)), "{}", summary.xml);
}

#[tokio::test]
async fn attachments_versions_and_trust_policies_heed_an_account_s_own_quotas() {
    let world = world().await;
    let root = world.root.clone();
    own(
        &world,
        service::testing::ACCOUNT,
        &[
            ("PoliciesPerRole", 1),
            ("PoliciesPerUser", 11),
            ("VersionsPerPolicy", 2),
            ("ACLSizePerRole", 4096),
        ],
    )
    .await;
    let long = EC2.replace("sts:AssumeRole\"", &format!("sts:AssumeRole\",\"Sid\":\"{}\"", "a".repeat(2100)));
    world.ok(&root, "CreateRole", &[("RoleName", "r"), ("AssumeRolePolicyDocument", &long)]).await;
    let longer =
        EC2.replace("sts:AssumeRole\"", &format!("sts:AssumeRole\",\"Sid\":\"{}\"", "a".repeat(4100)));
    let refused =
        world.refused(&root, "CreateRole", &[("RoleName", "s"), ("AssumeRolePolicyDocument", &longer)]).await;
    assert_eq!(refused, fault("LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 4096"));

    world.ok(&root, "CreateUser", &[("UserName", "u")]).await;
    let mut arns = Vec::new();
    for n in 0..12 {
        let name = format!("p{n}");
        let made = world.ok(&root, "CreatePolicy", &[("PolicyName", &name), ("PolicyDocument", READ)]).await;
        arns.push(made.get("Arn").to_owned());
    }
    for (n, arn) in arns.iter().enumerate() {
        let parameters = [("UserName", "u"), ("PolicyArn", arn.as_str())];
        if n < 11 {
            world.ok(&root, "AttachUserPolicy", &parameters).await;
        } else {
            let full = fault("LimitExceeded", "Cannot exceed quota for PoliciesPerUser: 11");
            assert_eq!(world.refused(&root, "AttachUserPolicy", &parameters).await, full);
        }
    }
    world.ok(&root, "AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", &arns[0])]).await;
    let full = fault("LimitExceeded", "Cannot exceed quota for PoliciesPerRole: 1");
    assert_eq!(
        world.refused(&root, "AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", &arns[1])]).await,
        full
    );

    let version = [("PolicyArn", arns[0].as_str()), ("PolicyDocument", READ)];
    world.ok(&root, "CreatePolicyVersion", &version).await;
    let full = fault(
        "LimitExceeded",
        "A managed policy can have up to 2 versions. Before you create a new version, you must delete an existing \
         version.",
    );
    assert_eq!(world.refused(&root, "CreatePolicyVersion", &version).await, full);
}
