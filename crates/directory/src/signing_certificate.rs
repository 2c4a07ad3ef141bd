//! Signing certificates.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{IndexEntry, IndexSpec, Record};
use types::{Owner, UniqueId};

use crate::access_key::KeyStatus;
use crate::entity::EntityKey;
use crate::user_credential::{UserCredential, user_credential};

/// An X.509 certificate with which a user signs requests of some services.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SigningCertificate {
    /// The account.
    pub owner: Owner,
    /// The id.
    pub id: UniqueId,
    /// The user.
    pub user: UniqueId,
    /// Whether it may be used.
    pub status: KeyStatus,
    /// When it was uploaded.
    pub created: Timestamp,
    /// The certificate as it was uploaded, as PEM.
    pub body: String,
    /// SHA-256 of the certificate, in hexadecimal.
    pub digest: String,
}

user_credential!(SigningCertificate, "signing-certificate/by-user");

impl SigningCertificate {
    /// The certificates of an account by digest: none is there twice; partition: the account.
    pub const BY_DIGEST: IndexSpec = IndexSpec::unique("signing-certificate/by-digest");
}

impl Record for SigningCertificate {
    const KIND: &'static str = "signing-certificate";
    const INDEXES: &'static [IndexSpec] = &[Self::BY_USER, Self::BY_DIGEST];
    type Key = EntityKey;

    fn key(&self) -> EntityKey {
        EntityKey::new(self.owner, self.id.clone())
    }

    fn entries(&self) -> Vec<IndexEntry> {
        vec![self.user_entry(), Self::BY_DIGEST.entry(self.owner.to_string(), self.digest.as_str())]
    }
}
