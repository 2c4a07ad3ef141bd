//! Who is let in, and in which words others are not.

use super::client::Call;
use super::world::{ALICE_KEY, INACTIVE_KEY, ROOT_KEY, SECRET, World, credentials, later};

#[tokio::test]
async fn a_signed_call_is_answered_as_who_signed_it() {
    let world = World::start().await;
    let root = Call::who().signed(&credentials(ROOT_KEY)).send(world.address).await;
    assert_eq!((root.status, root.element("Arn")), (200, "arn:aws:iam::111122223333:root"));
    assert_eq!(root.header("content-type"), Some("text/xml"));
    assert_eq!(root.header("x-amzn-requestid"), Some(root.element("RequestId")));
    assert!(
        root.body
            .starts_with("<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">")
    );
    let alice = Call::who().signed(&credentials(ALICE_KEY)).send(world.address).await;
    assert_eq!(alice.element("Arn"), "arn:aws:iam::111122223333:user/alice");
    assert_ne!(alice.element("RequestId"), root.element("RequestId"));
}

#[tokio::test]
async fn a_presigned_get_is_answered() {
    let world = World::start().await;
    let call = Call {
        method: "GET",
        query: "Action=GetCallerIdentity&Version=2011-06-15".into(),
        body: Vec::new(),
        headers: vec![("host".into(), "127.0.0.1".into())],
        ..Call::who()
    };
    let reply = call.presigned(&credentials(ROOT_KEY), 60).send(world.address).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let old = Call { time: later(-61), ..call };
    let reply = old.presigned(&credentials(ROOT_KEY), 60).send(world.address).await;
    assert!(reply.expect_error(403, "SignatureDoesNotMatch").starts_with("Signature expired: "));
}

#[tokio::test]
async fn nobody_else_is_let_in() {
    let world = World::start().await;
    let message = Call::who().send(world.address).await;
    assert_eq!(
        message.expect_error(403, "MissingAuthenticationToken"),
        "Request is missing Authentication Token"
    );
    for id in ["AKIAUNKNOWNUNKNOWN12", INACTIVE_KEY, "short", "ASIAUNKNOWNUNKNOWN12"] {
        let reply = Call::who().signed(&credentials(id)).send(world.address).await;
        let message = reply.expect_error(403, "InvalidClientTokenId");
        assert_eq!(message, "The security token included in the request is invalid.");
    }
    let mut with_token = credentials(ROOT_KEY);
    with_token.session_token = Some("bm90IG91cnM=".into());
    Call::who().signed(&with_token).send(world.address).await.expect_error(403, "InvalidClientTokenId");
    let mut wrong = credentials(ROOT_KEY);
    wrong.secret = types::Secret::new("wrong".into());
    let reply = Call::who().signed(&wrong).send(world.address).await;
    let message = reply.expect_error(403, "SignatureDoesNotMatch");
    assert!(
        message.starts_with("The request signature we calculated does not match the signature you provided.")
    );
    assert!(message.contains("The Canonical String for this request should have been"));
    world.check().await;
}

#[tokio::test]
async fn a_session_is_let_in_with_its_token_until_it_is_over() {
    let world = World::start().await;
    let session = world.session(60);
    let reply = Call::who().signed(&session).send(world.address).await;
    assert_eq!(reply.element("Arn"), "arn:aws:iam::111122223333:user/alice");

    let over = Call::who().signed(&world.session(0)).send(world.address).await;
    assert_eq!(
        over.expect_error(403, "ExpiredToken"),
        "The security token included in the request is expired"
    );
    let mut alone = session.clone();
    alone.session_token = None;
    Call::who().signed(&alone).send(world.address).await.expect_error(403, "InvalidClientTokenId");
    let mut other_key = session.clone();
    other_key.access_key_id = "ASIABOBBOBBOBBOBBOB1".into();
    Call::who().signed(&other_key).send(world.address).await.expect_error(403, "InvalidClientTokenId");
    let mut other_secret = session.clone();
    other_secret.secret = types::Secret::new(SECRET.into());
    Call::who().signed(&other_secret).send(world.address).await.expect_error(403, "SignatureDoesNotMatch");
    let mut changed = session.clone();
    changed.session_token = session.session_token.map(|token| token.replace('A', "B"));
    Call::who().signed(&changed).send(world.address).await.expect_error(403, "InvalidClientTokenId");
}

#[tokio::test]
async fn a_changed_body_is_refused() {
    let world = World::start().await;
    let mut call =
        Call::iam("Action=GetUser&Version=2010-05-08&UserName=alice").signed(&credentials(ROOT_KEY));
    call.body = b"Action=GetUser&Version=2010-05-08&UserName=root!".to_vec();
    call.send(world.address).await.expect_error(403, "SignatureDoesNotMatch");
}

#[tokio::test]
async fn time_and_scope_must_fit() {
    let world = World::start().await;
    let root = credentials(ROOT_KEY);
    let reply = Call { time: later(-901), ..Call::who() }.signed(&root).send(world.address).await;
    assert!(reply.expect_error(403, "SignatureDoesNotMatch").contains(" - 15 min.)"));
    let reply = Call { time: later(901), ..Call::who() }.signed(&root).send(world.address).await;
    assert!(reply.expect_error(403, "SignatureDoesNotMatch").starts_with("Signature not yet current: "));
    let reply = Call { region: "cn-north-1", ..Call::who() }.signed(&root).send(world.address).await;
    let message = reply.expect_error(403, "SignatureDoesNotMatch");
    assert_eq!(message, "Credential should be scoped to a valid region. ");
    Call { region: "eu-central-1", ..Call::who() }.signed(&root).send(world.address).await.element("Arn");
    let call = Call { service: "s3", ..Call::who() };
    let message = call.signed(&root).send(world.address).await;
    let message = message.expect_error(403, "SignatureDoesNotMatch");
    assert_eq!(message, "Credential should be scoped to correct service: 'sts'. ");
    let call = Call { service: "iam", ..Call::who() }.with_header("host", "sts.amazonaws.com");
    call.signed(&root).send(world.address).await.expect_error(403, "SignatureDoesNotMatch");
}

#[tokio::test]
async fn every_call_is_recorded_without_its_secrets() {
    let world = World::start().await;
    Call::who().signed(&credentials(ALICE_KEY)).send(world.address).await;
    let event = world.events.last();
    assert_eq!(event["eventName"], "GetCallerIdentity");
    assert_eq!(event["userIdentity"]["arn"], "arn:aws:iam::111122223333:user/alice");
    assert_eq!(event["sourceIPAddress"], "127.0.0.1");

    let refused = Call::who().send(world.address).await;
    let event = world.events.last();
    assert_eq!(event["errorCode"], "MissingAuthenticationToken");
    assert_eq!(event["requestID"], refused.element("RequestId"));

    Call::who().signed(&credentials("AKIAUNKNOWNUNKNOWN12")).send(world.address).await;
    assert_eq!(world.events.last()["userIdentity"]["accessKeyId"], "AKIAUNKNOWNUNKNOWN12");

    Call::iam("Action=GetUser&Version=2010-05-08&UserName=x")
        .signed(&credentials(ALICE_KEY))
        .send(world.address)
        .await;
    let event = world.events.last();
    assert_eq!((&event["errorCode"], &event["eventName"]), (&"AccessDenied".into(), &"GetUser".into()));

    Call::iam("Action=GetUser&Version=2010-05-08&UserName=%2F")
        .signed(&credentials(ALICE_KEY))
        .send(world.address)
        .await;
    let event = world.events.last();
    assert_eq!(event["errorCode"], "ValidationError");
    assert_eq!(event["userIdentity"]["arn"], "arn:aws:iam::111122223333:user/alice");

    Call::sts("Action=NoSuch&Version=2011-06-15").send(world.address).await;
    assert_eq!(world.events.last()["errorCode"], "InvalidAction");
    let all = world.events.all();
    assert_eq!(all.len(), 6);
    assert!(!serde_json::to_string(&all).unwrap().contains(SECRET));
}
