use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
};
use minicbor::Encoder;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::*;

/// An authenticator in software.
enum Keys {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

impl Keys {
    fn all() -> [Self; 3] {
        [
            Self::p256(),
            Self::Ed25519(Ed25519KeyPair::generate().unwrap()),
            Self::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()),
        ]
    }

    fn p256() -> Self {
        Self::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap())
    }

    fn cose(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut cbor = Encoder::new(&mut out);
        match self {
            Self::P256(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                cbor.map(5).unwrap().i8(1).unwrap().i8(2).unwrap().i8(3).unwrap().i8(-7).unwrap();
                cbor.i8(-1).unwrap().i8(1).unwrap().i8(-2).unwrap().bytes(x).unwrap();
                cbor.i8(-3).unwrap().bytes(y).unwrap();
            }
            Self::Ed25519(pair) => {
                cbor.map(4).unwrap().i8(1).unwrap().i8(1).unwrap().i8(3).unwrap().i8(-8).unwrap();
                cbor.i8(-1)
                    .unwrap()
                    .i8(6)
                    .unwrap()
                    .i8(-2)
                    .unwrap()
                    .bytes(pair.public_key().as_ref())
                    .unwrap();
            }
            Self::Rsa(pair) => {
                // SEQUENCE, INTEGER of 257 bytes, INTEGER 65537.
                let der = pair.public_key().as_ref();
                let n = &der[der.len() - 5 - 256..der.len() - 5];
                cbor.map(4).unwrap().i8(1).unwrap().i8(3).unwrap().i8(3).unwrap().i16(-257).unwrap();
                cbor.i8(-1).unwrap().bytes(n).unwrap().i8(-2).unwrap().bytes(&[1, 0, 1]).unwrap();
            }
        }
        out
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::P256(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
        }
    }
}

fn site() -> RelyingParty {
    RelyingParty {
        id: "iam.example.com".into(),
        origin: "https://iam.example.com".into(),
        name: "Portcullis".into(),
    }
}

fn challenge(byte: u8) -> Challenge {
    Challenge::new([byte; 32])
}

fn client(kind: &str, challenge: &Challenge, origin: &str) -> Vec<u8> {
    json!({ "type": kind, "challenge": challenge.to_text(), "origin": origin }).to_string().into_bytes()
}

fn data(site: &str, flags: u8, counter: u32) -> Vec<u8> {
    [&Sha256::digest(site)[..], &[flags], &counter.to_be_bytes()].concat()
}

fn attestation(cose: &[u8], flags: u8, id: &[u8]) -> Vec<u8> {
    let length = u16::try_from(id.len()).unwrap().to_be_bytes();
    let data = [&data("iam.example.com", flags, 5)[..], &[7; 16], &length, id, cose].concat();
    let mut out = Vec::new();
    let mut cbor = Encoder::new(&mut out);
    cbor.map(3).unwrap().str("fmt").unwrap().str("none").unwrap().str("attStmt").unwrap().map(0).unwrap();
    cbor.str("authData").unwrap().bytes(&data).unwrap();
    out
}

fn registered(keys: &Keys) -> Credential {
    let client_data = client("webauthn.create", &challenge(1), "https://iam.example.com");
    let attestation_object = attestation(&keys.cose(), 0x45, b"credential");
    let answer = Registration { client_data: &client_data, attestation_object: &attestation_object };
    register(&site(), &challenge(1), &answer).unwrap()
}

fn asserted(keys: &Keys, credential: &Credential, client: &[u8], data: &[u8]) -> Result<Presence, Refused> {
    let signature = keys.sign(&[data, &Sha256::digest(client)[..]].concat());
    let answer = Assertion { client_data: client, authenticator_data: data, signature: &signature };
    assert(&site(), &challenge(2), credential, &answer)
}

#[test]
fn keys_of_each_kind_are_registered_and_prove_presence() {
    for keys in Keys::all() {
        let credential = registered(&keys);
        assert_eq!((credential.id.as_slice(), credential.counter), (&b"credential"[..], 5));
        assert_eq!(credential.aaguid, [7; 16]);
        let kept: PublicKey = serde_json::from_str(&serde_json::to_string(&credential.key).unwrap()).unwrap();
        assert_eq!(kept, credential.key);
        let get = client("webauthn.get", &challenge(2), "https://iam.example.com");
        let presence = asserted(&keys, &credential, &get, &data("iam.example.com", 0x05, 6));
        assert_eq!(presence, Ok(Presence { counter: 6, is_user_verified: true }));
        let presence = asserted(&keys, &credential, &get, &data("iam.example.com", 0x01, 7));
        assert_eq!(presence, Ok(Presence { counter: 7, is_user_verified: false }));
    }
}

#[test]
fn an_answer_to_another_question_is_refused() {
    let keys = Keys::p256();
    let credential = registered(&keys);
    let here = data("iam.example.com", 1, 6);
    let get = |challenge: &Challenge, origin| client("webauthn.get", challenge, origin);
    for client in [
        get(&challenge(3), "https://iam.example.com"),
        get(&challenge(2), "https://iam.example.com.evil.example"),
        get(&challenge(2), "http://iam.example.com"),
        client("webauthn.create", &challenge(2), "https://iam.example.com"),
        json!({ "type": "webauthn.get", "challenge": challenge(2).to_text(),
                "origin": "https://iam.example.com", "crossOrigin": true })
        .to_string()
        .into_bytes(),
    ] {
        assert_eq!(asserted(&keys, &credential, &client, &here), Err(Refused::Foreign));
    }
    let good = get(&challenge(2), "https://iam.example.com");
    let elsewhere = data("evil.example", 1, 6);
    assert_eq!(asserted(&keys, &credential, &good, &elsewhere), Err(Refused::Foreign));
    let untouched = data("iam.example.com", 4, 6);
    assert_eq!(asserted(&keys, &credential, &good, &untouched), Err(Refused::Absent));
}

#[test]
fn a_signature_of_another_key_and_a_copied_authenticator_are_refused() {
    let keys = Keys::p256();
    let mut credential = registered(&keys);
    let get = client("webauthn.get", &challenge(2), "https://iam.example.com");
    for counter in [0, 4, 5] {
        let old = data("iam.example.com", 1, counter);
        assert_eq!(asserted(&keys, &credential, &get, &old), Err(Refused::Copied), "{counter}");
    }
    let new = data("iam.example.com", 1, 6);
    assert_eq!(asserted(&Keys::p256(), &credential, &get, &new), Err(Refused::Signature));
    let answer = Assertion { client_data: &get, authenticator_data: &new, signature: b"" };
    assert_eq!(assert(&site(), &challenge(2), &credential, &answer), Err(Refused::Signature));
    credential.counter = 0;
    let uncounted = data("iam.example.com", 1, 0);
    assert!(asserted(&keys, &credential, &get, &uncounted).is_ok(), "some do not count at all");
}

#[test]
fn what_does_not_read_is_refused() {
    let create = client("webauthn.create", &challenge(1), "https://iam.example.com");
    let whole = attestation(&Keys::p256().cose(), 0x41, b"id");
    let tried = |client_data: &[u8], attestation_object: &[u8]| {
        register(&site(), &challenge(1), &Registration { client_data, attestation_object })
    };
    assert!(tried(&create, &whole).is_ok());
    for end in 0..whole.len() {
        assert_eq!(tried(&create, &whole[..end]), Err(Refused::Malformed), "{end}");
    }
    assert_eq!(tried(b"{", &whole), Err(Refused::Malformed));
    assert_eq!(tried(&create, &[0xff; 64]), Err(Refused::Malformed));
    assert_eq!(tried(&create, &[0x9f; 100_000]), Err(Refused::Malformed), "deep");
    let keyless = attestation(&[], 0x01, b"id");
    assert_eq!(tried(&create, &keyless), Err(Refused::Malformed));
    assert_eq!(tried(&create, &attestation(&Keys::p256().cose(), 0x41, b"")), Err(Refused::Malformed));
    // A key of a kind that was not offered: ECDSA on P-384.
    let mut other = Vec::new();
    let mut cbor = Encoder::new(&mut other);
    cbor.map(3).unwrap().i8(1).unwrap().i8(2).unwrap().i8(3).unwrap().i8(-35).unwrap();
    cbor.i8(-1).unwrap().i8(2).unwrap();
    assert_eq!(tried(&create, &attestation(&other, 0x41, b"id")), Err(Refused::Unsupported));
}

#[test]
fn options_name_site_user_and_what_is_there() {
    let options = creation_options(&site(), &challenge(1), b"AIDA1", "alice", &[b"one"]);
    assert_eq!(options["rp"], json!({ "id": "iam.example.com", "name": "Portcullis" }));
    assert_eq!(options["user"]["name"], "alice");
    assert_eq!(options["challenge"], challenge(1).to_text());
    assert_eq!(options["excludeCredentials"], json!([{ "type": "public-key", "id": "b25l" }]));
    let options = request_options(&site(), &challenge(2), &[b"one", b"two"]);
    assert_eq!(options["rpId"], "iam.example.com");
    assert_eq!(options["allowCredentials"][1]["id"], "dHdv");
}
