//! DecodeAuthorizationMessage.

#![expect(clippy::string_slice, reason = "tokens are ASCII")]

use authz::{Ask, Origin};
use serde_json::{Value as Json, json};
use service::testing::{Who, World};
use types::{Arn, Region};

use crate::support::{allow, world};

const DECODE: &str = "DecodeAuthorizationMessage";

/// What is encoded when somebody is refused an action of EC2 on an instance.
async fn encoded(world: &World, who: &Who) -> String {
    let snapshot = world.core.store.read();
    let now = world.core.clock.now();
    let caller =
        world.core.authorizer.candidate(&snapshot, &who.id, None, now).await.unwrap().unwrap().caller;
    let origin = Origin {
        source_ip: Some([192, 0, 2, 1].into()),
        is_secure: true,
        user_agent: None,
        referer: None,
        region: Some(Region::parse("us-east-1").unwrap()),
        at: now,
    };
    let instance = Arn::parse("arn:aws:ec2:us-east-1:123456789012:instance/i-1").unwrap();
    let ask = Ask::new("ec2:StopInstances", &instance).with("ec2:Tenancy", "default");
    let verdict = world.core.authorizer.verdict(&snapshot, &caller, &origin, &ask).await.unwrap();
    world.core.authorizer.encode_refusal(&caller, &verdict, caller.owner, now).unwrap()
}

async fn decoded(world: &World, message: &str) -> Json {
    let answer = world.ok(&world.root, DECODE, &[("EncodedMessage", message)]).await;
    serde_json::from_str(answer.get("DecodedMessage")).unwrap()
}

#[tokio::test]
async fn a_message_tells_who_was_refused_what_and_why() {
    let world = world().await;
    let alice = world.user("alice", "").await;
    let message = decoded(&world, &encoded(&world, &alice).await).await;
    assert_eq!(
        (&message["allowed"], &message["explicitDeny"], &message["failures"]),
        (&json!(false), &json!(false), &json!({ "items": [] }))
    );
    assert_eq!(message["matchedStatements"], json!({ "items": [] }));
    let context = &message["context"];
    assert_eq!(context["principal"]["name"], "alice");
    assert_eq!(context["principal"]["arn"], "arn:aws:iam::123456789012:user/alice");
    assert!(context["principal"]["id"].as_str().unwrap().starts_with("AIDA"));
    assert_eq!(context["action"], "ec2:StopInstances");
    assert_eq!(context["resource"], "arn:aws:ec2:us-east-1:123456789012:instance/i-1");
    let tenancy = json!({ "key": "ec2:Tenancy", "values": { "items": [{ "value": "default" }] } });
    assert!(context["conditions"]["items"].as_array().unwrap().contains(&tenancy), "{context}");
}

#[tokio::test]
async fn a_message_of_an_explicit_deny_has_the_statement() {
    let world = world().await;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
        {"Sid":"Stop","Effect":"Deny","Action":"ec2:Stop*","NotResource":"arn:aws:ec2:*:*:instance/i-2",
         "Condition":{"StringEquals":{"ec2:Tenancy":"default"}}}]}"#;
    let alice = world.user("alice", policy).await;
    let message = decoded(&world, &encoded(&world, &alice).await).await;
    assert_eq!(message["explicitDeny"], true);
    let statement = &message["matchedStatements"]["items"][0];
    assert_eq!((&statement["statementId"], &statement["effect"]), (&json!("Stop"), &json!("DENY")));
    assert_eq!(statement["actions"], json!({ "items": [{ "value": "ec2:Stop*" }] }));
    assert_eq!(statement["notResources"], json!({ "items": [{ "value": "arn:aws:ec2:*:*:instance/i-2" }] }));
    assert_eq!(statement["conditions"]["items"][0]["key"], "ec2:Tenancy");
}

#[tokio::test]
async fn only_who_has_leave_in_an_account_that_it_concerns_reads_it_and_for_a_day() {
    let world = world().await;
    let alice = world.user("alice", "").await;
    let message = encoded(&world, &alice).await;
    let asked = [("EncodedMessage", message.as_str())];
    let (code, sentence) = world.refused(&alice, DECODE, &asked).await;
    assert_eq!(code, "AccessDenied");
    assert!(sentence.contains("sts:DecodeAuthorizationMessage on resource: *"), "{sentence}");
    let reader = world.user("reader", &allow("sts:DecodeAuthorizationMessage", "*")).await;
    world.ok(&reader, DECODE, &asked).await;

    let invalid = ("InvalidAuthorizationMessageException".to_owned(), "Message is not valid".to_owned());
    let other = world.account("210987654321").await;
    assert_eq!(world.refused(&other, DECODE, &asked).await, invalid);
    let session = world.ok(&world.root, "GetSessionToken", &[]).await;
    for spoilt in ["x", "with\nbreaks", &message[1..], session.get("SessionToken")] {
        assert_eq!(world.refused(&reader, DECODE, &[("EncodedMessage", spoilt)]).await, invalid, "{spoilt}");
    }
    for length in [0, 10_241] {
        let text = "x".repeat(length);
        assert_eq!(world.refused(&reader, DECODE, &[("EncodedMessage", &text)]).await.0, "ValidationError");
    }
    world.advance(86_399);
    world.ok(&reader, DECODE, &asked).await;
    world.advance(1);
    assert_eq!(world.refused(&reader, DECODE, &asked).await, invalid);
}
