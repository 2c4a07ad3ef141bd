//! Users.

use service::testing::World;

async fn world() -> World {
    World::new(vec![iam::entry()]).await
}

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
