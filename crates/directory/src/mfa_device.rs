//! MFA devices: virtual ones, and security keys.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::seal::Purpose;
use store::{IndexEntry, IndexSpec, Record};
use types::{Arn, Owner, TagSet, UniqueId};

use crate::entity::EntityKey;

/// An MFA device and whom it belongs to. A virtual one has a seed from which an authenticator makes codes (RFC 6238); a
/// security key signs, and is somebody's from the beginning.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MfaDevice {
    /// The account.
    pub owner: Owner,
    /// An id of our own, for the record's key: AWS gives these devices none.
    pub id: UniqueId,
    /// The serial number, `arn:aws:iam::ACCOUNT:mfa/PATH/NAME`, or `arn:aws:iam::ACCOUNT:u2f/user/USER/NAME-ID`.
    pub serial: Arn,
    /// When it was made.
    pub created: Timestamp,
    /// Whose it is, once it is enabled.
    pub assignment: Option<MfaAssignment>,
    /// The last time step of which a code was taken, and how far the device's clock is ahead of ours, in steps.
    pub last_step: Option<MfaStep>,
    /// Its tags.
    #[serde(default)]
    pub tags: TagSet,
    /// What a security key has; none for a virtual device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_key: Option<SecurityKey>,
}

/// What is kept of a security key. How often it has signed changes with every use: a note, see [`Self::COUNTER`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityKey {
    /// The id of its credential, in unpadded URL-safe base64.
    pub credential: String,
    /// Its public key.
    pub key: webauthn::PublicKey,
    /// The count when it was registered.
    pub counter: u32,
    /// Its model, 32 hexadecimal digits.
    pub model: String,
    /// The certifications of its model, as far as whoever registered it knew: `FIPS-140-2` to a level.
    #[serde(default)]
    pub certifications: BTreeMap<String, String>,
}

impl SecurityKey {
    /// The kind of note under which the count of its signatures is kept, by the device's key.
    pub const COUNTER: &'static str = "security-key-counter";
}

/// Whose an MFA device is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MfaAssignment {
    /// The user.
    pub user: UniqueId,
    /// Since when.
    pub enabled: Timestamp,
}

/// Where the codes of a device stand. A code of this step or one before it is of no use any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MfaStep {
    /// The time step, in 30 seconds since 1970 by the device's clock.
    pub step: i64,
    /// How many steps the device's clock was ahead of ours then.
    pub ahead: i64,
}

impl MfaDevice {
    /// The device with a serial number; partition: the account.
    pub const BY_SERIAL: IndexSpec = IndexSpec::unique("mfa-device/by-serial");
    /// The devices that are somebody's and those that are nobody's; partition: account and `assigned` or
    /// `unassigned`.
    pub const BY_STATE: IndexSpec = IndexSpec::shared("mfa-device/by-state");
    /// The devices of a user, in the order in which they were enabled; partition: account and user id.
    pub const BY_USER: IndexSpec = IndexSpec::shared("mfa-device/by-user");

    /// The kind under which the sealed seed is kept; the key is that of the device.
    pub const SECRET: &'static str = "mfa-device";
    /// What it is sealed for.
    pub const PURPOSE: Purpose = Purpose::new("mfa seed");

    /// The partition of [`Self::BY_STATE`].
    #[must_use]
    pub fn state_partition(owner: Owner, is_assigned: bool) -> String {
        format!("{owner}/{}", if is_assigned { "assigned" } else { "unassigned" })
    }
}

impl Record for MfaDevice {
    const KIND: &'static str = "mfa-device";
    const INDEXES: &'static [IndexSpec] = &[Self::BY_SERIAL, Self::BY_STATE, Self::BY_USER];
    type Key = EntityKey;

    fn key(&self) -> EntityKey {
        EntityKey::new(self.owner, self.id.clone())
    }

    fn entries(&self) -> Vec<IndexEntry> {
        let serial = self.serial.as_str();
        let state = Self::state_partition(self.owner, self.assignment.is_some());
        let mut entries =
            vec![Self::BY_SERIAL.entry(self.owner.to_string(), serial), Self::BY_STATE.entry(state, serial)];
        if let Some(assignment) = &self.assignment {
            let sort = format!("{:020}/{}", assignment.enabled.as_millisecond(), self.id);
            entries.push(Self::BY_USER.entry(format!("{}/{}", self.owner, assignment.user), sort));
        }
        entries
    }
}
