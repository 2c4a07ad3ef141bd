//! Proof of an MFA device: a code that its seed makes now, taken once.

use directory::{MfaDevice, User};
use jiff::{SignedDuration, Timestamp};
use store::seal::Sealed;
use store::{Record as _, RecordKey as _, Snapshot};

use crate::{Authorizer, Failure, totp};

impl Authorizer {
    /// Whether a code proves that a user holds the device with a serial number. Each code is taken once, whatever
    /// it is used for, and no code older than the last one that enabled or resynchronised the device. Wrong codes
    /// make the device wait, and after some it takes none until it is synchronised anew.
    pub async fn proves_mfa(
        &self,
        snapshot: &Snapshot,
        user: &User,
        serial: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let owner = user.owner.to_string();
        let device = snapshot.find::<MfaDevice>(&MfaDevice::BY_SERIAL, &owner, serial).await?;
        let is_theirs = |device: &MfaDevice| device.assignment.as_ref().is_some_and(|of| of.user == user.id);
        let Some(device) = device.filter(|device| is_theirs(device)) else { return Ok(false) };
        let Ok(guess) = self.guesses().begin(user.owner, &guessed(&device), None, now).await? else {
            return Ok(false);
        };
        let key = device.key();
        let path = key.path();
        let Some(sealed) = snapshot.secret(MfaDevice::SECRET, &path).await? else { return Ok(false) };
        let unreadable = || Failure::Unreadable(format!("the seed of `{}` does not open", device.serial));
        let sealed: Sealed = sealed.parse().map_err(|_| unreadable())?;
        let seed =
            self.keyring.unseal(MfaDevice::PURPOSE, path.as_bytes(), &sealed).map_err(|_| unreadable())?;

        let ahead = device.last_step.map_or(0, |last| last.ahead);
        let behind = device.last_step.map(|last| last.step);
        let around = totp::step_of(now).saturating_add(ahead);
        let is_taken = match totp::find(&seed, code, around, REACH, behind) {
            Some(step) => {
                let expires = now.checked_add(SignedDuration::from_mins(60)).unwrap_or(Timestamp::MAX);
                self.store.consume_once(CODES, &format!("{path}/{step}"), expires).await?
            }
            None => false,
        };
        if is_taken {
            self.guesses().succeeded(&guess);
        } else {
            self.guesses().failed(&guess);
        }
        Ok(is_taken)
    }

    /// Forgets a device's wrong codes: it was synchronised, which proved possession twice over.
    pub async fn lift_mfa_lock(&self, device: &MfaDevice, now: Timestamp) -> Result<bool, Failure> {
        self.guesses().lift(device.owner, &guessed(device), now).await
    }
}

/// Under what name a device's wrong codes are counted, apart from wrong passwords: no user's name holds a slash.
fn guessed(device: &MfaDevice) -> String {
    format!("mfa/{}", device.id)
}

/// A code counts from one time step before its own to one after.
const REACH: i64 = 1;
/// The kind under which codes that were taken are kept for a while.
const CODES: &str = "mfa-code";
