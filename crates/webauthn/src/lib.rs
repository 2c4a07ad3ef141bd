//! Security keys and passkeys: what a browser is asked, and whether what it answers holds (W3C: "Web Authentication,
//! Level 2").
//!
//! Two ceremonies. [`register`] makes a [`Credential`] of what an authenticator made for a user; [`assert()`] holds an answer
//! against it. Both take the challenge that the browser was sent, which the caller has made at random, keeps for this one
//! answer and takes once. Nothing here knows a clock, a store or randomness.
//!
//! Attestation is not asked for and not read: whoever registers a key vouches for it by having signed in.

mod authenticator;
mod client;
mod key;
mod options;

pub use client::Challenge;
pub use key::PublicKey;
pub use options::{creation_options, request_options};

use authenticator::AuthenticatorData;

/// Who asks: the site that credentials belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    /// The domain, `iam.example.com`.
    pub id: String,
    /// The origin of the pages that ask, `https://iam.example.com:8443`.
    pub origin: String,
    /// What people call it.
    pub name: String,
}

/// What an authenticator made for a user, and the site keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The id, by which the authenticator finds it again.
    pub id: Vec<u8>,
    /// The public key.
    pub key: PublicKey,
    /// How often it has signed, as it says; 0 where it does not count.
    pub counter: u32,
    /// The model of the authenticator; zeros where it does not say.
    pub aaguid: [u8; 16],
}

/// What a browser answers to [`creation_options`].
#[derive(Debug, Clone, Copy)]
pub struct Registration<'a> {
    /// The client data, as JSON.
    pub client_data: &'a [u8],
    /// The attestation object.
    pub attestation_object: &'a [u8],
}

/// What a browser answers to [`request_options`].
#[derive(Debug, Clone, Copy)]
pub struct Assertion<'a> {
    /// The client data, as JSON.
    pub client_data: &'a [u8],
    /// What the authenticator says.
    pub authenticator_data: &'a [u8],
    /// Its signature over both.
    pub signature: &'a [u8],
}

/// Proof that an authenticator is present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presence {
    /// How often it has signed, to be kept.
    pub counter: u32,
    /// Whether it knows who is present, by PIN or biometrics.
    pub is_user_verified: bool,
}

/// Why an answer does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It does not read as what it should be.
    #[error("the answer of the authenticator is malformed")]
    Malformed,
    /// It answers another question: another ceremony, challenge, site or origin.
    #[error("the answer of the authenticator is to another question")]
    Foreign,
    /// Nobody touched the authenticator.
    #[error("the authenticator says that nobody is present")]
    Absent,
    /// The key is of a kind that was not offered.
    #[error("the authenticator's key is of a kind that is not supported")]
    Unsupported,
    /// The signature is not of the credential's key.
    #[error("the signature of the authenticator is wrong")]
    Signature,
    /// The counter did not go up: there are two of this authenticator.
    #[error("the authenticator seems to have been copied")]
    Copied,
}

/// Makes a credential of the answer to a registration.
pub fn register(
    site: &RelyingParty,
    challenge: &Challenge,
    answer: &Registration<'_>,
) -> Result<Credential, Refused> {
    client::check(site, challenge, client::Ceremony::Create, answer.client_data)?;
    let data = authenticator::attested(answer.attestation_object)?;
    let data = AuthenticatorData::read(&data)?;
    data.check(site)?;
    let made = data.credential.ok_or(Refused::Malformed)?;
    Ok(Credential {
        id: made.id.to_vec(),
        key: PublicKey::from_cose(made.key)?,
        counter: data.counter,
        aaguid: made.aaguid,
    })
}

/// Holds the answer to a request against a credential.
pub fn assert(
    site: &RelyingParty,
    challenge: &Challenge,
    credential: &Credential,
    answer: &Assertion<'_>,
) -> Result<Presence, Refused> {
    client::check(site, challenge, client::Ceremony::Get, answer.client_data)?;
    let data = AuthenticatorData::read(answer.authenticator_data)?;
    data.check(site)?;
    let signed = [answer.authenticator_data, &client::digest(answer.client_data)].concat();
    credential.key.verify(&signed, answer.signature)?;
    let counts = data.counter != 0 || credential.counter != 0;
    if counts && data.counter <= credential.counter {
        return Err(Refused::Copied);
    }
    Ok(Presence { counter: data.counter, is_user_verified: data.is_user_verified() })
}

#[cfg(test)]
mod tests;
