//! Instance profiles.

use service::testing::World;

use crate::asking::{all, allow, allow_if, arn, denied, fault, needs_leave, world};
use crate::documents::{EC2, decoded};

async fn create(world: &World, name: &str) {
    world.ok(&world.root, "CreateInstanceProfile", &[("InstanceProfileName", name)]).await;
}

async fn create_role(world: &World, name: &str) {
    let parameters = [("RoleName", name), ("AssumeRolePolicyDocument", EC2)];
    world.ok(&world.root, "CreateRole", &parameters).await;
}

#[tokio::test]
async fn a_profile_holds_one_role_and_shows_it_whole() {
    let world = world().await;
    let parameters = [
        ("InstanceProfileName", "Web"),
        ("Path", "/x/"),
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "a"),
    ];
    let made = world.ok(&world.root, "CreateInstanceProfile", &parameters).await;
    assert_eq!(made.get("Arn"), "arn:aws:iam::123456789012:instance-profile/x/Web");
    assert!(made.get("InstanceProfileId").starts_with("AIPA"));
    assert_eq!(made.get("CreateDate"), "2026-01-01T00:00:00Z");
    assert_eq!(made.get("Value"), "a");
    assert!(made.xml.contains("<Roles></Roles>") || made.xml.contains("<Roles/>"), "{}", made.xml);

    create_role(&world, "r").await;
    create_role(&world, "s").await;
    let pair = |role| [("InstanceProfileName", "web"), ("RoleName", role)];
    world.ok(&world.root, "AddRoleToInstanceProfile", &pair("R")).await;
    let full = fault("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1");
    for role in ["r", "s"] {
        assert_eq!(world.refused(&world.root, "AddRoleToInstanceProfile", &pair(role)).await, full);
    }
    let got = world.ok(&world.root, "GetInstanceProfile", &[("InstanceProfileName", "web")]).await;
    assert_eq!(got.get("RoleName"), "r");
    assert_eq!(decoded(got.get("AssumeRolePolicyDocument")), EC2);
    assert_eq!(got.get("Key"), "team");
    for (operation, parameters) in
        [("ListInstanceProfiles", vec![]), ("ListInstanceProfilesForRole", vec![("RoleName", "r")])]
    {
        let list = world.ok(&world.root, operation, &parameters).await;
        assert_eq!(list.get("InstanceProfileName"), "Web", "{operation}");
        assert_eq!(list.get("RoleName"), "r", "{operation}");
        assert_eq!(list.get("IsTruncated"), "false", "{operation}");
        assert!(!list.xml.contains("Tags"), "{operation} leaves out tags: {}", list.xml);
    }
    let none = world.ok(&world.root, "ListInstanceProfilesForRole", &[("RoleName", "s")]).await;
    assert!(!none.has("InstanceProfileName"));

    let held =
        fault("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.");
    let web = [("InstanceProfileName", "web")];
    assert_eq!(world.refused(&world.root, "DeleteInstanceProfile", &web).await, held);
    let absent = fault("NoSuchEntity", "Role s cannot be found in instance profile Web.");
    assert_eq!(world.refused(&world.root, "RemoveRoleFromInstanceProfile", &pair("s")).await, absent);
    world.ok(&world.root, "RemoveRoleFromInstanceProfile", &pair("r")).await;
    world.ok(&world.root, "DeleteInstanceProfile", &web).await;
    let missing = fault("NoSuchEntity", "Instance Profile web cannot be found.");
    assert_eq!(world.refused(&world.root, "GetInstanceProfile", &web).await, missing);
}

#[tokio::test]
async fn names_are_unique_without_regard_to_case() {
    let world = world().await;
    create(&world, "web").await;
    let refused =
        world.refused(&world.root, "CreateInstanceProfile", &[("InstanceProfileName", "WEB")]).await;
    assert_eq!(refused, fault("EntityAlreadyExists", "Instance Profile WEB already exists."));
}

#[tokio::test]
async fn what_is_not_there_cannot_be_found() {
    let world = world().await;
    create(&world, "p").await;
    let missing = fault("NoSuchEntity", "Instance Profile x cannot be found.");
    for (operation, more) in [
        ("GetInstanceProfile", vec![]),
        ("DeleteInstanceProfile", vec![]),
        ("ListInstanceProfileTags", vec![]),
        ("AddRoleToInstanceProfile", vec![("RoleName", "r")]),
        ("RemoveRoleFromInstanceProfile", vec![("RoleName", "r")]),
        ("TagInstanceProfile", vec![("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")]),
        ("UntagInstanceProfile", vec![("TagKeys.member.1", "k")]),
    ] {
        let parameters = [vec![("InstanceProfileName", "x")], more].concat();
        assert_eq!(world.refused(&world.root, operation, &parameters).await, missing, "{operation}");
    }
    for operation in ["AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile"] {
        let parameters = [("InstanceProfileName", "p"), ("RoleName", "r")];
        let missing = fault("NoSuchEntity", "The role with name r cannot be found.");
        assert_eq!(world.refused(&world.root, operation, &parameters).await, missing, "{operation}");
    }
}

#[tokio::test]
async fn tags_are_added_listed_and_removed() {
    let world = world().await;
    create(&world, "p").await;
    let name = ("InstanceProfileName", "p");
    let two = [
        name,
        ("Tags.member.1.Key", "a"),
        ("Tags.member.1.Value", "1"),
        ("Tags.member.2.Key", "b"),
        ("Tags.member.2.Value", "2"),
    ];
    world.ok(&world.root, "TagInstanceProfile", &two).await;
    let first = world.ok(&world.root, "ListInstanceProfileTags", &[name, ("MaxItems", "1")]).await;
    assert_eq!((first.get("Key"), first.get("IsTruncated")), ("a", "true"));
    let rest = [name, ("Marker", first.get("Marker"))];
    let second = world.ok(&world.root, "ListInstanceProfileTags", &rest).await;
    assert_eq!((second.get("Key"), second.get("IsTruncated")), ("b", "false"));
    world.ok(&world.root, "UntagInstanceProfile", &[name, ("TagKeys.member.1", "a")]).await;
    let left = world.ok(&world.root, "ListInstanceProfileTags", &[name]).await;
    assert_eq!(all(&left.xml, "Key"), ["b"]);
}

#[tokio::test]
async fn pages_hold_each_profile_once() {
    let world = world().await;
    create_role(&world, "r").await;
    for name in ["a", "b", "c"] {
        create(&world, name).await;
        let pair = [("InstanceProfileName", name), ("RoleName", "r")];
        world.ok(&world.root, "AddRoleToInstanceProfile", &pair).await;
    }
    for (operation, more) in
        [("ListInstanceProfiles", vec![]), ("ListInstanceProfilesForRole", vec![("RoleName", "r")])]
    {
        let first = world.ok(&world.root, operation, &[more.clone(), vec![("MaxItems", "2")]].concat()).await;
        assert_eq!(all(&first.xml, "InstanceProfileName"), ["a", "b"], "{operation}");
        let marker = vec![("Marker", first.get("Marker"))];
        let second = world.ok(&world.root, operation, &[more, marker].concat()).await;
        assert_eq!(all(&second.xml, "InstanceProfileName"), ["c"], "{operation}");
        assert_eq!(second.get("IsTruncated"), "false");
    }
}

#[tokio::test]
async fn each_operation_needs_leave_on_its_profile() {
    let world = world().await;
    create_role(&world, "r").await;
    for name in ["p", "q"] {
        create(&world, name).await;
    }
    let (mine, other) = (arn("instance-profile/p"), arn("instance-profile/q"));
    for (operation, more) in [
        ("GetInstanceProfile", vec![]),
        ("ListInstanceProfileTags", vec![]),
        ("TagInstanceProfile", vec![("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")]),
        ("UntagInstanceProfile", vec![("TagKeys.member.1", "k")]),
        ("DeleteInstanceProfile", vec![]),
        ("CreateInstanceProfile", vec![]),
    ] {
        let with = |name| [vec![("InstanceProfileName", name)], more.clone()].concat();
        let action = format!("iam:{operation}");
        needs_leave(&world, &action, (&mine, &with("p")), (&other, &with("q"))).await;
    }
    let with = |name| [("InstanceProfileName", name), ("RoleName", "r")];
    world.ok(&world.root, "AddRoleToInstanceProfile", &with("p")).await;
    let action = "iam:RemoveRoleFromInstanceProfile";
    needs_leave(&world, action, (&mine, &with("p")), (&other, &with("q"))).await;

    let nobody = world.user("nobody", "").await;
    let refused = world.refused(&nobody, "ListInstanceProfiles", &[]).await;
    assert_eq!(refused, denied("nobody", "iam:ListInstanceProfiles", &arn("instance-profile/")));
}

#[tokio::test]
async fn handing_a_role_to_a_profile_needs_leave_to_pass_it_to_ec2() {
    let world = world().await;
    create_role(&world, "r").await;
    create(&world, "p").await;
    let pair = [("InstanceProfileName", "p"), ("RoleName", "r")];
    let add = allow("iam:AddRoleToInstanceProfile", &arn("instance-profile/p"));
    let adder = world.user("adder", &add).await;
    let refused = world.refused(&adder, "AddRoleToInstanceProfile", &pair).await;
    assert_eq!(refused, denied("adder", "iam:PassRole", &arn("role/r")));

    let passer = world.user("passer", &allow("iam:PassRole", &arn("role/r"))).await;
    let refused = world.refused(&passer, "AddRoleToInstanceProfile", &pair).await;
    assert_eq!(refused, denied("passer", "iam:AddRoleToInstanceProfile", &arn("instance-profile/p")));

    for (service, is_fine) in [("lambda.amazonaws.com", false), ("ec2.amazonaws.com", true)] {
        let condition = format!(r#"{{"StringEquals":{{"iam:PassedToService":"{service}"}}}}"#);
        let document = allow_if("iam:PassRole", &arn("role/r"), &condition);
        let parameters = [("UserName", "adder"), ("PolicyName", "pass"), ("PolicyDocument", &document)];
        world.ok(&world.root, "PutUserPolicy", &parameters).await;
        let answer = world.call(&adder, "AddRoleToInstanceProfile", &pair).await;
        assert_eq!(answer.is_ok(), is_fine, "{service}: {answer:?}");
    }
}

#[tokio::test]
async fn a_role_is_not_deleted_from_under_a_profile_that_takes_it() {
    for _ in 0..20 {
        let world = world().await;
        create_role(&world, "r").await;
        create(&world, "p").await;
        let (add, delete) = ([("InstanceProfileName", "p"), ("RoleName", "r")], [("RoleName", "r")]);
        let (added, deleted) = tokio::join!(
            world.call(&world.root, "AddRoleToInstanceProfile", &add),
            world.call(&world.root, "DeleteRole", &delete),
        );
        assert_ne!(added.is_ok(), deleted.is_ok(), "{added:?} {deleted:?}");
    }
}

#[tokio::test]
async fn two_roles_do_not_get_into_one_profile_together() {
    for _ in 0..20 {
        let world = world().await;
        create_role(&world, "r").await;
        create_role(&world, "s").await;
        create(&world, "p").await;
        let pair = |role| [("InstanceProfileName", "p"), ("RoleName", role)];
        let (r, s) = (pair("r"), pair("s"));
        let (first, second) = tokio::join!(
            world.call(&world.root, "AddRoleToInstanceProfile", &r),
            world.call(&world.root, "AddRoleToInstanceProfile", &s),
        );
        assert_ne!(first.is_ok(), second.is_ok(), "{first:?} {second:?}");
    }
}
