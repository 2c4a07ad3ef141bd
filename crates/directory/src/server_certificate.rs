//! Server certificates.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::seal::Purpose;
use store::{IndexEntry, IndexSpec, Record};
use types::{Owner, Path, ServerCertificateName, TagSet, UniqueId};

use crate::entity::{EntityKey, Named, named};

/// A TLS certificate that services of the account may use. Its private key is a secret of the store.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServerCertificate {
    /// Its account.
    pub owner: Owner,
    /// Its unique id, `ASCA…`.
    pub id: UniqueId,
    /// Its name.
    pub name: ServerCertificateName,
    /// Its path.
    pub path: Path,
    /// When it was uploaded.
    pub created: Timestamp,
    /// Until when it is valid.
    pub expires: Timestamp,
    /// The certificate, as PEM.
    pub body: String,
    /// The certificates behind it, as PEM.
    pub chain: Option<String>,
    /// Its tags.
    #[serde(default)]
    pub tags: TagSet,
}

impl ServerCertificate {
    /// The kind under which the sealed private key is kept; the key is that of the certificate.
    pub const SECRET: &'static str = "server-certificate";
    /// What it is sealed for.
    pub const PURPOSE: Purpose = Purpose::new("server certificate key");
}

named!(ServerCertificate, resource "server-certificate", indexes "server-certificate/by-name" "server-certificate/by-path");

impl Record for ServerCertificate {
    const KIND: &'static str = "server-certificate";
    const INDEXES: &'static [IndexSpec] = &[Self::BY_NAME, Self::BY_PATH];
    type Key = EntityKey;

    fn key(&self) -> EntityKey {
        EntityKey::new(self.owner, self.id.clone())
    }

    fn entries(&self) -> Vec<IndexEntry> {
        self.name_entries()
    }
}
