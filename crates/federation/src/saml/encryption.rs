//! Encrypted assertions (W3C: XML Encryption Syntax and Processing 1.1).
//!
//! Keys travel under RSA-OAEP; RSA with PKCS #1 v1.5 is not taken, whose padding tells too much. Content is AES-GCM, or
//! AES-CBC, which many providers still use: it protects nothing against changes, so what comes out of it is treated as the
//! sender's word until a signature covers it, and every failure looks the same.

use aws_lc_rs::aead::{self, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{self, DecryptingKey, DecryptionContext, UnboundCipherKey};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rsa::{
    KeyPair, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPrivateDecryptingKey,
    PrivateDecryptingKey,
};
use roxmltree::Node;
use x509_parser::pem::parse_x509_pem;

use super::signed::{NAMESPACE as SIGNATURE, base64};
use crate::xml;

/// A private RSA key that opens assertions.
pub struct DecryptionKey(OaepPrivateDecryptingKey);

impl std::fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DecryptionKey(***)")
    }
}

impl DecryptionKey {
    /// Reads a key in PEM without a passphrase, PKCS #8 or PKCS #1.
    #[must_use]
    pub fn parse(pem: &str) -> Option<Self> {
        let (_, block) = parse_x509_pem(pem.as_bytes()).ok()?;
        let key = match block.label.as_str() {
            "PRIVATE KEY" => PrivateDecryptingKey::from_pkcs8(&block.contents).ok()?,
            "RSA PRIVATE KEY" => {
                let wrapped = KeyPair::from_der(&block.contents).ok()?.as_der().ok()?;
                PrivateDecryptingKey::from_pkcs8(wrapped.as_ref()).ok()?
            }
            _ => return None,
        };
        OaepPrivateDecryptingKey::new(key).ok().map(Self)
    }

    fn open(&self, algorithm: &'static OaepAlgorithm, sealed: &[u8]) -> Option<Vec<u8>> {
        let mut room = vec![0; self.0.min_output_size()];
        self.0.decrypt(algorithm, sealed, &mut room, None).ok().map(|key| key.to_vec())
    }
}

/// The document in an `EncryptedAssertion`.
pub(super) fn open(encrypted: Node<'_, '_>, keys: &[DecryptionKey]) -> Option<String> {
    let data = xml::only(encrypted, NAMESPACE, "EncryptedData")?;
    let content = cipher_value(data)?;
    let method = algorithm(data)?;
    // For one reader or several; beside the data, as some providers have it, or within.
    let sealed_keys = encrypted.descendants().filter(|node| node.has_tag_name((NAMESPACE, "EncryptedKey")));
    for sealed in sealed_keys.take(MAX_SEALED_KEYS) {
        let (Some(oaep), Some(bytes)) = (oaep(sealed), cipher_value(sealed)) else { continue };
        for key in keys {
            let opened = key.open(oaep, &bytes).and_then(|key| decrypt(method, &key, content.clone()));
            if let Some(text) = opened.and_then(|plain| String::from_utf8(plain).ok()) {
                return Some(text);
            }
        }
    }
    None
}

fn decrypt(method: &str, key: &[u8], content: Vec<u8>) -> Option<Vec<u8>> {
    match method {
        "http://www.w3.org/2009/xmlenc11#aes128-gcm" => gcm(&aead::AES_128_GCM, key, &content),
        "http://www.w3.org/2009/xmlenc11#aes192-gcm" => gcm(&aead::AES_192_GCM, key, &content),
        "http://www.w3.org/2009/xmlenc11#aes256-gcm" => gcm(&aead::AES_256_GCM, key, &content),
        "http://www.w3.org/2001/04/xmlenc#aes128-cbc" => cbc(&cipher::AES_128, key, &content),
        "http://www.w3.org/2001/04/xmlenc#aes192-cbc" => cbc(&cipher::AES_192, key, &content),
        "http://www.w3.org/2001/04/xmlenc#aes256-cbc" => cbc(&cipher::AES_256, key, &content),
        _ => None,
    }
}

fn gcm(algorithm: &'static aead::Algorithm, key: &[u8], content: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = content.split_at_checked(12)?;
    let key = LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?);
    let mut sealed = sealed.to_vec();
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    key.open_in_place(nonce, Aad::empty(), &mut sealed).ok().map(|plain| plain.to_vec())
}

/// The last byte says how many bytes of padding there are; the others of them may be anything (section 5.2).
fn cbc(algorithm: &'static cipher::Algorithm, key: &[u8], content: &[u8]) -> Option<Vec<u8>> {
    let (vector, sealed) = content.split_first_chunk::<BLOCK>()?;
    let key = DecryptingKey::cbc(UnboundCipherKey::new(algorithm, key).ok()?).ok()?;
    let mut sealed = sealed.to_vec();
    let plain = key.decrypt(&mut sealed, DecryptionContext::Iv128(FixedLength::from(*vector))).ok()?;
    let padding = usize::from(*plain.last()?);
    if padding == 0 || padding > BLOCK {
        return None;
    }
    Some(plain.get(..plain.len().checked_sub(padding)?)?.to_vec())
}

/// How a content key is sealed: OAEP with SHA-1 in both places or SHA-256 in both.
fn oaep(sealed: Node<'_, '_>) -> Option<&'static OaepAlgorithm> {
    let method = xml::only(sealed, NAMESPACE, "EncryptionMethod")?;
    let digest =
        xml::only(method, SIGNATURE, "DigestMethod").and_then(|digest| digest.attribute("Algorithm"));
    let mask = xml::only(method, NAMESPACE_11, "MGF").and_then(|mask| mask.attribute("Algorithm"));
    match (method.attribute("Algorithm")?, digest, mask) {
        (
            "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
            None | Some("http://www.w3.org/2000/09/xmldsig#sha1"),
            None,
        ) => Some(&OAEP_SHA1_MGF1SHA1),
        (
            "http://www.w3.org/2009/xmlenc11#rsa-oaep",
            None | Some("http://www.w3.org/2000/09/xmldsig#sha1"),
            None | Some("http://www.w3.org/2009/xmlenc11#mgf1sha1"),
        ) => Some(&OAEP_SHA1_MGF1SHA1),
        (
            "http://www.w3.org/2009/xmlenc11#rsa-oaep",
            Some("http://www.w3.org/2001/04/xmlenc#sha256"),
            Some("http://www.w3.org/2009/xmlenc11#mgf1sha256"),
        ) => Some(&OAEP_SHA256_MGF1SHA256),
        _ => None,
    }
}

fn algorithm<'a>(node: Node<'a, '_>) -> Option<&'a str> {
    xml::only(node, NAMESPACE, "EncryptionMethod")?.attribute("Algorithm")
}

fn cipher_value(node: Node<'_, '_>) -> Option<Vec<u8>> {
    base64(xml::only(xml::only(node, NAMESPACE, "CipherData")?, NAMESPACE, "CipherValue")?)
}

const NAMESPACE: &str = "http://www.w3.org/2001/04/xmlenc#";
const NAMESPACE_11: &str = "http://www.w3.org/2009/xmlenc11#";
const BLOCK: usize = 16;
/// Each costs an operation with a private key.
const MAX_SEALED_KEYS: usize = 4;
