//! What a user's lesser credentials have in common: public keys, certificates, passwords for one service.

use jiff::Timestamp;
use store::{IndexEntry, IndexSpec, Record};
use types::{Owner, UniqueId};

use crate::access_key::KeyStatus;
use crate::entity::EntityKey;

/// A credential that belongs to one user and has an id of its own.
pub trait UserCredential: Record<Key = EntityKey> {
    /// The credentials of a user in the order in which they were made; partition: account and user id.
    const BY_USER: IndexSpec;

    /// The account.
    fn owner(&self) -> Owner;
    /// The credential's id.
    fn id(&self) -> &UniqueId;
    /// The user.
    fn user(&self) -> &UniqueId;
    /// When it was made.
    fn created(&self) -> Timestamp;
    /// Whether it may be used.
    fn status(&self) -> KeyStatus;
    /// Makes it usable or not.
    fn set_status(&mut self, status: KeyStatus);

    /// The entry of [`Self::BY_USER`].
    fn user_entry(&self) -> IndexEntry {
        let partition = format!("{}/{}", self.owner(), self.user());
        Self::BY_USER.entry(partition, format!("{:020}/{}", self.created().as_millisecond(), self.id()))
    }
}

/// Implements [`UserCredential`] for a record with the fields that it asks for.
macro_rules! user_credential {
    ($type:ident, $index:literal) => {
        impl $crate::user_credential::UserCredential for $type {
            const BY_USER: store::IndexSpec = store::IndexSpec::shared($index);

            fn owner(&self) -> types::Owner {
                self.owner
            }

            fn id(&self) -> &types::UniqueId {
                &self.id
            }

            fn user(&self) -> &types::UniqueId {
                &self.user
            }

            fn created(&self) -> jiff::Timestamp {
                self.created
            }

            fn status(&self) -> $crate::KeyStatus {
                self.status
            }

            fn set_status(&mut self, status: $crate::KeyStatus) {
                self.status = status;
            }
        }
    };
}
pub(crate) use user_credential;
