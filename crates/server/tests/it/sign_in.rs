//! `POST /_portcullis/signin`.

use directory::LoginProfile;
use service::passwords;
use store::{AuditEvent, Authority, Record as _, SystemActor};
use types::{Owner, Secret, UniqueId};

use super::client::{Call, Reply, exchange};
use super::world::{ACCOUNT, World, now};

const PASSWORD: &str = "correct-Horse-1";

/// A server where alice has a password.
async fn world() -> World {
    let world = World::start().await;
    let owner = Owner::parse(&format!("aws:{ACCOUNT}")).unwrap();
    let id = UniqueId::parse("AIDAALICEALICEALICE1").unwrap();
    let core = &world.core;
    let mut tx = core.store.write(Authority::system(SystemActor::Bootstrap));
    let user =
        tx.get::<directory::User>(&directory::EntityKey::new(owner, id.clone())).await.unwrap().unwrap();
    passwords::set_first(core, &mut tx, &user, Secret::new(PASSWORD.into())).await.unwrap();
    let profile = LoginProfile { owner, user: id, created: now(), changed: now(), is_reset_required: false };
    assert_eq!(profile.key(), user.key());
    tx.insert(profile).await.unwrap();
    tx.commit(AuditEvent::new("second", now(), &serde_json::json!({})).unwrap()).await.unwrap();
    world
}

async fn post(world: &World, body: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = "POST /_portcullis/signin HTTP/1.1\r\n".to_owned();
    let usual = [("host", "127.0.0.1"), ("content-type", "application/json")];
    let given = |name: &str| headers.iter().any(|(other, _)| *other == name);
    for (name, value) in usual.iter().filter(|(name, _)| !given(name)).chain(headers) {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
    exchange(world.address, request.as_bytes()).await.unwrap()
}

fn form(password: &str) -> String {
    serde_json::json!({"account": ACCOUNT, "userName": "alice", "password": password}).to_string()
}

#[tokio::test]
async fn a_password_gives_credentials_that_sign() {
    let world = world().await;
    let reply = post(&world, &form(PASSWORD), &[]).await;
    assert_eq!((reply.status, reply.header("cache-control")), (200, Some("no-store")), "{}", reply.body);
    let answer = reply.json();
    assert_eq!(answer["status"], "SignedIn");
    assert_eq!(answer["arn"], "arn:aws:iam::111122223333:user/alice");
    assert_eq!(answer["credentials"]["Expiration"], "2026-03-04T00:00:00Z");
    let credentials = |name: &str| answer["credentials"][name].as_str().unwrap().to_owned();
    let credentials = sigv4::Credentials {
        access_key_id: credentials("AccessKeyId"),
        secret: Secret::new(credentials("SecretAccessKey")),
        session_token: Some(credentials("SessionToken")),
    };
    let reply = Call::who().signed(&credentials).send(world.address).await;
    assert_eq!(reply.element("Arn"), "arn:aws:iam::111122223333:user/alice");
    let event = world.events.all().into_iter().find(|event| event["eventName"] == "ConsoleLogin").unwrap();
    assert_eq!(event["responseElements"]["ConsoleLogin"], "Success");
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_after_some_the_client_has_to_wait() {
    let world = world().await;
    for _ in 0..3 {
        let reply = post(&world, &form("wrong"), &[]).await;
        assert_eq!((reply.status, &reply.json()["status"]), (401, &"Failed".into()), "{}", reply.body);
    }
    let reply = post(&world, &form(PASSWORD), &[]).await;
    assert_eq!((reply.status, reply.header("retry-after")), (429, Some("1")), "{}", reply.body);
    assert_eq!(reply.json()["retryAfterSeconds"], 1);
}

#[tokio::test]
async fn pages_of_other_sites_and_forms_are_refused() {
    let world = world().await;
    for headers in [
        [("origin", "https://evil.example")],
        [("origin", "null")],
        [("sec-fetch-site", "cross-site")],
        [("sec-fetch-site", "same-site")],
    ] {
        assert_eq!(post(&world, &form(PASSWORD), &headers).await.status, 403, "{headers:?}");
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let reply = post(&world, &form(PASSWORD), &[("content-type", kind)]).await;
        assert_eq!(reply.status, 415, "{kind}");
    }
    let own = [("origin", "http://127.0.0.1"), ("sec-fetch-site", "same-origin")];
    assert_eq!(post(&world, &form(PASSWORD), &own).await.status, 200);
}

#[tokio::test]
async fn a_security_key_s_answer_is_read_as_browsers_write_it() {
    let world = world().await;
    let with = |signature: &str| {
        let answer = serde_json::json!({
            "ticket": "t", "id": "Y3JlZA", "rawId": "Y3JlZA", "type": "public-key", "clientExtensionResults": {},
            "response": {"clientDataJSON": "e30", "authenticatorData": "AAAA", "signature": signature, "userHandle": null},
        });
        let mut form: serde_json::Value = serde_json::from_str(&form(PASSWORD)).unwrap();
        form["securityKey"] = answer;
        form.to_string()
    };
    let reply = post(&world, &with("not base64!"), &[]).await;
    assert_eq!((reply.status, &reply.json()["status"]), (400, &serde_json::json!("Error")));
    // Whoever has no device needs no answer.
    assert_eq!(post(&world, &with("AAAA"), &[]).await.json()["status"], "SignedIn");
}

#[tokio::test]
async fn what_is_no_sign_in_is_refused_without_repeating_it() {
    let world = world().await;
    let many = format!("[{}", "[".repeat(5000));
    for body in [
        "",
        "{}",
        "null",
        "{\"account\":1}",
        "{\"password\":\"hunter2\"}",
        "{\"account\":\"a\",\"userName\":\"b\",\"password\":\"hunter2\",\"more\":1}",
        &many,
    ] {
        let reply = post(&world, body, &[]).await;
        assert_eq!(reply.status, 400, "{body}");
        assert!(!reply.body.contains("hunter2"));
    }
    let large = form(&"x".repeat(20_000));
    assert_eq!(post(&world, &large, &[]).await.status, 413);
    let get = b"GET /_portcullis/signin HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";
    assert_eq!(exchange(world.address, get).await.unwrap().status, 405);
    world.check().await;
}
