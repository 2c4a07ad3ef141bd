//! Properties of an account.

use service::testing::World;

use crate::asking::{allow, allow_if, arn, denied, fault, world};

const ROLE: &str = "role/aws-service-role/role-manager.iam.amazonaws.com/AWSServiceRoleForIAMRoleManager";

async fn is_enabled(world: &World) -> bool {
    let shown = world.ok(&world.root, "GetAccountProperties", &[]).await.xml;
    let entry = |value| format!("<entry><key>RoleManager/Enabled</key><value>{value}</value></entry>");
    assert!(shown.contains(&entry("true")) != shown.contains(&entry("false")), "{shown}");
    shown.contains(&entry("true"))
}

fn enabled(value: &str) -> [(&str, &str); 2] {
    [("Properties.entry.1.key", "RoleManager/Enabled"), ("Properties.entry.1.value", value)]
}

#[tokio::test]
async fn role_manager_is_turned_on_with_its_role_and_off_without_it() {
    let world = world().await;
    assert!(!is_enabled(&world).await);
    let name = [("RoleName", "AWSServiceRoleForIAMRoleManager")];
    world.ok(&world.root, "PutAccountProperties", &enabled("true")).await;
    assert!(is_enabled(&world).await);
    let made = world.ok(&world.root, "GetRole", &name).await;
    assert_eq!(made.get("Arn"), arn(ROLE));
    let attached = world.ok(&world.root, "ListAttachedRolePolicies", &name).await;
    let policy = "arn:aws:iam::aws:policy/aws-service-role/AWSIAMRoleManagerServiceRolePolicy";
    assert_eq!(attached.get("PolicyArn"), policy);

    world.ok(&world.root, "PutAccountProperties", &enabled("true")).await;
    world.ok(&world.root, "PutAccountProperties", &enabled("false")).await;
    assert!(!is_enabled(&world).await);
    assert_eq!(world.ok(&world.root, "GetRole", &name).await.get("RoleId"), made.get("RoleId"));
}

#[tokio::test]
async fn what_is_no_property_is_refused() {
    let world = world().await;
    let format = |key: &str| format!("Property key must be in format Namespace/PropertyName: {key}");
    let required = "RoleManager namespace requires Enabled property".to_owned();
    let value = "Enabled must be 'true' or 'false'".to_owned();
    for (key, given, message) in [
        ("RoleManager", "false", format("RoleManager")),
        ("RoleManager/", "false", format("RoleManager/")),
        ("RoleManager/Enabled/more", "false", required.clone()),
        ("RoleManager/Other", "false", required),
        ("Other/Enabled", "false", "Unsupported namespace: Other".to_owned()),
        ("RoleManager/Enabled", "FALSE", value.clone()),
        ("RoleManager/Enabled", "false ", value.clone()),
        ("RoleManager/Enabled", "0", value),
    ] {
        let parameters = [("Properties.entry.1.key", key), ("Properties.entry.1.value", given)];
        let refused = world.refused(&world.root, "PutAccountProperties", &parameters).await;
        assert_eq!(refused, fault("InvalidInput", &message), "{key}={given}");
    }
    let other = |key| [("Properties.entry.2.key", key), ("Properties.entry.2.value", "true")];
    let mixed = [enabled("false"), other("Else/Where")].concat();
    let refused = world.refused(&world.root, "PutAccountProperties", &mixed).await;
    assert_eq!(refused, fault("InvalidInput", "All properties must belong to the same namespace"));
    // What the namespace does not know is passed over beside what it does.
    let more = [enabled("false"), other("RoleManager/Else")].concat();
    world.ok(&world.root, "PutAccountProperties", &more).await;
    assert_eq!(world.refused(&world.root, "PutAccountProperties", &[]).await.0, "ValidationError");
}

#[tokio::test]
async fn turning_it_on_needs_leave_to_make_its_role_and_the_namespace_can_be_asked_for() {
    let world = world().await;
    let put = "iam:PutAccountProperties";
    let some = world.user("some", &allow(put, "*")).await;
    let refused = world.refused(&some, "PutAccountProperties", &enabled("true")).await;
    assert_eq!(refused, denied("some", "iam:CreateServiceLinkedRole", &arn(ROLE)));
    assert!(!is_enabled(&world).await);
    world.ok(&some, "PutAccountProperties", &enabled("false")).await;
    let refused = world.refused(&some, "GetAccountProperties", &[]).await;
    assert_eq!(refused, denied("some", "iam:GetAccountProperties", "*"));
    let of = |name: &str| {
        format!(r#"{{"ForAnyValue:StringEquals":{{"iam:AccountPropertyNamespaces":"{name}"}}}}"#)
    };
    let within = world.user("within", &allow_if(put, "*", &of("RoleManager"))).await;
    world.ok(&within, "PutAccountProperties", &enabled("false")).await;
    let without = world.user("without", &allow_if(put, "*", &of("Other"))).await;
    assert_eq!(world.refused(&without, "PutAccountProperties", &enabled("false")).await.0, "AccessDenied");
}
