//! Proof of a security key, and the challenges of both its ceremonies: each is for one user, for some minutes, and for one
//! answer.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use directory::{MfaDevice, SecurityKey, User};
use jiff::{SignedDuration, Timestamp};
use store::seal::Purpose;
use store::{Record as _, RecordKey as _, Snapshot};
use webauthn::{Assertion, Challenge, Credential, Presence, Refused, RelyingParty};

use crate::{Authorizer, Failure};

/// A challenge that was sent, and the ticket with which its answer must come back.
#[derive(Debug)]
pub struct Ceremony {
    /// The challenge, for the browser's options.
    pub challenge: Challenge,
    /// The ticket: sealed, and of no use to who sees it.
    pub ticket: String,
}

impl Authorizer {
    /// Begins a ceremony for a user, with random bytes that were never used before.
    pub fn begin_ceremony(&self, user: &User, random: [u8; 32], now: Timestamp) -> Result<Ceremony, Failure> {
        let expires = now.saturating_add(PATIENCE).unwrap_or(Timestamp::MAX);
        let content = [&random[..], &expires.as_second().to_be_bytes()].concat();
        let ticket = self.keyring.tokens(PURPOSE, LONGEST_TICKET).seal(user.id.as_str().as_bytes(), &content);
        let ticket = ticket.map_err(|cause| Failure::Unreadable(cause.to_string()))?;
        Ok(Ceremony { challenge: Challenge::new(random), ticket })
    }

    /// The challenge of a ticket, once; none where the ticket is not this user's, too old, or was used.
    pub async fn end_ceremony(
        &self,
        user: &User,
        ticket: &str,
        now: Timestamp,
    ) -> Result<Option<Challenge>, Failure> {
        let opened = self.keyring.tokens(PURPOSE, LONGEST_TICKET).open(user.id.as_str().as_bytes(), ticket);
        let Ok(content) = opened else { return Ok(None) };
        let Some((random, expires)) = content.split_first_chunk::<32>() else { return Ok(None) };
        let Ok(expires) = <[u8; 8]>::try_from(expires) else { return Ok(None) };
        let Ok(expires) = Timestamp::from_second(i64::from_be_bytes(expires)) else { return Ok(None) };
        let challenge = Challenge::new(*random);
        let is_first = expires > now && self.store.consume_once(USED, &challenge.to_text(), expires).await?;
        Ok(is_first.then_some(challenge))
    }

    /// Whether an answer proves one of a user's security keys, named by the id of its credential.
    pub async fn proves_security_key(
        &self,
        snapshot: &Snapshot,
        user: &User,
        site: &RelyingParty,
        challenge: &Challenge,
        (credential, answer): (&[u8], &Assertion<'_>),
    ) -> Result<Result<Presence, Refused>, Failure> {
        let partition = user.grantee().partition();
        let devices = snapshot.all::<MfaDevice>(&MfaDevice::BY_USER, &partition).await?;
        let id = URL_SAFE_NO_PAD.encode(credential);
        let found = devices.iter().find_map(|device| {
            let key = device.security_key.as_ref().filter(|key| key.credential == id)?;
            Some((device, key))
        });
        let Some((device, key)) = found else { return Ok(Err(Refused::Foreign)) };
        let place = device.key();
        let noted = self.store.noted(SecurityKey::COUNTER, &place.path()).await?;
        let counter = noted.and_then(|count| count.parse().ok()).unwrap_or(key.counter);
        let known = Credential { id: credential.to_vec(), key: key.key.clone(), counter, aaguid: [0; 16] };
        let proved = webauthn::assert(site, challenge, &known, answer);
        if let Ok(presence) = proved {
            self.store.note(SecurityKey::COUNTER, &place.path(), presence.counter.to_string());
        }
        Ok(proved)
    }
}

const PURPOSE: Purpose = Purpose::new("security key ceremony");
/// The longest ticket: forty bytes and the seal.
const LONGEST_TICKET: usize = 256;
/// How long an answer may take.
const PATIENCE: SignedDuration = SignedDuration::from_mins(5);
/// The kind under which challenges that were answered are kept for a while.
const USED: &str = "security-key-challenge";
