//! Users.

use crate::asking::{all, allow, allow_if, arn, denied, fault, needs_leave, world};

#[tokio::test]
async fn create_user_answers_the_new_user() {
    let world = world().await;
    let user = world.ok(&world.root, "CreateUser", &[("UserName", "Alice"), ("Path", "/team/")]).await;
    assert_eq!(user.get("Arn"), "arn:aws:iam::123456789012:user/team/Alice");
    assert!(user.get("UserId").starts_with("AIDA"));
    assert_eq!(user.get("CreateDate"), "2026-01-01T00:00:00Z");
    assert!(!user.has("Tags"));
}

#[tokio::test]
async fn names_are_unique_without_regard_to_case() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "Alice")]).await;
    let refusal = world.refused(&world.root, "CreateUser", &[("UserName", "ALICE")]).await;
    assert_eq!(refusal, ("EntityAlreadyExists".into(), "User with name ALICE already exists.".into()));
}

#[tokio::test]
async fn a_user_who_is_not_there_cannot_be_found() {
    let world = world().await;
    let refusal = world.refused(&world.root, "GetUser", &[("UserName", "nobody")]).await;
    assert_eq!(refusal, ("NoSuchEntity".into(), "The user with name nobody cannot be found.".into()));
}

#[tokio::test]
async fn pages_of_users_hold_each_user_once() {
    let world = world().await;
    for n in 0..5 {
        world.ok(&world.root, "CreateUser", &[("UserName", &format!("u{n}"))]).await;
    }
    let first = world.ok(&world.root, "ListUsers", &[("MaxItems", "2")]).await;
    assert_eq!(first.get("IsTruncated"), "true");
    assert_eq!(first.xml.matches("<UserName>").count(), 2);
    let rest = [("MaxItems", "10"), ("Marker", first.get("Marker"))];
    let second = world.ok(&world.root, "ListUsers", &rest).await;
    assert_eq!(second.get("IsTruncated"), "false");
    assert_eq!(second.xml.matches("<UserName>").count(), 3);
    assert!(!second.has("Marker"));
}

#[tokio::test]
async fn a_renamed_user_keeps_id_and_tags() {
    let world = world().await;
    let parameters = [("UserName", "alice"), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "a")];
    let made = world.ok(&world.root, "CreateUser", &parameters).await;
    let parameters = [("UserName", "alice"), ("NewUserName", "bob"), ("NewPath", "/x/")];
    world.ok(&world.root, "UpdateUser", &parameters).await;
    let user = world.ok(&world.root, "GetUser", &[("UserName", "bob")]).await;
    assert_eq!(user.get("UserId"), made.get("UserId"));
    assert_eq!(user.get("Arn"), "arn:aws:iam::123456789012:user/x/bob");
    assert_eq!(user.get("Value"), "a");
    assert_eq!(world.refused(&world.root, "GetUser", &[("UserName", "alice")]).await.0, "NoSuchEntity");
}

#[tokio::test]
async fn a_change_is_recorded_with_its_author() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    let events = world.core.store.events(0, 10).await.unwrap();
    let last = events.last().unwrap();
    assert!(format!("{last:?}").contains("CreateUser"), "{last:?}");
    assert!(world.events().is_empty(), "a change's event commits with it, not beside it");
}

const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

#[tokio::test]
async fn a_user_is_answered_whole_and_listed_in_short() {
    let world = world().await;
    let parameters = [
        ("UserName", "Alice"),
        ("Path", "/team/"),
        ("PermissionsBoundary", READ_ONLY),
        ("Tags.member.1.Key", "Team"),
        ("Tags.member.1.Value", "a b"),
    ];
    let made = world.ok(&world.root, "CreateUser", &parameters).await;
    let short = format!(
        "<Path>/team/</Path><UserName>Alice</UserName><UserId>{}</UserId>\
         <Arn>arn:aws:iam::123456789012:user/team/Alice</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate>",
        made.get("UserId")
    );
    let whole = format!(
        "<User>{short}<PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType>\
         <PermissionsBoundaryArn>{READ_ONLY}</PermissionsBoundaryArn></PermissionsBoundary>\
         <Tags><member><Key>Team</Key><Value>a b</Value></member></Tags></User>"
    );
    assert!(made.xml.contains(&whole), "{}", made.xml);
    let got = world.ok(&world.root, "GetUser", &[("UserName", "aLICE")]).await;
    assert!(got.xml.contains(&whole), "{}", got.xml);
    let listed = world.ok(&world.root, "ListUsers", &[]).await;
    let expected = format!("<Users><member>{short}</member></Users><IsTruncated>false</IsTruncated>");
    assert!(listed.xml.contains(&expected), "{}", listed.xml);
}

#[tokio::test]
async fn without_a_name_the_user_is_the_caller() {
    let world = world().await;
    let alice = world.user("alice", &allow("iam:GetUser", "*")).await;
    assert_eq!(world.ok(&alice, "GetUser", &[]).await.get("UserName"), "alice");
    let root = world.ok(&world.root, "GetUser", &[]).await;
    assert_eq!(root.get("Arn"), "arn:aws:iam::123456789012:root");
    assert_eq!(root.get("UserId"), "123456789012");
}

#[tokio::test]
async fn users_are_listed_under_a_path() {
    let world = world().await;
    for (name, path) in [("c", "/a/"), ("b", "/a/b/"), ("d", "/"), ("a", "/ab/")] {
        world.ok(&world.root, "CreateUser", &[("UserName", name), ("Path", path)]).await;
    }
    let every = world.ok(&world.root, "ListUsers", &[]).await;
    assert_eq!(all(&every.xml, "UserName"), ["a", "b", "c", "d"]);
    let under = world.ok(&world.root, "ListUsers", &[("PathPrefix", "/a/")]).await;
    assert_eq!(all(&under.xml, "UserName"), ["b", "c"]);
}

#[tokio::test]
async fn the_longest_paths_are_paged_too() {
    let world = world().await;
    let path = format!("/{}/", "p".repeat(510));
    let names: Vec<String> = (0..5).map(|n| format!("{n}{}", "n".repeat(63))).collect();
    for name in &names {
        world.ok(&world.root, "CreateUser", &[("UserName", name), ("Path", &path)]).await;
    }
    let mut seen = Vec::new();
    let mut marker = String::new();
    loop {
        let mut parameters = vec![("PathPrefix", "/p"), ("MaxItems", "2")];
        if !marker.is_empty() {
            parameters.push(("Marker", &marker));
        }
        let page = world.ok(&world.root, "ListUsers", &parameters).await;
        seen.extend(all(&page.xml, "UserName"));
        if !page.has("Marker") {
            break;
        }
        marker = page.get("Marker").to_owned();
    }
    assert_eq!(seen, names);
}

#[tokio::test]
async fn a_name_that_another_has_is_not_taken_by_renaming() {
    let world = world().await;
    for name in ["one", "two"] {
        world.ok(&world.root, "CreateUser", &[("UserName", name)]).await;
    }
    world.ok(&world.root, "UpdateUser", &[("UserName", "one"), ("NewUserName", "ONE")]).await;
    let refusal =
        world.refused(&world.root, "UpdateUser", &[("UserName", "ONE"), ("NewUserName", "Two")]).await;
    assert_eq!(refusal, fault("EntityAlreadyExists", "User with name Two already exists."));
}

#[tokio::test]
async fn a_renamed_user_keeps_key_groups_and_policies() {
    let world = world().await;
    let alice = world.user("alice", &allow("iam:GetUser", "*")).await;
    world.ok(&world.root, "CreateGroup", &[("GroupName", "g")]).await;
    world.ok(&world.root, "AddUserToGroup", &[("GroupName", "g"), ("UserName", "alice")]).await;
    world.ok(&world.root, "UpdateUser", &[("UserName", "alice"), ("NewUserName", "bob")]).await;
    assert_eq!(world.ok(&alice, "GetUser", &[]).await.get("UserName"), "bob");
    let groups = world.ok(&world.root, "ListGroupsForUser", &[("UserName", "bob")]).await;
    assert_eq!(all(&groups.xml, "GroupName"), ["g"]);
    let policies = world.ok(&world.root, "ListUserPolicies", &[("UserName", "bob")]).await;
    assert_eq!(all(&policies.xml, "member"), ["p"]);
}

#[tokio::test]
async fn a_user_goes_when_nothing_depends_on_it() {
    let world = world().await;
    let alice = world.user("alice", &allow("iam:GetUser", "*")).await;
    world.ok(&world.root, "CreateGroup", &[("GroupName", "g")]).await;
    let member = [("UserName", "alice"), ("GroupName", "g")];
    world.ok(&world.root, "AddUserToGroup", &member).await;
    let attached = [("UserName", "alice"), ("PolicyArn", READ_ONLY)];
    world.ok(&world.root, "AttachUserPolicy", &attached).await;
    let key = [("UserName", "alice"), ("AccessKeyId", alice.id.as_str())];

    type Step<'s> = (&'s str, &'s str, &'s [(&'s str, &'s str)]);
    let steps: [Step<'_>; 4] = [
        ("delete access keys", "DeleteAccessKey", &key),
        ("delete policies", "DeleteUserPolicy", &[("UserName", "alice"), ("PolicyName", "p")]),
        ("detach all policies", "DetachUserPolicy", &attached),
        ("remove users from group", "RemoveUserFromGroup", &member),
    ];
    for (what, operation, parameters) in steps {
        let refusal = world.refused(&world.root, "DeleteUser", &[("UserName", "alice")]).await;
        let message = format!("Cannot delete entity, must {what} first.");
        assert_eq!(refusal, fault("DeleteConflict", &message));
        world.ok(&world.root, operation, parameters).await;
    }
    world.ok(&world.root, "DeleteUser", &[("UserName", "ALICE")]).await;
    let missing = fault("NoSuchEntity", "The user with name alice cannot be found.");
    assert_eq!(world.refused(&world.root, "DeleteUser", &[("UserName", "alice")]).await, missing);
}

#[tokio::test]
async fn a_user_who_is_made_anew_has_nothing_of_the_one_before() {
    let world = world().await;
    let made = world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    world.ok(&world.root, "DeleteUser", &[("UserName", "alice")]).await;
    let again = world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    assert_ne!(made.get("UserId"), again.get("UserId"));
}

#[tokio::test]
async fn tags_are_added_replaced_and_removed() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    let tag = |key: &'static str, value: &'static str| {
        [("UserName", "alice"), ("Tags.member.1.Key", key), ("Tags.member.1.Value", value)]
    };
    for (key, value) in [("b", "1"), ("a", "2"), ("B", "3")] {
        world.ok(&world.root, "TagUser", &tag(key, value)).await;
    }
    let listed = world.ok(&world.root, "ListUserTags", &[("UserName", "alice")]).await;
    assert_eq!(all(&listed.xml, "Value"), ["2", "3"]);
    let parameters = [("UserName", "alice"), ("TagKeys.member.1", "b"), ("TagKeys.member.2", "none")];
    world.ok(&world.root, "UntagUser", &parameters).await;
    let listed = world.ok(&world.root, "ListUserTags", &[("UserName", "alice")]).await;
    assert_eq!(all(&listed.xml, "Key"), ["a"]);
    assert_eq!(world.refused(&world.root, "TagUser", &tag("aws:x", "1")).await.0, "InvalidInput");
}

#[tokio::test]
async fn a_user_has_fifty_tags_at_most() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "alice")]).await;
    let names: Vec<[String; 2]> =
        (1..=51).map(|n| [format!("Tags.member.{n}.Key"), format!("Tags.member.{n}.Value")]).collect();
    let values: Vec<String> = (1..=51).map(|n| format!("k{n}")).collect();
    let mut parameters = vec![("UserName", "alice")];
    for ([key, value], text) in names.iter().zip(&values).take(50) {
        parameters.extend([(&**key, &**text), (&**value, "v")]);
    }
    world.ok(&world.root, "TagUser", &parameters).await;
    let one_more = [("UserName", "alice"), ("Tags.member.1.Key", "k51"), ("Tags.member.1.Value", "v")];
    assert_eq!(world.refused(&world.root, "TagUser", &one_more).await.0, "LimitExceeded");
    let replaced = [("UserName", "alice"), ("Tags.member.1.Key", "K50"), ("Tags.member.1.Value", "w")];
    world.ok(&world.root, "TagUser", &replaced).await;
}

#[tokio::test]
async fn each_operation_needs_leave_on_its_user() {
    let world = world().await;
    world.ok(&world.root, "CreateUser", &[("UserName", "u"), ("Path", "/p/")]).await;
    let (here, there) = (&*arn("user/p/u"), &*arn("user/v"));
    let tag =
        |name: &'static str| [("UserName", name), ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")];
    let untag = |name: &'static str| [("UserName", name), ("TagKeys.member.1", "k")];
    let name = |name: &'static str| [("UserName", name)];
    for action in ["iam:GetUser", "iam:ListUserTags"] {
        needs_leave(&world, action, (here, &name("u")), (there, &name("v"))).await;
    }
    needs_leave(&world, "iam:TagUser", (here, &tag("u")), (there, &tag("v"))).await;
    needs_leave(&world, "iam:UntagUser", (here, &untag("u")), (there, &untag("v"))).await;
    needs_leave(&world, "iam:UpdateUser", (here, &name("u")), (there, &name("v"))).await;
    needs_leave(&world, "iam:DeleteUser", (here, &name("u")), (there, &name("v"))).await;
    let (new, other) = ([("UserName", "n"), ("Path", "/p/")], [("UserName", "n"), ("Path", "/q/")]);
    needs_leave(&world, "iam:CreateUser", (&arn("user/p/n"), &new), (&arn("user/q/n"), &other)).await;

    let alice = world.user("alice", &allow("iam:ListUsers", &arn("user/alice"))).await;
    let refusal = world.refused(&alice, "ListUsers", &[]).await;
    assert_eq!(refusal, denied("alice", "iam:ListUsers", &arn("user/")));
    let bob = world.user("bob", &allow("iam:ListUsers", &arn("user/"))).await;
    world.ok(&bob, "ListUsers", &[]).await;
}

#[tokio::test]
async fn tags_on_creation_need_leave_to_tag_and_are_condition_keys() {
    let world = world().await;
    let tagged = |value: &'static str| {
        [("UserName", "u"), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", value)]
    };
    let one = world.user("one", &allow("iam:CreateUser", "*")).await;
    let refusal = world.refused(&one, "CreateUser", &tagged("a")).await;
    assert_eq!(refusal, denied("one", "iam:TagUser", &arn("user/u")));
    let condition = r#"{"StringEquals":{"aws:RequestTag/team":"a"},"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}"#;
    let two = world.user("two", &allow_if("iam:*User", "*", condition)).await;
    let refusal = world.refused(&two, "CreateUser", &tagged("b")).await;
    assert_eq!(refusal, denied("two", "iam:CreateUser", &arn("user/u")));
    world.ok(&two, "CreateUser", &tagged("a")).await;
}
