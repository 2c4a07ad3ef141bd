//! The second factor of a sign-in: the code of a device, or a security key's answer to a challenge.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use directory::{MfaDevice, User};
use jiff::Timestamp;
use store::Snapshot;
use types::{Arn, UniqueId};
use webauthn::{Assertion, RelyingParty};

use super::SignIn;
use crate::context::Core;
use crate::{Error, Result};

/// What a browser answers for a security key.
#[derive(Debug, Clone, Copy)]
pub struct KeyAnswer<'a> {
    /// The ticket that came with the challenge.
    pub ticket: &'a str,
    /// The id of the credential that signed.
    pub credential: &'a [u8],
    /// What it signed.
    pub assertion: Assertion<'a>,
}

/// What a browser is to ask a security key.
#[derive(Debug)]
pub struct KeyChallenge {
    /// The options for `navigator.credentials.get`.
    pub options: serde_json::Value,
    /// The ticket with which the answer must come back: once, and within five minutes.
    pub ticket: String,
}

/// A device that was proved, and whose it is: an attempt that is run again cannot take a code or an answer once more.
pub(super) type Proved = Option<(UniqueId, Arn)>;

/// The devices of a user.
pub(super) struct Devices<'a> {
    core: &'a Core,
    snapshot: &'a Snapshot,
    user: &'a User,
    now: Timestamp,
    all: Vec<Arc<MfaDevice>>,
}

impl<'a> Devices<'a> {
    pub(super) async fn of(
        core: &'a Core,
        snapshot: &'a Snapshot,
        user: &'a User,
        now: Timestamp,
    ) -> Result<Self> {
        let all = snapshot.all::<MfaDevice>(&MfaDevice::BY_USER, &user.grantee().partition()).await?;
        Ok(Self { core, snapshot, user, now, all })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn serials(&self) -> Vec<Arn> {
        self.all.iter().map(|device| device.serial.clone()).collect()
    }

    /// A challenge for the user's security keys; none where there are none.
    pub(super) fn challenge(&self) -> Result<Option<KeyChallenge>> {
        let keys = self.all.iter().filter_map(|device| device.security_key.as_ref());
        let credentials: Vec<_> =
            keys.filter_map(|key| URL_SAFE_NO_PAD.decode(&key.credential).ok()).collect();
        if credentials.is_empty() {
            return Ok(None);
        }
        let credentials: Vec<&[u8]> = credentials.iter().map(Vec::as_slice).collect();
        let random = self.core.ids.bytes()?;
        let begun = self.core.authorizer.begin_ceremony(self.user, random, self.now)?;
        let options = webauthn::request_options(&site(&self.core.public_url), &begun.challenge, &credentials);
        Ok(Some(KeyChallenge { options, ticket: begun.ticket }))
    }

    /// The device that is proved by what was presented, which is used up with that.
    pub(super) async fn prove(&self, asked: &SignIn<'_>, proved: &mut Proved) -> Result<Option<Arn>> {
        if let Some((id, serial)) = proved
            && *id == self.user.id
            && self.all.iter().any(|device| device.serial == *serial)
        {
            return Ok(Some(serial.clone()));
        }
        let found = match (asked.mfa_code, &asked.security_key) {
            (Some(code), _) => self.device_of_code(code, asked.mfa_serial).await?,
            (None, Some(answer)) => self.device_of_key(answer).await?,
            (None, None) => None,
        };
        *proved = found.clone().map(|serial| (self.user.id.clone(), serial));
        Ok(found)
    }

    async fn device_of_code(&self, code: &str, serial: Option<&str>) -> Result<Option<Arn>> {
        let makes_codes = |device: &&Arc<MfaDevice>| {
            device.security_key.is_none() && serial.is_none_or(|serial| serial == device.serial.as_str())
        };
        for device in self.all.iter().filter(makes_codes) {
            let (authorizer, serial) = (&self.core.authorizer, &device.serial);
            if authorizer.proves_mfa(self.snapshot, self.user, serial.as_str(), code, self.now).await? {
                return Ok(Some(serial.clone()));
            }
        }
        Ok(None)
    }

    async fn device_of_key(&self, answer: &KeyAnswer<'_>) -> Result<Option<Arn>> {
        let authorizer = &self.core.authorizer;
        let Some(challenge) = authorizer.end_ceremony(self.user, answer.ticket, self.now).await? else {
            return Ok(None);
        };
        let site = site(&self.core.public_url);
        let signed = (answer.credential, &answer.assertion);
        let proof =
            authorizer.proves_security_key(self.snapshot, self.user, &site, &challenge, signed).await?;
        if let Err(refused) = proof {
            tracing::info!(%refused, "a security key's answer does not hold");
            return Ok(None);
        }
        let id = URL_SAFE_NO_PAD.encode(answer.credential);
        let is_it =
            |device: &&Arc<MfaDevice>| device.security_key.as_ref().is_some_and(|key| key.credential == id);
        let device = self.all.iter().find(is_it).ok_or_else(|| Error::internal("a key without a device"))?;
        Ok(Some(device.serial.clone()))
    }
}

/// This server as the site that security keys belong to: its host, whatever the port.
#[must_use]
pub fn site(public_url: &str) -> RelyingParty {
    let host = public_url.split_once("://").map_or(public_url, |(_, host)| host);
    let id = host.rsplit_once(':').map_or(host, |(host, _)| host);
    RelyingParty { id: id.to_owned(), origin: public_url.to_owned(), name: "Portcullis".to_owned() }
}
