//! SSH public keys.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{IndexEntry, IndexSpec, Record};
use types::{Owner, UniqueId};

use crate::access_key::KeyStatus;
use crate::entity::EntityKey;
use crate::user_credential::{UserCredential, user_credential};

/// The public half of an SSH key of a user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SshPublicKey {
    /// The account.
    pub owner: Owner,
    /// The id, `APKA…`.
    pub id: UniqueId,
    /// The user.
    pub user: UniqueId,
    /// Whether it may be used.
    pub status: KeyStatus,
    /// When it was uploaded.
    pub created: Timestamp,
    /// The key as it was uploaded, in the form of OpenSSH or as PEM.
    pub body: String,
    /// The MD5 fingerprint: 16 bytes in hexadecimal, parted by colons.
    pub fingerprint: String,
}

user_credential!(SshPublicKey, "ssh-public-key/by-user");

impl SshPublicKey {
    /// The keys of a user by fingerprint: none has one twice; partition: account and user id.
    pub const BY_FINGERPRINT: IndexSpec = IndexSpec::unique("ssh-public-key/by-fingerprint");
}

impl Record for SshPublicKey {
    const KIND: &'static str = "ssh-public-key";
    const INDEXES: &'static [IndexSpec] = &[Self::BY_USER, Self::BY_FINGERPRINT];
    type Key = EntityKey;

    fn key(&self) -> EntityKey {
        EntityKey::new(self.owner, self.id.clone())
    }

    fn entries(&self) -> Vec<IndexEntry> {
        let partition = format!("{}/{}", self.owner, self.user);
        vec![self.user_entry(), Self::BY_FINGERPRINT.entry(partition, self.fingerprint.as_str())]
    }
}
