//! JSON Web Tokens in their compact form, signed with a public key (RFC 7515, RFC 7519).
//!
//! The header is the sender's word: it may choose among the algorithms below and name a key, no more. Of the keys, only
//! those of the issuer that the caller passes are tried, and only in the scheme of their own kind.

mod key_set;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};

pub use key_set::{KeySet, KeySetUnreadable};

use crate::signature::{Hash, Scheme};

/// A token that was taken apart; nothing of it is verified yet.
#[derive(Debug, Clone)]
pub struct Token<'t> {
    algorithm: Algorithm,
    key_id: Option<String>,
    claims: Map<String, Value>,
    signed: &'t str,
    signature: Vec<u8>,
}

/// Why a token is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefused {
    /// It is no token in compact form, or too long, or its header or claims are not JSON objects.
    #[error("the token is not a JSON Web Token in compact form")]
    Malformed,
    /// Its algorithm is not one of those in use here; `none` is not, nor is any with a shared secret.
    #[error("the token's algorithm is not supported")]
    Algorithm,
    /// Its header demands an extension that is not understood (RFC 7515, section 4.1.11).
    #[error("the token's header demands an extension that is not supported")]
    Critical,
    /// None of the issuer's keys is the one that its header names, or none fits its algorithm.
    #[error("the token was signed with a key that the issuer does not show")]
    UnknownKey,
    /// The signature is not one of the issuer's.
    #[error("the token's signature is wrong")]
    Signature,
}

/// An algorithm by its name in a header (RFC 7518, section 3.1; RFC 8037).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Algorithm {
    pub(crate) name: &'static str,
    pub(crate) scheme: Scheme,
}

/// All of them. AWS takes the RSA ones with PKCS #1 and those of ECDSA; PSS and EdDSA are additions.
const ALGORITHMS: &[Algorithm] = &[
    Algorithm { name: "RS256", scheme: Scheme::Pkcs1(Hash::Sha256) },
    Algorithm { name: "RS384", scheme: Scheme::Pkcs1(Hash::Sha384) },
    Algorithm { name: "RS512", scheme: Scheme::Pkcs1(Hash::Sha512) },
    Algorithm { name: "PS256", scheme: Scheme::Pss(Hash::Sha256) },
    Algorithm { name: "PS384", scheme: Scheme::Pss(Hash::Sha384) },
    Algorithm { name: "PS512", scheme: Scheme::Pss(Hash::Sha512) },
    Algorithm { name: "ES256", scheme: Scheme::Ecdsa(Hash::Sha256) },
    Algorithm { name: "ES384", scheme: Scheme::Ecdsa(Hash::Sha384) },
    Algorithm { name: "ES512", scheme: Scheme::Ecdsa(Hash::Sha512) },
    Algorithm { name: "EdDSA", scheme: Scheme::EdDsa },
];

/// What is read of a header. A member that stands twice is an error, as is a value of another type.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

impl<'t> Token<'t> {
    /// Takes a token apart.
    pub fn parse(text: &'t str) -> Result<Self, TokenRefused> {
        let malformed = TokenRefused::Malformed;
        if text.len() > MAX_TOKEN {
            return Err(malformed);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(malformed.clone())?;
        let (header, claims) = signed.split_once('.').ok_or(malformed.clone())?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| malformed.clone());
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| malformed.clone())?;
        let claims: Map<String, Value> =
            serde_json::from_slice(&decode(claims)?).map_err(|_| malformed.clone())?;
        let signature = decode(signature)?;
        if header.crit.is_some() {
            return Err(TokenRefused::Critical);
        }
        let algorithm = ALGORITHMS.iter().find(|algorithm| algorithm.name == header.alg);
        let algorithm = *algorithm.ok_or(TokenRefused::Algorithm)?;
        Ok(Self { algorithm, key_id: header.kid, claims, signed, signature })
    }

    /// What the token says, **unverified**: good for finding out whose keys to verify it with, and for refusing it.
    #[must_use]
    pub fn unverified_claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// The id of the key that it says it was signed with.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// What the token says, once one of the issuer's keys has verified it.
    pub fn verify(self, keys: &KeySet) -> Result<Map<String, Value>, TokenRefused> {
        let mut candidates = keys.candidates(self.key_id.as_deref(), self.algorithm).peekable();
        if candidates.peek().is_none() {
            return Err(TokenRefused::UnknownKey);
        }
        let is_signed = candidates
            .any(|key| key.verifies(self.algorithm.scheme, self.signed.as_bytes(), &self.signature));
        if is_signed { Ok(self.claims) } else { Err(TokenRefused::Signature) }
    }
}

/// The longest token, as the model has it.
const MAX_TOKEN: usize = 20_000;

#[cfg(test)]
mod tests;
