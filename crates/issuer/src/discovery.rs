//! The documents by which a verifier finds an issuer's keys (OpenID Connect Discovery 1.0, RFC 7517).

use directory::{IssuerKey, IssuerPublicKey, SigningAlgorithm, WebIdentityIssuer};
use serde_json::{Value as Json, json};

/// What `/.well-known/openid-configuration` under the issuer's URL answers.
#[must_use]
pub fn configuration(issuer_url: &str) -> Json {
    json!({
        "issuer": issuer_url,
        "jwks_uri": format!("{issuer_url}/.well-known/jwks.json"),
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": SigningAlgorithm::ALL.map(SigningAlgorithm::name),
        "claims_supported": ["iss", "aud", "sub", "iat", "exp", "jti"],
    })
}

/// What `/.well-known/jwks.json` under the issuer's URL answers.
#[must_use]
pub fn key_set(issuer: &WebIdentityIssuer) -> Json {
    json!({ "keys": issuer.keys.iter().map(web_key).collect::<Vec<_>>() })
}

fn web_key(key: &IssuerKey) -> Json {
    let algorithm = key.algorithm().name();
    match &key.public {
        IssuerPublicKey::Rsa { n, e } => {
            json!({ "kty": "RSA", "use": "sig", "alg": algorithm, "kid": key.id, "n": n, "e": e })
        }
        IssuerPublicKey::P384 { x, y } => {
            json!({ "kty": "EC", "crv": "P-384", "use": "sig", "alg": algorithm, "kid": key.id, "x": x, "y": y })
        }
    }
}
