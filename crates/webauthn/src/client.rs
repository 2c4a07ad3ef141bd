//! The client data: what the browser says that it was asked, by whom and for what.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::{Refused, RelyingParty};

/// What an answer must repeat: random bytes, sent once and taken once.
#[derive(Clone, PartialEq, Eq)]
pub struct Challenge([u8; 32]);

impl Challenge {
    /// A challenge of bytes that nobody can guess.
    #[must_use]
    pub fn new(random: [u8; 32]) -> Self {
        Self(random)
    }

    /// The challenge as options and answers have it: URL-safe base64 without padding.
    #[must_use]
    pub fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

impl std::fmt::Debug for Challenge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Challenge(***)")
    }
}

/// What the browser was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ceremony {
    Create,
    Get,
}

impl Ceremony {
    fn name(self) -> &'static str {
        match self {
            Self::Create => "webauthn.create",
            Self::Get => "webauthn.get",
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
}

/// Refuses client data of another ceremony, challenge or origin, and of a page in a frame of another site.
pub(crate) fn check(
    site: &RelyingParty,
    challenge: &Challenge,
    ceremony: Ceremony,
    json: &[u8],
) -> Result<(), Refused> {
    let data: ClientData = serde_json::from_slice(json).map_err(|_| Refused::Malformed)?;
    let is_answer = data.challenge.as_bytes().ct_eq(challenge.to_text().as_bytes());
    let fits = data.kind == ceremony.name() && data.origin == site.origin && !data.cross_origin;
    if fits && bool::from(is_answer) { Ok(()) } else { Err(Refused::Foreign) }
}

/// The digest of client data, as the authenticator signs it.
pub(crate) fn digest(json: &[u8]) -> [u8; 32] {
    Sha256::digest(json).into()
}
