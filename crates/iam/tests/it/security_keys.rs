//! Security keys: registered through the library that the pages use, shown and let go by the API.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot read its answer has failed"
)]

use std::collections::BTreeMap;
use std::pin::Pin;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use directory::{Named as _, User};
use iam::security_keys::{self, Finished};
use minicbor::Encoder;
use serde_json::{Value as Json, json};
use service::testing::{Who, World};
use service::{Answer, Context, KeyAnswer, KeyChallenge, ServiceEntry, SignIn, SignedIn};
use sha2::{Digest as _, Sha256};
use types::Secret;
use webauthn::{Assertion, Presence, Refused, Registration, RelyingParty};
use wire::{Document, Encode, Fault, Member, Operation, Protocol, Service, Shape, Value};

use crate::asking::{allow, arn};

fn site() -> RelyingParty {
    RelyingParty {
        id: "iam.example.com".into(),
        origin: "https://iam.example.com".into(),
        name: "Portcullis".into(),
    }
}

/// The pages that ask the browser, as a service with two operations.
struct Pages;

static TEXT: Shape = Shape::string("Text");
static INPUT: Shape = Shape::structure(
    "Input",
    &[
        Member::new("UserName", &TEXT),
        Member::new("DeviceName", &TEXT),
        Member::new("Ticket", &TEXT),
        Member::new("ClientData", &TEXT),
        Member::new("Attestation", &TEXT),
    ],
);
static OUTPUT: Shape = Shape::structure("Output", &[Member::new("Text", &TEXT)]);
static PAGES: Service = Service {
    name: "pages",
    id: "Pages",
    endpoint_prefix: "pages",
    api_version: "1",
    xml_namespace: "",
    protocol: Protocol::Query,
    target_prefix: None,
    echo_values: false,
    operations: &[&BEGIN, &FINISH],
};
static BEGIN: Operation = operation("BeginSecurityKey");
static FINISH: Operation = operation("FinishSecurityKey");

const fn operation(name: &'static str) -> Operation {
    Operation {
        name,
        service: &PAGES,
        input: &INPUT,
        output: Some(&OUTPUT),
        result: None,
        method: "POST",
        path: "/",
        errors: &[],
        pages: None,
        unsigned: false,
        deprecated: false,
    }
}

struct Text(String);

impl Encode for Text {
    fn shape(&self) -> &'static Shape {
        &OUTPUT
    }

    fn member(&self, index: usize) -> Option<Value<'_>> {
        (index == 0).then_some(Value::String(&self.0))
    }
}

impl ServiceEntry for Pages {
    fn service(&self) -> &'static Service {
        &PAGES
    }

    fn operations(&self) -> Vec<&'static str> {
        vec![BEGIN.name, FINISH.name]
    }

    fn call<'a>(
        &'a self,
        operation: &'static Operation,
        cx: &'a Context<'a>,
        input: Document,
    ) -> Option<Pin<Box<dyn Future<Output = service::Result<Answer>> + Send + 'a>>> {
        Some(Box::pin(async move {
            let Document::Structure(input) = input else { panic!("no input") };
            let text = |at| match input.at(at) {
                Some(Document::String(text)) => text.as_str(),
                _ => "",
            };
            let answered = if operation.name == BEGIN.name {
                let begun = security_keys::begin(cx, text(0), &site()).await?;
                json!({ "options": begun.options, "ticket": begun.ticket }).to_string()
            } else {
                let bytes = |at| URL_SAFE_NO_PAD.decode(text(at)).unwrap();
                let (client_data, attestation_object) = (bytes(3), bytes(4));
                let finished = Finished {
                    user_name: text(0),
                    device_name: text(1),
                    ticket: text(2),
                    answer: Registration {
                        client_data: &client_data,
                        attestation_object: &attestation_object,
                    },
                    certifications: BTreeMap::from([("FIDO".to_owned(), "L1".to_owned())]),
                };
                security_keys::finish(cx, &site(), finished).await?.to_string()
            };
            Ok(Some(Box::new(Text(answered)) as Box<dyn Encode + Send>))
        }))
    }

    fn fault(&self, error: store::Error) -> Fault {
        Fault::internal(error)
    }
}

/// A security key in software.
struct Key {
    pair: EcdsaKeyPair,
    id: &'static [u8],
}

impl Key {
    fn new(id: &'static [u8]) -> Self {
        Self { pair: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap(), id }
    }

    fn attestation(&self) -> Vec<u8> {
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(32);
        let mut cose = Vec::new();
        let mut cbor = Encoder::new(&mut cose);
        cbor.map(5).unwrap().i8(1).unwrap().i8(2).unwrap().i8(3).unwrap().i8(-7).unwrap();
        cbor.i8(-1)
            .unwrap()
            .i8(1)
            .unwrap()
            .i8(-2)
            .unwrap()
            .bytes(x)
            .unwrap()
            .i8(-3)
            .unwrap()
            .bytes(y)
            .unwrap();
        let length = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        let data = [&data(0x41, 1)[..], &[0xab; 16], &length, self.id, &cose].concat();
        let mut out = Vec::new();
        let mut cbor = Encoder::new(&mut out);
        cbor.map(2)
            .unwrap()
            .str("fmt")
            .unwrap()
            .str("none")
            .unwrap()
            .str("authData")
            .unwrap()
            .bytes(&data)
            .unwrap();
        out
    }
}

fn data(flags: u8, counter: u32) -> Vec<u8> {
    [&Sha256::digest("iam.example.com")[..], &[flags], &counter.to_be_bytes()].concat()
}

fn client(kind: &str, challenge: &str) -> Vec<u8> {
    json!({ "type": kind, "challenge": challenge, "origin": "https://iam.example.com" })
        .to_string()
        .into_bytes()
}

async fn world() -> World {
    World::new(vec![iam::entry(), Box::new(Pages)]).await
}

async fn begun(world: &World, who: &Who) -> Json {
    let answer = world.ok(who, "BeginSecurityKey", &[("UserName", "alice")]).await;
    serde_json::from_str(answer.get("Text")).unwrap()
}

/// What the browser sends back after it was asked.
fn answered(begun: &Json, key: &Key, name: &str) -> [(&'static str, String); 5] {
    let challenge = begun["options"]["challenge"].as_str().unwrap();
    [
        ("UserName", "alice".into()),
        ("DeviceName", name.into()),
        ("Ticket", begun["ticket"].as_str().unwrap().into()),
        ("ClientData", URL_SAFE_NO_PAD.encode(client("webauthn.create", challenge))),
        ("Attestation", URL_SAFE_NO_PAD.encode(key.attestation())),
    ]
}

fn borrowed<'a>(parameters: &'a [(&'static str, String); 5]) -> Vec<(&'a str, &'a str)> {
    parameters.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

async fn registered(world: &World, key: &Key, name: &str) -> String {
    let begun = begun(world, &world.root).await;
    let answer = answered(&begun, key, name);
    world.ok(&world.root, "FinishSecurityKey", &borrowed(&answer)).await.get("Text").to_owned()
}

#[tokio::test]
async fn a_registered_key_is_shown_with_its_certifications_and_goes_when_it_is_deactivated() {
    let world = world().await;
    world.user("alice", "").await;
    let key = Key::new(b"credential-1");
    let serial = registered(&world, &key, "desk").await;
    assert!(serial.starts_with(&arn("u2f/user/alice/desk-")), "{serial}");
    let named = [("UserName", "alice"), ("SerialNumber", serial.as_str())];

    let shown = world.ok(&world.root, "GetMFADevice", &named).await;
    assert_eq!((shown.get("SerialNumber"), shown.get("EnableDate")), (&*serial, "2026-01-01T00:00:00Z"));
    assert!(shown.xml.contains("<entry><key>FIDO</key><value>L1</value></entry>"), "{}", shown.xml);
    let listed = world.ok(&world.root, "ListMFADevices", &[("UserName", "alice")]).await;
    assert_eq!(listed.get("SerialNumber"), serial);
    let virtual_ones = world.ok(&world.root, "ListVirtualMFADevices", &[]).await;
    assert!(!virtual_ones.xml.contains("u2f"), "{}", virtual_ones.xml);

    let options = &begun(&world, &world.root).await["options"];
    let id = URL_SAFE_NO_PAD.encode(b"credential-1");
    assert_eq!(options["excludeCredentials"], json!([{ "type": "public-key", "id": id }]));

    for (operation, code) in [
        ("EnableMFADevice", "NoSuchEntity"),
        ("ResyncMFADevice", "NoSuchEntity"),
        ("DeleteVirtualMFADevice", "NoSuchEntity"),
    ] {
        let mut parameters = named.to_vec();
        parameters.extend([("AuthenticationCode1", "123456"), ("AuthenticationCode2", "654321")]);
        if operation == "DeleteVirtualMFADevice" {
            parameters = vec![named[1]];
        }
        assert_eq!(world.refused(&world.root, operation, &parameters).await.0, code, "{operation}");
    }
    assert_eq!(world.refused(&world.root, "DeleteUser", &named[..1]).await.0, "DeleteConflict");
    world.ok(&world.root, "DeactivateMFADevice", &named).await;
    assert_eq!(world.refused(&world.root, "GetMFADevice", &named).await.0, "NoSuchEntity");
    registered(&world, &key, "desk").await;
}

#[tokio::test]
async fn a_ticket_is_good_once_for_its_user_and_for_some_minutes() {
    let world = world().await;
    world.user("alice", "").await;
    let nobody = world.user("nobody", "").await;
    let asked = [("UserName", "alice")];
    assert_eq!(world.refused(&nobody, "BeginSecurityKey", &asked).await.0, "AccessDenied");
    let helper = world.user("helper", &allow("iam:EnableMFADevice", &arn("user/alice"))).await;
    let first = begun(&world, &helper).await;

    let key = Key::new(b"one");
    let finish = async |parameters: &[(&'static str, String); 5]| {
        world.call(&helper, "FinishSecurityKey", &borrowed(parameters)).await.map_err(|fault| fault.code)
    };
    let good = answered(&first, &key, "desk");
    let mut foreign = good.clone();
    foreign[0].1 = "nobody".into();
    assert_eq!(finish(&foreign).await.unwrap_err(), "AccessDenied");
    let mut spoilt = good.clone();
    spoilt[2].1 = good[2].1[1..].to_owned();
    assert_eq!(finish(&spoilt).await.unwrap_err(), "InvalidInput");
    for name in ["", "two words", "a/b", &"x".repeat(65)] {
        let mut named = good.clone();
        named[1].1 = name.into();
        assert_eq!(finish(&named).await.unwrap_err(), "ValidationError", "{name}");
    }
    finish(&good).await.unwrap();
    assert_eq!(finish(&good).await.unwrap_err(), "InvalidInput", "twice");

    let second = begun(&world, &helper).await;
    assert_eq!(finish(&answered(&second, &key, "desk")).await.unwrap_err(), "EntityAlreadyExists");
    let third = begun(&world, &helper).await;
    world.advance(300);
    assert_eq!(
        finish(&answered(&third, &Key::new(b"two"), "desk")).await.unwrap_err(),
        "InvalidInput",
        "late"
    );
}

#[tokio::test]
async fn a_user_has_eight_devices_at_most_security_keys_included() {
    let world = world().await;
    world.user("alice", "").await;
    let ids: [&[u8]; 9] = [b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"8", b"9"];
    for id in &ids[..8] {
        registered(&world, &Key::new(id), "key").await;
    }
    let begun = begun(&world, &world.root).await;
    let ninth = answered(&begun, &Key::new(ids[8]), "key");
    assert_eq!(world.refused(&world.root, "FinishSecurityKey", &borrowed(&ninth)).await.0, "InternalFailure");
    let listed = world.ok(&world.root, "ListMFADevices", &[("UserName", "alice")]).await;
    assert_eq!(listed.xml.matches("<member>").count(), 8);
}

#[tokio::test]
async fn a_key_proves_its_user_with_a_count_that_goes_up() {
    let world = world().await;
    world.user("alice", "").await;
    let key = Key::new(b"credential-1");
    registered(&world, &key, "desk").await;
    let authorizer = &world.core.authorizer;
    let snapshot = world.core.store.read();
    let owner = types::Owner::parse("aws:123456789012").unwrap();
    let user = snapshot.find::<User>(&User::BY_NAME, &owner.to_string(), "alice").await.unwrap().unwrap();
    let prove = async |random: u8, counter: u32, id: &[u8]| {
        let now = world.core.clock.now();
        let ceremony = authorizer.begin_ceremony(&user, [random; 32], now).unwrap();
        let challenge = authorizer.end_ceremony(&user, &ceremony.ticket, now).await.unwrap().unwrap();
        assert!(authorizer.end_ceremony(&user, &ceremony.ticket, now).await.unwrap().is_none(), "once");
        let client = client("webauthn.get", &challenge.to_text());
        let data = data(0x05, counter);
        let signed = [&data[..], &Sha256::digest(&client)[..]].concat();
        let signature = key.pair.sign(&SystemRandom::new(), &signed).unwrap();
        let answer =
            Assertion { client_data: &client, authenticator_data: &data, signature: signature.as_ref() };
        authorizer.proves_security_key(&snapshot, &user, &site(), &challenge, (id, &answer)).await.unwrap()
    };
    assert_eq!(prove(1, 2, b"credential-1").await, Ok(Presence { counter: 2, is_user_verified: true }));
    assert_eq!(prove(2, 2, b"credential-1").await, Err(Refused::Copied));
    assert!(prove(3, 3, b"credential-1").await.is_ok());
    assert_eq!(prove(4, 4, b"credential-2").await, Err(Refused::Foreign));
}

/// Signs alice in with her password and, where there is one, the answer to a challenge.
async fn sign_in(world: &World, key: Option<(&Key, &KeyChallenge, u32)>) -> SignedIn {
    let signed = key.map(|(key, challenge, counter)| {
        let client = client("webauthn.get", challenge.options["challenge"].as_str().unwrap());
        let data = data(0x05, counter);
        let signed = [&data[..], &Sha256::digest(&client)[..]].concat();
        let signature = key.pair.sign(&SystemRandom::new(), &signed).unwrap().as_ref().to_vec();
        (key.id, challenge.ticket.as_str(), client, data, signature)
    });
    let security_key = signed.as_ref().map(|(credential, ticket, client_data, data, signature)| KeyAnswer {
        ticket,
        credential,
        assertion: Assertion { client_data, authenticator_data: data, signature },
    });
    let origin = world.origin();
    let asked = SignIn {
        account: "123456789012",
        user_name: "alice",
        password: Secret::new("correct-Horse-1".into()),
        mfa_code: None,
        mfa_serial: None,
        security_key,
        new_password: None,
        origin: &origin,
        login_to: "https://iam.example.com/",
    };
    service::sign_in(&world.core, &asked).await.unwrap()
}

async fn challenged(world: &World) -> KeyChallenge {
    match sign_in(world, None).await {
        SignedIn::NeedsMfa { challenge: Some(challenge), .. } => challenge,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_key_opens_the_console_with_its_answer_to_one_challenge() {
    let world = world().await;
    world.user("alice", "").await;
    let password = [("UserName", "alice"), ("Password", "correct-Horse-1")];
    world.ok(&world.root, "CreateLoginProfile", &password).await;
    let (key, stranger) = (Key::new(b"credential-1"), Key::new(b"credential-2"));
    let serial = registered(&world, &key, "desk").await;

    let challenge = challenged(&world).await;
    let id = URL_SAFE_NO_PAD.encode(b"credential-1");
    assert_eq!(challenge.options["allowCredentials"], json!([{ "type": "public-key", "id": id }]));
    assert_eq!(challenge.options["rpId"], "iam.example.com");
    match sign_in(&world, Some((&key, &challenge, 2))).await {
        SignedIn::Done(session) => assert!(session.session.mfa.is_some()),
        other => panic!("{other:?}"),
    }
    let event = world.events().pop().unwrap();
    assert_eq!(event["additionalEventData"]["MFAUsed"], "Yes");
    assert_eq!(event["additionalEventData"]["MFAIdentifier"], serial.as_str());

    assert!(matches!(sign_in(&world, Some((&key, &challenge, 3))).await, SignedIn::Failed), "once");
    let challenge = challenged(&world).await;
    assert!(matches!(sign_in(&world, Some((&stranger, &challenge, 4))).await, SignedIn::Failed));
    let challenge = challenged(&world).await;
    assert!(matches!(sign_in(&world, Some((&key, &challenge, 2))).await, SignedIn::Failed), "a copy");
    world.advance(60);
    let challenge = challenged(&world).await;
    world.advance(300);
    assert!(matches!(sign_in(&world, Some((&key, &challenge, 5))).await, SignedIn::Failed), "late");
    assert!(world.events().pop().unwrap()["errorMessage"] == "Failed authentication");
}
