//! Service-specific credentials.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::seal::Purpose;
use store::{IndexEntry, IndexSpec, Record};
use types::{Owner, UniqueId};

use crate::access_key::KeyStatus;
use crate::entity::EntityKey;
use crate::user_credential::{UserCredential, user_credential};

/// A name and a password with which a user signs in to one service. The password is a secret of the store.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServiceCredential {
    /// The account.
    pub owner: Owner,
    /// The id, `ACCA…`.
    pub id: UniqueId,
    /// The user.
    pub user: UniqueId,
    /// Whether it may be used.
    pub status: KeyStatus,
    /// When it was made.
    pub created: Timestamp,
    /// When it can no longer be used; never where there is none.
    pub expires: Option<Timestamp>,
    /// The service, `codecommit.amazonaws.com`.
    pub service: String,
    /// The name to sign in with, or the alias where the service takes a key without a name.
    pub name: String,
}

user_credential!(ServiceCredential, "service-credential/by-user");

impl ServiceCredential {
    /// The credentials of a user for a service; partition: account, user id and service.
    pub const BY_SERVICE: IndexSpec = IndexSpec::shared("service-credential/by-service");
    /// The credential with a name; partition: account and service.
    pub const BY_NAME: IndexSpec = IndexSpec::unique("service-credential/by-name");
    /// All credentials of an account, by user; partition: the account.
    pub const BY_ACCOUNT: IndexSpec = IndexSpec::shared("service-credential/by-account");

    /// The kind under which the sealed password is kept; the key is that of the credential.
    pub const SECRET: &'static str = "service-credential";
    /// What it is sealed for.
    pub const PURPOSE: Purpose = Purpose::new("service credential");

    /// The partition of [`Self::BY_SERVICE`].
    #[must_use]
    pub fn service_partition(owner: Owner, user: &UniqueId, service: &str) -> String {
        format!("{owner}/{user}/{service}")
    }

    /// The partition of [`Self::BY_NAME`].
    #[must_use]
    pub fn name_partition(owner: Owner, service: &str) -> String {
        format!("{owner}/{service}")
    }
}

impl Record for ServiceCredential {
    const KIND: &'static str = "service-credential";
    const INDEXES: &'static [IndexSpec] = &[Self::BY_USER, Self::BY_SERVICE, Self::BY_NAME, Self::BY_ACCOUNT];
    type Key = EntityKey;

    fn key(&self) -> EntityKey {
        EntityKey::new(self.owner, self.id.clone())
    }

    fn entries(&self) -> Vec<IndexEntry> {
        let of_user = self.user_entry();
        let service = Self::service_partition(self.owner, &self.user, &self.service);
        let name = Self::name_partition(self.owner, &self.service);
        vec![
            Self::BY_SERVICE.entry(service, of_user.sort.clone()),
            Self::BY_NAME.entry(name, self.name.as_str()),
            Self::BY_ACCOUNT.entry(self.owner.to_string(), format!("{}/{}", self.user, of_user.sort)),
            of_user,
        ]
    }
}
