//! What an account has chosen for itself.

use serde::{Deserialize, Serialize};
use store::{IndexEntry, IndexSpec, Record};
use types::Owner;

use crate::account::AccountKey;

/// An account's choices. Where there is no record, AWS's defaults hold.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Preferences {
    /// The account.
    pub owner: Owner,
    /// Which version of session tokens the global endpoint of STS gives out, 1 or 2.
    pub global_token_version: i32,
    /// Whether role manager is on (`RoleManager/Enabled`).
    #[serde(default)]
    pub role_manager: bool,
}

impl Preferences {
    /// AWS's defaults: tokens of version 1, role manager off.
    #[must_use]
    pub fn default_of(owner: Owner) -> Self {
        Self { owner, global_token_version: 1, role_manager: false }
    }
}

impl Record for Preferences {
    const KIND: &'static str = "preferences";
    const INDEXES: &'static [IndexSpec] = &[];
    type Key = AccountKey;

    fn key(&self) -> AccountKey {
        AccountKey(self.owner)
    }

    fn entries(&self) -> Vec<IndexEntry> {
        Vec::new()
    }
}
