//! Groups and membership.

use crate::asking::{all, arn, denied, fault, needs_leave, world};
use service::testing::World;

async fn with_group(name: &str) -> World {
    let world = world().await;
    world.ok(&world.root, "CreateGroup", &[("GroupName", name)]).await;
    world
}

async fn add(world: &World, user: &str, group: &str) {
    world.ok(&world.root, "AddUserToGroup", &[("GroupName", group), ("UserName", user)]).await;
}

#[tokio::test]
async fn a_new_group_is_answered_whole() {
    let world = world().await;
    let parameters = [("GroupName", "Admins"), ("Path", "/ops/")];
    let made = world.ok(&world.root, "CreateGroup", &parameters).await;
    let id = made.get("GroupId");
    assert!(id.starts_with("AGPA") && id.len() == 21, "{id}");
    let group = format!(
        "<Group><Path>/ops/</Path><GroupName>Admins</GroupName><GroupId>{id}</GroupId>\
         <Arn>arn:aws:iam::123456789012:group/ops/Admins</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate></Group>"
    );
    assert!(made.xml.contains(&format!("<CreateGroupResult>{group}</CreateGroupResult>")), "{}", made.xml);

    let got = world.ok(&world.root, "GetGroup", &[("GroupName", "Admins")]).await;
    let expected = format!("{group}<Users/><IsTruncated>false</IsTruncated>");
    let alternative = format!("{group}<Users></Users><IsTruncated>false</IsTruncated>");
    assert!(got.xml.contains(&expected) || got.xml.contains(&alternative), "{}", got.xml);
}

#[tokio::test]
async fn names_of_groups_are_unique_and_found_without_regard_to_case() {
    let world = with_group("Admins").await;
    let refusal = world.refused(&world.root, "CreateGroup", &[("GroupName", "ADMINS")]).await;
    assert_eq!(refusal, fault("EntityAlreadyExists", "Group with name ADMINS already exists."));
    let got = world.ok(&world.root, "GetGroup", &[("GroupName", "aDMINS")]).await;
    assert_eq!(got.get("GroupName"), "Admins");
}

#[tokio::test]
async fn a_user_and_a_group_may_share_a_name() {
    let world = with_group("same").await;
    world.ok(&world.root, "CreateUser", &[("UserName", "same")]).await;
}

#[tokio::test]
async fn a_group_that_is_not_there_cannot_be_found() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    let missing = fault("NoSuchEntity", "The group with name none cannot be found.");
    for (operation, parameters) in [
        ("GetGroup", &[("GroupName", "none")][..]),
        ("DeleteGroup", &[("GroupName", "none")]),
        ("UpdateGroup", &[("GroupName", "none"), ("NewGroupName", "other")]),
        ("AddUserToGroup", &[("GroupName", "none"), ("UserName", "alice")]),
        ("RemoveUserFromGroup", &[("GroupName", "none"), ("UserName", "alice")]),
    ] {
        assert_eq!(world.refused(&world.root, operation, parameters).await, missing, "{operation}");
    }
}

#[tokio::test]
async fn a_user_that_is_not_there_is_in_no_group() {
    let world = with_group("g").await;
    let missing = fault("NoSuchEntity", "The user with name none cannot be found.");
    let parameters = [("GroupName", "g"), ("UserName", "none")];
    assert_eq!(world.refused(&world.root, "AddUserToGroup", &parameters).await, missing);
    assert_eq!(world.refused(&world.root, "RemoveUserFromGroup", &parameters).await, missing);
    let refusal = world.refused(&world.root, "ListGroupsForUser", &[("UserName", "none")]).await;
    assert_eq!(refusal, missing);
}

#[tokio::test]
async fn members_are_listed_page_by_page_without_boundary_and_tags() {
    let world = with_group("g").await;
    for n in 0..5 {
        let name = format!("u{n}");
        let parameters = [("UserName", &*name), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "a")];
        world.ok(&world.root, "CreateUser", &parameters).await;
        add(&world, &name, "g").await;
    }
    let first = world.ok(&world.root, "GetGroup", &[("GroupName", "g"), ("MaxItems", "3")]).await;
    assert_eq!(first.get("IsTruncated"), "true");
    assert!(!first.has("Tags"));
    let parameters = [("GroupName", "g"), ("MaxItems", "3"), ("Marker", first.get("Marker"))];
    let second = world.ok(&world.root, "GetGroup", &parameters).await;
    assert_eq!(second.get("IsTruncated"), "false");
    let mut names = all(&first.xml, "UserName");
    assert_eq!(names.len(), 3);
    names.extend(all(&second.xml, "UserName"));
    names.sort();
    assert_eq!(names, ["u0", "u1", "u2", "u3", "u4"]);
}

#[tokio::test]
async fn groups_are_listed_by_name_and_by_path() {
    let world = world().await;
    for (name, path) in [("b", "/x/"), ("A", "/"), ("c", "/x/y/")] {
        world.ok(&world.root, "CreateGroup", &[("GroupName", name), ("Path", path)]).await;
    }
    let every = world.ok(&world.root, "ListGroups", &[]).await;
    assert_eq!(all(&every.xml, "GroupName"), ["A", "b", "c"]);
    let under = world.ok(&world.root, "ListGroups", &[("PathPrefix", "/x/")]).await;
    assert_eq!(all(&under.xml, "GroupName"), ["b", "c"]);
    let first = world.ok(&world.root, "ListGroups", &[("MaxItems", "1")]).await;
    let rest = world.ok(&world.root, "ListGroups", &[("Marker", first.get("Marker"))]).await;
    assert_eq!(all(&rest.xml, "GroupName"), ["b", "c"]);
    assert!(!rest.has("Marker"));
}

#[tokio::test]
async fn a_renamed_group_keeps_id_members_and_policies() {
    let world = with_group("old").await;
    let before = world.ok(&world.root, "GetGroup", &[("GroupName", "old")]).await;
    world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    add(&world, "alice", "old").await;
    let policy = crate::asking::allow("iam:GetUser", "*");
    let parameters = [("GroupName", "old"), ("PolicyName", "p"), ("PolicyDocument", &*policy)];
    world.ok(&world.root, "PutGroupPolicy", &parameters).await;

    let parameters = [("GroupName", "OLD"), ("NewGroupName", "new"), ("NewPath", "/x/")];
    world.ok(&world.root, "UpdateGroup", &parameters).await;
    let after = world.ok(&world.root, "GetGroup", &[("GroupName", "new")]).await;
    assert_eq!(after.get("GroupId"), before.get("GroupId"));
    assert_eq!(all(&after.xml, "Arn").first().unwrap(), &arn("group/x/new"));
    assert_eq!(all(&after.xml, "UserName"), ["alice"]);
    world.ok(&world.root, "GetGroupPolicy", &[("GroupName", "new"), ("PolicyName", "p")]).await;
    let groups = world.ok(&world.root, "ListGroupsForUser", &[("UserName", "alice")]).await;
    assert_eq!(all(&groups.xml, "GroupName"), ["new"]);
    assert_eq!(world.refused(&world.root, "GetGroup", &[("GroupName", "old")]).await.0, "NoSuchEntity");
}

#[tokio::test]
async fn a_group_may_change_the_case_of_its_name_but_not_take_another_s() {
    let world = with_group("one").await;
    world.ok(&world.root, "CreateGroup", &[("GroupName", "two")]).await;
    world.ok(&world.root, "UpdateGroup", &[("GroupName", "one"), ("NewGroupName", "ONE")]).await;
    let parameters = [("GroupName", "ONE"), ("NewGroupName", "Two")];
    let refusal = world.refused(&world.root, "UpdateGroup", &parameters).await;
    assert_eq!(refusal, fault("EntityAlreadyExists", "Group with name Two already exists."));
}

#[tokio::test]
async fn a_group_goes_when_nothing_depends_on_it() {
    let world = with_group("g").await;
    world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    add(&world, "alice", "g").await;
    let policy = crate::asking::allow("iam:GetUser", "*");
    let parameters = [("GroupName", "g"), ("PolicyName", "p"), ("PolicyDocument", &*policy)];
    world.ok(&world.root, "PutGroupPolicy", &parameters).await;
    let attached = [("GroupName", "g"), ("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess")];
    world.ok(&world.root, "AttachGroupPolicy", &attached).await;

    let conflict = |what: &str| fault("DeleteConflict", &format!("Cannot delete entity, must {what} first."));
    let delete = [("GroupName", "g")];
    let refusal = world.refused(&world.root, "DeleteGroup", &delete).await;
    assert_eq!(refusal, conflict("remove users from group"));
    let parameters = [("GroupName", "g"), ("UserName", "alice")];
    world.ok(&world.root, "RemoveUserFromGroup", &parameters).await;
    assert_eq!(world.refused(&world.root, "DeleteGroup", &delete).await, conflict("delete policies"));
    world.ok(&world.root, "DeleteGroupPolicy", &[("GroupName", "g"), ("PolicyName", "p")]).await;
    assert_eq!(world.refused(&world.root, "DeleteGroup", &delete).await, conflict("detach all policies"));
    world.ok(&world.root, "DetachGroupPolicy", &attached).await;
    world.ok(&world.root, "DeleteGroup", &delete).await;
    assert_eq!(world.refused(&world.root, "DeleteGroup", &delete).await.0, "NoSuchEntity");
}

#[tokio::test]
async fn adding_and_removing_twice_is_as_once() {
    let world = with_group("g").await;
    world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    add(&world, "alice", "g").await;
    add(&world, "ALICE", "G").await;
    let got = world.ok(&world.root, "GetGroup", &[("GroupName", "g")]).await;
    assert_eq!(all(&got.xml, "UserName"), ["alice"]);
    let parameters = [("GroupName", "g"), ("UserName", "alice")];
    world.ok(&world.root, "RemoveUserFromGroup", &parameters).await;
    world.ok(&world.root, "RemoveUserFromGroup", &parameters).await;
    let got = world.ok(&world.root, "GetGroup", &[("GroupName", "g")]).await;
    assert_eq!(all(&got.xml, "UserName"), Vec::<String>::new());
}

#[tokio::test]
async fn a_user_is_in_ten_groups_at_most() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    for n in 0..11 {
        world.ok(&world.root, "CreateGroup", &[("GroupName", &format!("g{n:02}"))]).await;
    }
    for n in 0..10 {
        add(&world, "alice", &format!("g{n:02}")).await;
    }
    let parameters = [("GroupName", "g10"), ("UserName", "alice")];
    let refusal = world.refused(&world.root, "AddUserToGroup", &parameters).await;
    assert_eq!(refusal, fault("LimitExceeded", "Cannot exceed quota for GroupsPerUser: 10"));
    // One that is there already is no further one.
    add(&world, "alice", "g03").await;
    let first = world.ok(&world.root, "ListGroupsForUser", &[("UserName", "alice"), ("MaxItems", "7")]).await;
    let parameters = [("UserName", "alice"), ("Marker", first.get("Marker"))];
    let rest = world.ok(&world.root, "ListGroupsForUser", &parameters).await;
    let names = [all(&first.xml, "GroupName"), all(&rest.xml, "GroupName")].concat();
    assert_eq!(names, (0..10).map(|n| format!("g{n:02}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_account_has_three_hundred_groups_at_most() {
    let world = world().await;
    for n in 0..300 {
        world.ok(&world.root, "CreateGroup", &[("GroupName", &format!("g{n}"))]).await;
    }
    let refusal = world.refused(&world.root, "CreateGroup", &[("GroupName", "g300")]).await;
    assert_eq!(refusal, fault("LimitExceeded", "Cannot exceed quota for GroupsPerAccount: 300"));
}

#[tokio::test]
async fn what_a_group_is_allowed_its_members_are_allowed_at_once() {
    let world = with_group("readers").await;
    let alice = world.user("alice", "").await;
    let policy = crate::asking::allow("iam:GetGroup", "*");
    let parameters = [("GroupName", "readers"), ("PolicyName", "p"), ("PolicyDocument", &*policy)];
    world.ok(&world.root, "PutGroupPolicy", &parameters).await;
    let get = [("GroupName", "readers")];
    let refusal = world.refused(&alice, "GetGroup", &get).await;
    assert_eq!(refusal, denied("alice", "iam:GetGroup", &arn("group/readers")));
    add(&world, "alice", "readers").await;
    world.ok(&alice, "GetGroup", &get).await;
    let parameters = [("GroupName", "readers"), ("UserName", "alice")];
    world.ok(&world.root, "RemoveUserFromGroup", &parameters).await;
    assert_eq!(world.refused(&alice, "GetGroup", &get).await.0, "AccessDenied");
}

#[tokio::test]
async fn each_operation_needs_leave_on_its_group() {
    let world = world().await;
    for name in ["a", "b"] {
        let parameters = [("GroupName", name), ("Path", "/p/")];
        world.ok(&world.root, "CreateGroup", &parameters).await;
    }
    world.ok(&world.root, "CreateUser", &[("UserName", "u")]).await;
    let (a, b) = (&*arn("group/p/a"), &*arn("group/p/b"));
    let parameters = |name: &'static str| [("GroupName", name), ("UserName", "u")];
    for action in ["iam:GetGroup", "iam:AddUserToGroup", "iam:RemoveUserFromGroup"] {
        let (ours, other) = (parameters("a"), parameters("b"));
        let take = if action == "iam:GetGroup" { 1 } else { 2 };
        needs_leave(&world, action, (a, &ours[..take]), (b, &other[..take])).await;
    }
    let here = [("UserName", "u")];
    let there = [("UserName", "v")];
    let (u, v) = (arn("user/u"), arn("user/v"));
    needs_leave(&world, "iam:ListGroupsForUser", (&u, &here), (&v, &there)).await;
    needs_leave(&world, "iam:DeleteGroup", (a, &[("GroupName", "a")]), (b, &[("GroupName", "b")])).await;
    let (new, other) = (arn("group/p/new"), arn("group/new"));
    let in_path = [("GroupName", "new"), ("Path", "/p/")];
    needs_leave(&world, "iam:CreateGroup", (&new, &in_path), (&other, &[("GroupName", "new")])).await;
}

#[tokio::test]
async fn listing_groups_needs_leave_on_the_collection() {
    let world = world().await;
    let alice = world.user("alice", "").await;
    let refusal = world.refused(&alice, "ListGroups", &[]).await;
    assert_eq!(refusal, denied("alice", "iam:ListGroups", &arn("group/")));
    let bob = world.user("bob", &crate::asking::allow("iam:ListGroups", &arn("group/"))).await;
    world.ok(&bob, "ListGroups", &[]).await;
}

#[tokio::test]
async fn renaming_needs_leave_on_both_names() {
    let world = with_group("a").await;
    let parameters = [("GroupName", "a"), ("NewGroupName", "b")];
    let one = world.user("one", &crate::asking::allow("iam:UpdateGroup", &arn("group/a"))).await;
    let refusal = world.refused(&one, "UpdateGroup", &parameters).await;
    assert_eq!(refusal, denied("one", "iam:UpdateGroup", &arn("group/b")));
    let both = world.user("both", &crate::asking::allow("iam:UpdateGroup", &arn("group/?"))).await;
    world.ok(&both, "UpdateGroup", &parameters).await;
}

#[tokio::test]
async fn accounts_do_not_see_each_other_s_groups() {
    let world = with_group("g").await;
    let other = world.account("210987654321").await;
    let refusal = world.refused(&other, "GetGroup", &[("GroupName", "g")]).await;
    assert_eq!(refusal.0, "NoSuchEntity");
    world.ok(&other, "CreateGroup", &[("GroupName", "g")]).await;
}
