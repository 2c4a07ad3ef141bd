//! What a browser is asked, for `navigator.credentials`; bytes in unpadded URL-safe base64, as
//! `PublicKeyCredential.parseCreationOptionsFromJSON` and its sibling read them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};

use crate::{Challenge, PublicKey, RelyingParty};

/// The options under which an authenticator makes a credential for a user, unless it holds one of those that are there.
#[must_use]
pub fn creation_options(
    site: &RelyingParty,
    challenge: &Challenge,
    user_id: &[u8],
    user_name: &str,
    there: &[&[u8]],
) -> Json {
    let kinds = PublicKey::ALGORITHMS.map(|algorithm| json!({ "type": "public-key", "alg": algorithm }));
    json!({
        "rp": { "id": site.id, "name": site.name },
        "user": { "id": URL_SAFE_NO_PAD.encode(user_id), "name": user_name, "displayName": user_name },
        "challenge": challenge.to_text(),
        "pubKeyCredParams": kinds,
        "timeout": TIMEOUT,
        "excludeCredentials": descriptors(there),
        "authenticatorSelection": { "residentKey": "discouraged", "userVerification": "preferred" },
        "attestation": "none",
    })
}

/// The options under which an authenticator signs with one of a user's credentials.
#[must_use]
pub fn request_options(site: &RelyingParty, challenge: &Challenge, credentials: &[&[u8]]) -> Json {
    json!({
        "rpId": site.id,
        "challenge": challenge.to_text(),
        "timeout": TIMEOUT,
        "allowCredentials": descriptors(credentials),
        "userVerification": "preferred",
    })
}

fn descriptors(ids: &[&[u8]]) -> Vec<Json> {
    ids.iter().map(|id| json!({ "type": "public-key", "id": URL_SAFE_NO_PAD.encode(id) })).collect()
}

/// How long the browser waits for somebody, in milliseconds.
const TIMEOUT: u32 = 60_000;
