//! Reads as of a moment: what was, decided by what is.

#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up or read its answer has failed")]

use jiff::Timestamp;
use service::testing::{Who, World};

use crate::asking::world;

async fn attached(world: &World, who: &Who, at: Timestamp) -> Result<String, String> {
    let asked = world.call_as_of(Some(at), who, "ListAttachedUserPolicies", &[("UserName", "bob")]).await;
    asked.map_err(|fault| format!("{}: {}", fault.code, fault.message))
}

/// bob had ReadOnlyAccess for a while; answers before, during and after.
async fn history(world: &World) -> [Timestamp; 3] {
    let policy = [("UserName", "bob"), ("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess")];
    let mut moments = Vec::new();
    world.advance(10);
    moments.push(world.core.clock.now());
    world.advance(10);
    world.ok(&world.root, "CreateUser", &[("UserName", "bob")]).await;
    world.ok(&world.root, "AttachUserPolicy", &policy).await;
    world.advance(10);
    moments.push(world.core.clock.now());
    world.advance(10);
    world.ok(&world.root, "DetachUserPolicy", &policy).await;
    world.advance(10);
    moments.push(world.core.clock.now());
    moments.try_into().unwrap()
}

#[tokio::test]
async fn a_read_shows_what_was_at_the_moment() {
    let world = world().await;
    let [before, during, after] = history(&world).await;
    let gone = attached(&world, &world.root, before).await.unwrap_err();
    assert_eq!(gone, "NoSuchEntity: The user with name bob cannot be found.");
    assert!(attached(&world, &world.root, during).await.unwrap().contains("ReadOnlyAccess"));
    assert!(!attached(&world, &world.root, after).await.unwrap().contains("ReadOnlyAccess"));
    let events = world.events();
    let event = events.iter().rev().find(|event| event["eventName"] == "ListAttachedUserPolicies").unwrap();
    assert_eq!(event["additionalEventData"]["asOf"], after.to_string());
    // A simulation asks the past as well.
    let parameters =
        [("PolicySourceArn", "arn:aws:iam::123456789012:user/bob"), ("ActionNames.member.1", "s3:GetObject")];
    for (at, decision) in [(during, "<EvalDecision>allowed<"), (after, "<EvalDecision>implicitDeny<")] {
        let answer = world.call_as_of(Some(at), &world.root, "SimulatePrincipalPolicy", &parameters).await;
        assert!(answer.unwrap().contains(decision), "{at}");
    }
}

#[tokio::test]
async fn the_past_needs_leave_of_its_own_which_the_present_gives() {
    let world = world().await;
    let [_, during, _] = history(&world).await;
    let reader = world
        .user(
            "reader",
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:List*","Resource":"*"}}"#,
        )
        .await;
    let refused = attached(&world, &reader, during).await.unwrap_err();
    assert_eq!(
        refused,
        "AccessDenied: User: arn:aws:iam::123456789012:user/reader is not authorized to perform: portcullis:AsOf on \
         resource: * because no identity-based policy allows the portcullis:AsOf action"
    );
    let auditor = world
        .user(
            "auditor",
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["iam:List*","portcullis:AsOf"],"Resource":"*"}}"#,
        )
        .await;
    world.advance(10);
    let then = world.core.clock.now();
    world.advance(10);
    assert!(attached(&world, &auditor, during).await.unwrap().contains("ReadOnlyAccess"));
    // Who loses a permission does not have it in the past either.
    let only = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"portcullis:AsOf","Resource":"*"}}"#;
    let parameters = [("UserName", "auditor"), ("PolicyName", "p"), ("PolicyDocument", only)];
    world.ok(&world.root, "PutUserPolicy", &parameters).await;
    let refused = attached(&world, &auditor, then).await.unwrap_err();
    assert!(refused.starts_with("AccessDenied: "), "{refused}");
    assert!(refused.contains("iam:ListAttachedUserPolicies"), "{refused}");
    // And the answers of the present are not taken for those of the past.
    let present = world.call(&world.root, "ListAttachedUserPolicies", &[("UserName", "bob")]).await.unwrap();
    assert!(!present.contains("ReadOnlyAccess"));
}

#[tokio::test]
async fn writes_the_future_and_what_is_not_kept_are_refused() {
    let world = world().await;
    let [before, during, _] = history(&world).await;
    let head = world.core.store.head();
    for (operation, parameters) in [
        ("CreateUser", &[("UserName", "eve")][..]),
        ("DeleteUser", &[("UserName", "bob")]),
        ("GenerateCredentialReport", &[]),
    ] {
        let fault = world.call_as_of(Some(during), &world.root, operation, parameters).await.unwrap_err();
        assert_eq!((fault.code.as_ref(), fault.status), ("InvalidAsOf", 400), "{operation}");
        assert_eq!(
            fault.message,
            format!("{operation} cannot be asked as of a moment: only reads of IAM can")
        );
    }
    assert_eq!(world.core.store.head(), head);
    let future: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    let fault = attached(&world, &world.root, future).await.unwrap_err();
    assert_eq!(fault, "InvalidAsOf: 2030-01-01T00:00:00Z is still to come");
    world.core.store.compact(head).await.unwrap();
    let fault = attached(&world, &world.root, before).await.unwrap_err();
    assert!(fault.ends_with("is no longer kept"), "{fault}");
}
