//! The keys that an issuer shows (RFC 7517).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::Algorithm;
use crate::signature::{Curve, PublicKey, Scheme, without_leading_zeros};

/// An issuer's public keys. Keys of kinds that are not in use here, and keys for encryption, are left out.
#[derive(Debug, Clone, Default)]
pub struct KeySet {
    keys: Vec<Key>,
}

/// The document is not a key set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the document is not a JSON Web Key Set")]
pub struct KeySetUnreadable;

#[derive(Debug, Clone)]
struct Key {
    id: Option<String>,
    /// The one algorithm that it is for, where the issuer says it.
    algorithm: Option<String>,
    key: PublicKey,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Member {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl KeySet {
    /// Reads a key set; of more than a hundred keys only the first hundred.
    pub fn parse(json: &[u8]) -> Result<Self, KeySetUnreadable> {
        let document: Document = serde_json::from_slice(json).map_err(|_| KeySetUnreadable)?;
        let keys = document.keys.into_iter().take(MAX_KEYS).filter_map(Key::read).collect();
        Ok(Self { keys })
    }

    /// Whether there is a key with this id.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.keys.iter().any(|key| key.id.as_deref() == Some(id))
    }

    /// Whether there is no key of use.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys that may have made a signature: with the id, where one is named, of the kind that the algorithm needs, and
    /// not meant for another algorithm. A token that names no key is tried with each.
    pub(super) fn candidates(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> impl Iterator<Item = &PublicKey> {
        let named = self.keys.iter().filter(move |key| id.is_none() || key.id.as_deref() == id);
        let fits = named.filter(move |key| match (&key.key, algorithm.scheme) {
            (PublicKey::Rsa { .. }, Scheme::Pkcs1(_) | Scheme::Pss(_))
            | (PublicKey::Ec { .. }, Scheme::Ecdsa(_))
            | (PublicKey::Ed25519(_), Scheme::EdDsa) => {
                key.algorithm.as_deref().is_none_or(|named| named == algorithm.name)
            }
            _ => false,
        });
        fits.map(|key| &key.key)
    }
}

impl Key {
    fn read(value: serde_json::Value) -> Option<Self> {
        let member: Member = serde_json::from_value(value).ok()?;
        if member.purpose.as_deref().is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let bytes = |text: &Option<String>| URL_SAFE_NO_PAD.decode(text.as_deref()?).ok();
        let key = match (member.kty.as_str(), member.crv.as_deref()) {
            ("RSA", _) => PublicKey::Rsa {
                modulus: without_leading_zeros(&bytes(&member.n)?),
                exponent: without_leading_zeros(&bytes(&member.e)?),
            },
            ("EC", Some(name)) => {
                let (curve, length) = match name {
                    "P-256" => (Curve::P256, 32),
                    "P-384" => (Curve::P384, 48),
                    "P-521" => (Curve::P521, 66),
                    _ => return None,
                };
                let (x, y) = (bytes(&member.x)?, bytes(&member.y)?);
                if x.len() != length || y.len() != length {
                    return None;
                }
                PublicKey::Ec { curve, point: [&[4], x.as_slice(), y.as_slice()].concat() }
            }
            ("OKP", Some("Ed25519")) => PublicKey::Ed25519(bytes(&member.x)?),
            _ => return None,
        };
        Some(Self { id: member.kid, algorithm: member.alg, key })
    }
}

const MAX_KEYS: usize = 100;
