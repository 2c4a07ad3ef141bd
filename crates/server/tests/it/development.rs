//! The development mode: everybody on this machine is root, and nobody else is.

use server::Limits;

use super::client::{Call, exchange};
use super::world::{ALICE_KEY, INACTIVE_KEY, World, credentials, later};

async fn world() -> World {
    World::with(Limits::default(), true).await
}

#[tokio::test]
async fn an_unknown_key_is_root_of_the_partition_of_its_region() {
    let world = world().await;
    for (region, arn) in [
        ("eu-west-1", "arn:aws:iam::123456789012:root"),
        ("cn-north-1", "arn:aws-cn:iam::123456789012:root"),
        ("us-gov-west-1", "arn:aws-us-gov:iam::123456789012:root"),
    ] {
        for id in ["AKIAUNKNOWNUNKNOWN12", "test", "ASIAUNKNOWNUNKNOWN12"] {
            let call = Call { region, time: later(1_000_000), ..Call::who() };
            let reply = call.signed(&credentials(id)).send(world.address).await;
            assert_eq!((reply.status, reply.element("Arn")), (200, arn));
            assert!(reply.header("x-portcullis-mode").unwrap().contains("root"));
        }
    }
}

#[tokio::test]
async fn a_known_key_is_itself_and_is_checked() {
    let world = world().await;
    let reply = Call::who().signed(&credentials(ALICE_KEY)).send(world.address).await;
    assert_eq!(reply.element("Arn"), "arn:aws:iam::111122223333:user/alice");
    let mut wrong = credentials(ALICE_KEY);
    wrong.secret = types::Secret::new("wrong".into());
    Call::who().signed(&wrong).send(world.address).await.expect_error(403, "SignatureDoesNotMatch");
    let inactive = Call::who().signed(&credentials(INACTIVE_KEY)).send(world.address).await;
    inactive.expect_error(403, "InvalidClientTokenId");
}

#[tokio::test]
async fn an_unknown_key_in_an_address_and_no_key_are_refused() {
    let world = world().await;
    let call = Call {
        method: "GET",
        query: "Action=GetCallerIdentity&Version=2011-06-15".into(),
        body: vec![],
        ..Call::who()
    };
    let presigned = call.presigned(&credentials("AKIAUNKNOWNUNKNOWN12"), 60);
    presigned.send(world.address).await.expect_error(403, "InvalidClientTokenId");
    Call::who().send(world.address).await.expect_error(403, "MissingAuthenticationToken");
}

#[tokio::test]
async fn pages_of_other_sites_are_refused() {
    let world = world().await;
    let signed = Call::who().signed(&credentials("test"));
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("host", "evil.example"),
    ] {
        let reply = signed.clone().with_header(name, value).send(world.address).await;
        assert_eq!(reply.status, 403, "{name}");
        assert!(reply.body.starts_with("The development mode"), "{}", reply.body);
        assert!(reply.header("x-portcullis-mode").is_some());
    }
}

#[tokio::test]
async fn the_reset_exists_in_development_mode_only() {
    let post = |host: &str| {
        format!("POST /_portcullis/reset HTTP/1.1\r\nhost: {host}\r\ncontent-length: 0\r\n\r\n").into_bytes()
    };
    let world = world().await;
    assert_eq!(exchange(world.address, &post("localhost")).await.unwrap().status, 200);
    assert_eq!(exchange(world.address, &post("evil.example")).await.unwrap().status, 403);
    assert_eq!(*world.resets.lock().unwrap(), 1);
    let normal = World::start().await;
    assert_eq!(exchange(normal.address, &post("localhost")).await.unwrap().status, 404);
    let reply = Call::who().signed(&credentials("AKIAUNKNOWNUNKNOWN12")).send(normal.address).await;
    assert!(reply.header("x-portcullis-mode").is_none());
}
