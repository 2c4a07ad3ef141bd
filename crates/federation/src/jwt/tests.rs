#![expect(clippy::string_slice, reason = "the tokens are ASCII")]

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use serde_json::json;

use super::*;
use crate::signature::PublicKey;

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

struct Issuer {
    rsa: RsaKeyPair,
    ec: EcdsaKeyPair,
    ed: Ed25519KeyPair,
}

impl Issuer {
    fn new() -> Self {
        let ec = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Self {
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
            ec,
            ed: Ed25519KeyPair::generate().unwrap(),
        }
    }

    fn keys(&self) -> serde_json::Value {
        let der = self.rsa.public_key().as_der().unwrap();
        let Some(PublicKey::Rsa { modulus, exponent }) = PublicKey::of_public_key(der.as_ref()) else {
            panic!()
        };
        let point = self.ec.public_key().as_ref();
        json!({"keys": [
            {"kty": "RSA", "kid": "r", "use": "sig", "n": encode(modulus),
             "e": encode(exponent)},
            {"kty": "EC", "kid": "e", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..])},
            {"kty": "OKP", "kid": "d", "crv": "Ed25519", "x": encode(self.ed.public_key())},
            {"kty": "oct", "kid": "h", "k": "c2VjcmV0"},
        ]})
    }

    fn key_set(&self) -> KeySet {
        KeySet::parse(self.keys().to_string().as_bytes()).unwrap()
    }

    fn sign(&self, header: &serde_json::Value) -> String {
        let signed = format!("{}.{}", encode(header.to_string()), encode(r#"{"sub":"alice"}"#));
        let random = SystemRandom::new();
        let signature = match header["alg"].as_str().unwrap() {
            "ES256" => self.ec.sign(&random, signed.as_bytes()).unwrap().as_ref().to_vec(),
            "EdDSA" => self.ed.sign(signed.as_bytes()).as_ref().to_vec(),
            _ => {
                let mut signature = vec![0; self.rsa.public_modulus_len()];
                self.rsa.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).unwrap();
                signature
            }
        };
        format!("{signed}.{}", encode(signature))
    }
}

fn verify(token: &str, keys: &KeySet) -> Result<Map<String, Value>, TokenRefused> {
    Token::parse(token)?.verify(keys)
}

#[test]
fn the_issuers_keys_verify_its_tokens() {
    let issuer = Issuer::new();
    let keys = issuer.key_set();
    for header in [
        json!({"alg": "RS256", "kid": "r"}),
        json!({"alg": "ES256", "kid": "e", "typ": "JWT"}),
        json!({"alg": "EdDSA", "kid": "d"}),
        json!({"alg": "RS256"}),
    ] {
        let claims = verify(&issuer.sign(&header), &keys).unwrap();
        assert_eq!(claims["sub"], "alice", "{header}");
    }
    assert_eq!(
        verify(&Issuer::new().sign(&json!({"alg": "RS256", "kid": "r"})), &keys),
        Err(TokenRefused::Signature)
    );
}

#[test]
fn every_byte_of_a_token_counts() {
    let issuer = Issuer::new();
    let keys = issuer.key_set();
    let token = issuer.sign(&json!({"alg": "ES256", "kid": "e"}));
    for at in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        assert!(verify(std::str::from_utf8(&changed).unwrap(), &keys).is_err(), "at {at}");
        assert!(verify(&token[..at], &keys).is_err(), "cut at {at}");
    }
}

#[test]
fn nobody_signs_with_nothing_or_with_a_public_key_as_secret() {
    let issuer = Issuer::new();
    let keys = issuer.key_set();
    for alg in ["none", "None", "NONE", "HS256", "hs256", "rs256", "RS1", "", "ES256K"] {
        let token = issuer.sign(&json!({"alg": alg, "kid": "r"}));
        assert_eq!(verify(&token, &keys), Err(TokenRefused::Algorithm), "{alg}");
        let (signed, _) = token.rsplit_once('.').unwrap();
        assert_eq!(verify(&format!("{signed}."), &keys), Err(TokenRefused::Algorithm));
    }
    let der = issuer.rsa.public_key().as_der().unwrap();
    let signed = format!("{}.{}", encode(r#"{"alg":"HS256","kid":"r"}"#), encode(r#"{"sub":"root"}"#));
    let secret = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, der.as_ref());
    let tag = aws_lc_rs::hmac::sign(&secret, signed.as_bytes());
    assert_eq!(verify(&format!("{signed}.{}", encode(tag)), &keys), Err(TokenRefused::Algorithm));
}

#[test]
fn a_key_is_used_for_its_own_kind_and_purpose_only() {
    let issuer = Issuer::new();
    let keys = issuer.key_set();
    // An algorithm that is not the named key's, and keys that are not there.
    for header in [
        json!({"alg": "ES256", "kid": "r"}),
        json!({"alg": "RS256", "kid": "e"}),
        json!({"alg": "RS256", "kid": "h"}),
        json!({"alg": "RS256", "kid": "x"}),
    ] {
        assert_eq!(verify(&issuer.sign(&header), &keys), Err(TokenRefused::UnknownKey), "{header}");
    }
    let mut document = issuer.keys();
    document["keys"][0]["alg"] = json!("RS512");
    let keys = KeySet::parse(document.to_string().as_bytes()).unwrap();
    let token = issuer.sign(&json!({"alg": "RS256", "kid": "r"}));
    assert_eq!(verify(&token, &keys), Err(TokenRefused::UnknownKey));
    document["keys"][0]["alg"] = json!("RS256");
    document["keys"][0]["use"] = json!("enc");
    let keys = KeySet::parse(document.to_string().as_bytes()).unwrap();
    assert_eq!(verify(&token, &keys), Err(TokenRefused::UnknownKey));
    assert!(!keys.has("r") && keys.has("e"));
}

#[test]
fn what_is_no_token_is_malformed() {
    let deep = format!("{}.{}.", encode(r#"{"alg":"RS256"}"#), encode("[".repeat(9_000)));
    let array = format!("{}.{}.", encode(r#"{"alg":"RS256"}"#), encode("[]"));
    let twice = format!("{}.{}.", encode(r#"{"alg":"RS256","alg":"none"}"#), encode("{}"));
    let padded = format!("{}=.{}.", encode(r#"{"alg":"RS256"} "#), encode("{}"));
    let long = "a".repeat(20_001);
    for text in [
        "",
        ".",
        "..",
        "a.b.c",
        "e30.e30.",
        "not a token",
        &deep,
        &array,
        &twice,
        &padded,
        &long,
        "\u{0}.\u{0}.\u{0}",
    ] {
        assert_eq!(Token::parse(text).unwrap_err(), TokenRefused::Malformed, "{text:.80}");
    }
    let critical = format!("{}.{}.", encode(r#"{"alg":"RS256","crit":["b64"],"b64":false}"#), encode("{}"));
    assert_eq!(Token::parse(&critical).unwrap_err(), TokenRefused::Critical);
}

#[test]
fn a_key_set_is_read_for_what_it_is_worth() {
    assert!(KeySet::parse(b"{}").is_err());
    assert!(KeySet::parse(b"[]").is_err());
    assert!(KeySet::parse(b"<html>").is_err());
    assert!(KeySet::parse(br#"{"keys":[]}"#).unwrap().is_empty());
    let odd = br#"{"keys":[7,{},{"kty":"RSA"},{"kty":"RSA","n":"!","e":"AQAB"},{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}"#;
    assert!(KeySet::parse(odd).unwrap().is_empty());
    // A short RSA key checks nothing.
    let weak = br#"{"keys":[{"kty":"RSA","kid":"w","n":"uw","e":"AQAB"}]}"#;
    let token = Issuer::new().sign(&json!({"alg": "RS256", "kid": "w"}));
    assert_eq!(verify(&token, &KeySet::parse(weak).unwrap()), Err(TokenRefused::Signature));
}
