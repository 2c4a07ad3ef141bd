//! JSON Web Tokens (RFC 7519) in the compact form of JSON Web Signatures (RFC 7515).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};

use crate::key::{KeyUnusable, SigningKey};

/// A token with these claims.
pub fn sign(key: &SigningKey, claims: &Json) -> Result<String, KeyUnusable> {
    let header = json!({ "alg": key.algorithm().name(), "kid": key.id(), "typ": "JWT" });
    let mut token = URL_SAFE_NO_PAD.encode(header.to_string());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(claims.to_string(), &mut token);
    let signature = key.sign(token.as_bytes())?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}

#[cfg(test)]
mod tests;
