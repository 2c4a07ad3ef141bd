//! Encrypted assertions.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_128, DecryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPublicEncryptingKey, PrivateDecryptingKey,
};

use super::*;

const GCM: &str = "http://www.w3.org/2009/xmlenc11#aes256-gcm";
const CBC: &str = "http://www.w3.org/2001/04/xmlenc#aes128-cbc";
const OAEP: &str = r#"<xenc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"/>"#;
const OAEP_256: &str = r#"<xenc:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#rsa-oaep"><ds:DigestMethod xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><x:MGF xmlns:x="http://www.w3.org/2009/xmlenc11#" Algorithm="http://www.w3.org/2009/xmlenc11#mgf1sha256"/></xenc:EncryptionMethod>"#;

struct Reader {
    public: OaepPublicEncryptingKey,
    keys: Vec<DecryptionKey>,
}

impl Reader {
    fn new() -> Self {
        let key = PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap();
        let der = key.as_der().unwrap();
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            STANDARD.encode(der.as_ref())
        );
        let keys = vec![DecryptionKey::parse(&pem).unwrap()];
        Self { public: OaepPublicEncryptingKey::new(key.public_key()).unwrap(), keys }
    }

    fn seal_key(&self, algorithm: &'static OaepAlgorithm, key: &[u8]) -> String {
        let mut room = vec![0; self.public.ciphertext_size()];
        STANDARD.encode(self.public.encrypt(algorithm, key, &mut room, None).unwrap())
    }

    fn encrypt(&self, plain: &str, content: &str, transport: &str) -> String {
        let (key, sealed) = if content == GCM {
            let mut sealed = plain.as_bytes().to_vec();
            let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32]).unwrap());
            let nonce = Nonce::assume_unique_for_key([9; 12]);
            cipher.seal_in_place_append_tag(nonce, Aad::empty(), &mut sealed).unwrap();
            (vec![7; 32], [[9; 12].as_slice(), &sealed].concat())
        } else {
            let mut sealed = plain.as_bytes().to_vec();
            let cipher =
                PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(&AES_128, &[7; 16]).unwrap())
                    .unwrap();
            let DecryptionContext::Iv128(vector) = cipher.encrypt(&mut sealed).unwrap() else { panic!() };
            (vec![7; 16], [vector.as_ref().as_slice(), &sealed].concat())
        };
        let oaep = if transport == OAEP_256 { &OAEP_SHA256_MGF1SHA256 } else { &OAEP_SHA1_MGF1SHA1 };
        format!(
            r#"<saml:EncryptedAssertion xmlns:saml="{ASSERTION}" xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"><xenc:EncryptedData Type="http://www.w3.org/2001/04/xmlenc#Element"><xenc:EncryptionMethod Algorithm="{content}"/><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><xenc:EncryptedKey>{transport}<xenc:CipherData><xenc:CipherValue>{}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo><xenc:CipherData><xenc:CipherValue>{}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData></saml:EncryptedAssertion>"#,
            self.seal_key(oaep, &key),
            STANDARD.encode(sealed),
        )
    }
}

fn verify_with(idp: &Idp, keys: &[DecryptionKey], text: &str) -> Result<Assertion, ResponseRefused> {
    let expected = Expectations { keys, must_be_encrypted: true, ..idp.expectations() };
    verify_document(text, &expected, Timestamp::from_second(NOW).unwrap())
}

#[test]
fn an_encrypted_assertion_is_opened_and_still_must_be_signed() {
    let (idp, reader) = (Idp::new(), Reader::new());
    let signed = idp.sign(&assertion("alice"), "a");
    for (content, transport) in [(GCM, OAEP), (GCM, OAEP_256), (CBC, OAEP), (CBC, OAEP_256)] {
        let text = response(&reader.encrypt(&signed, content, transport));
        assert_eq!(verify_with(&idp, &reader.keys, &text).unwrap().subject, "alice");
        let unsigned = response(&reader.encrypt(&assertion("alice"), content, transport));
        assert_eq!(
            verify_with(&idp, &reader.keys, &unsigned),
            Err(ResponseRefused::Signature("nothing is signed"))
        );
        // Signed around it.
        assert!(verify_with(&idp, &reader.keys, &idp.sign(&unsigned, "r")).is_ok());
        let forged = reader.encrypt(&signed.replace("alice", "root"), content, transport);
        assert!(matches!(
            verify_with(&idp, &reader.keys, &response(&forged)),
            Err(ResponseRefused::Signature(_))
        ));
    }
}

#[test]
fn what_does_not_open_looks_the_same_whatever_the_cause() {
    let (idp, reader, stranger) = (Idp::new(), Reader::new(), Reader::new());
    let signed = idp.sign(&assertion("alice"), "a");
    let text = response(&reader.encrypt(&signed, CBC, OAEP));
    for (keys, text) in [
        (&stranger.keys, text.clone()),
        (&Vec::new(), text.clone()),
        (&reader.keys, text.replace("rsa-oaep-mgf1p", "rsa-1_5")),
        (&reader.keys, text.replace("aes128-cbc", "tripledes-cbc")),
        (&reader.keys, text.replace("aes128-cbc", "aes256-cbc")),
        (&reader.keys, response(&reader.encrypt("<x/>", CBC, OAEP))),
        (&reader.keys, response(&reader.encrypt("not XML", GCM, OAEP))),
        (&reader.keys, response(&reader.encrypt(&format!("<!DOCTYPE x>{signed}"), GCM, OAEP))),
        (&reader.keys, response(&reader.encrypt(&response(&signed), GCM, OAEP))),
    ] {
        assert_eq!(verify_with(&idp, keys, &text), Err(ResponseRefused::Encryption));
    }
}

#[test]
fn a_plain_assertion_will_not_do_where_an_encrypted_one_must_come() {
    let idp = Idp::new();
    let text = idp.sign(&response(&assertion("alice")), "a");
    assert_eq!(verify_with(&idp, &[], &text), Err(ResponseRefused::NotEncrypted));
}

#[test]
fn only_rsa_keys_open_assertions() {
    assert!(DecryptionKey::parse("").is_none());
    let pem = rcgen::KeyPair::generate().unwrap().serialize_pem();
    assert!(DecryptionKey::parse(&pem).is_none());
}
