use std::sync::Arc;

use aws_lc_rs::signature::{
    ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use directory::{IssuerPublicKey, SigningAlgorithm, WebIdentityIssuer};
use jiff::Timestamp;
use store::seal::{Keyring, SystemEntropy};
use types::Owner;

use super::*;
use crate::NewKey;

fn decoded(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

fn verifies(public: &IssuerPublicKey, message: &[u8], signature: &[u8]) -> bool {
    match public {
        IssuerPublicKey::Rsa { n, e } => {
            let public = RsaPublicKeyComponents { n: decoded(n), e: decoded(e) };
            public.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
        }
        IssuerPublicKey::P384 { x, y } => {
            let point = [vec![4], decoded(x), decoded(y)].concat();
            UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point).verify(message, signature).is_ok()
        }
    }
}

#[test]
fn a_token_is_verified_with_the_published_numbers_and_not_once_it_is_altered() {
    let now = Timestamp::from_second(1_767_225_600).unwrap();
    let keyring = Keyring::in_memory(Arc::new(SystemEntropy::new()), now).unwrap();
    let owner = Owner::parse("aws:123456789012").unwrap();
    let issuer = WebIdentityIssuer { owner, id: "i".into(), is_enabled: true, keys: Vec::new() };
    for algorithm in SigningAlgorithm::ALL {
        let made = NewKey::generate(algorithm).unwrap();
        let (listed, sealed) = made.place(&issuer, "one".into(), now, &keyring).unwrap();
        let key = SigningKey::open(&issuer, &listed, &sealed.to_string(), &keyring).unwrap();
        let token = sign(&key, &json!({ "sub": "alice" })).unwrap();

        let (message, signature) = token.rsplit_once('.').unwrap();
        let (header, claims) = message.split_once('.').unwrap();
        let header: Json = serde_json::from_slice(&decoded(header)).unwrap();
        assert_eq!(header, json!({ "alg": algorithm.name(), "kid": "one", "typ": "JWT" }));
        assert_eq!(decoded(claims), br#"{"sub":"alice"}"#);
        assert!(verifies(&listed.public, message.as_bytes(), &decoded(signature)));
        assert!(!verifies(&listed.public, message.to_uppercase().as_bytes(), &decoded(signature)));

        let mut renamed = listed.clone();
        renamed.id = "two".into();
        assert!(SigningKey::open(&issuer, &renamed, &sealed.to_string(), &keyring).is_err());
        assert!(!format!("{key:?}").contains("priv"));
    }
}
