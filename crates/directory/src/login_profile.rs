//! Login profiles: that a user has a password.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::seal::Purpose;
use store::{IndexEntry, IndexSpec, Record};
use types::{Owner, UniqueId};

use crate::entity::EntityKey;

/// A user's login profile. The password's hash is a secret of the store and has no history there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LoginProfile {
    /// The account.
    pub owner: Owner,
    /// The user.
    pub user: UniqueId,
    /// When the profile was made.
    pub created: Timestamp,
    /// When the password was last set.
    pub changed: Timestamp,
    /// Whether the user must set a new password when it next signs in.
    pub is_reset_required: bool,
}

impl LoginProfile {
    /// The kind under which the sealed hashes are kept: a JSON list of argon2id hashes in PHC form, the password's own
    /// first, behind it those of the passwords before; the key is that of the profile.
    pub const SECRET: &'static str = "password";
    /// What they are sealed for.
    pub const PURPOSE: Purpose = Purpose::new("password hashes");
}

impl Record for LoginProfile {
    const KIND: &'static str = "login-profile";
    const INDEXES: &'static [IndexSpec] = &[];
    type Key = EntityKey;

    /// The key of its user.
    fn key(&self) -> EntityKey {
        EntityKey::new(self.owner, self.user.clone())
    }

    fn entries(&self) -> Vec<IndexEntry> {
        Vec::new()
    }
}
