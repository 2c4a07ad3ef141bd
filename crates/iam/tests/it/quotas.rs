//! Quotas of an account: the last one fits, the one after does not.

#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up or read its answer has failed")]

use directory::{InstanceProfile, ManagedPolicy, Named, Role};
use service::testing::World;
use store::audit::AuditEvent;
use store::{Authority, SystemActor};
use types::{IdPrefix, InstanceProfileName, Owner, PolicyName, RoleName};

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
