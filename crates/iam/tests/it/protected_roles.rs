//! Roles that belong to a service: nobody else changes their policies.

#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up has failed")]

use crate::asking::{allow, fault, world};
use directory::{PolicyText, Role};
use service::testing::{ACCOUNT, World};
use store::audit::AuditEvent;
use store::{Authority, SystemActor};
use types::{AccountId, IdPrefix, Owner, Partition, Path, RoleName, UniqueId};

const NAME: &str = "AWSServiceRoleForSupport";
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"support.amazonaws.com"}}}"#;

/// A world with a service-linked role, as the service would make it.
async fn with_service_linked_role() -> World {
    let world = world().await;
    let trust = policy::validate::trust_policy(TRUST).unwrap();
    let created = world.core.clock.now();
    let role = Role {
        owner: Owner::new(Partition::Aws, AccountId::parse(ACCOUNT).unwrap()),
        id: UniqueId::from_random(IdPrefix::Role, 1),
        name: RoleName::parse(NAME).unwrap(),
        path: Path::parse("/aws-service-role/support.amazonaws.com/").unwrap(),
        created,
        trust_policy: PolicyText::accepted(TRUST, &trust),
        trusted: Default::default(),
        description: None,
        max_session_duration: 3600,
        boundary: None,
        tags: Default::default(),
    };
    let mut tx = world.core.store.write(Authority::system(SystemActor::Operator));
    tx.insert(role).await.unwrap();
    let event = AuditEvent::new("made", created, &serde_json::json!({"eventName": "Made"})).unwrap();
    tx.commit(event).await.unwrap();
    world
}

#[tokio::test]
async fn the_policies_of_a_service_s_role_are_the_service_s() {
    let world = with_service_linked_role().await;
    let message = format!(
        "Cannot perform the operation on the protected role '{NAME}' - this role is only modifiable by AWS"
    );
    let document = allow("s3:GetObject", "*");
    let policy = ("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess");
    let calls: [(&str, &[(&str, &str)]); 6] = [
        ("PutRolePolicy", &[("PolicyName", "p"), ("PolicyDocument", &document)]),
        ("DeleteRolePolicy", &[("PolicyName", "p")]),
        ("AttachRolePolicy", &[policy]),
        ("DetachRolePolicy", &[policy]),
        ("PutRolePermissionsBoundary", &[("PermissionsBoundary", policy.1)]),
        ("DeleteRolePermissionsBoundary", &[]),
    ];
    for (operation, parameters) in calls {
        let parameters = [&[("RoleName", NAME)], parameters].concat();
        let refusal = world.refused(&world.root, operation, &parameters).await;
        assert_eq!(refusal, fault("UnmodifiableEntity", &message), "{operation}");
    }
    let longer = [("RoleName", NAME), ("MaxSessionDuration", "7200")];
    let duration = format!("{NAME} is an AWS service linked role, max session duration cannot be changed.");
    assert_eq!(
        world.refused(&world.root, "UpdateRole", &longer).await,
        fault("UnmodifiableEntity", &duration)
    );
    world.ok(&world.root, "UpdateRole", &[("RoleName", NAME), ("Description", "scales")]).await;
    let role = world.ok(&world.root, "GetRole", &[("RoleName", NAME)]).await;
    assert_eq!(role.get("Description"), "scales");
    world.ok(&world.root, "ListRolePolicies", &[("RoleName", NAME)]).await;
    world.ok(&world.root, "ListAttachedRolePolicies", &[("RoleName", NAME)]).await;
}
