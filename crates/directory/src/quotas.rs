//! An account's own quotas.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use store::{IndexEntry, IndexSpec, Record};
use types::Owner;

use crate::account::AccountKey;

/// The quotas that an account has in place of AWS's defaults, by the name that refusals give. Where there is no
/// record, the defaults hold.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Quotas {
    /// The account.
    pub owner: Owner,
    /// The most that there may be of each.
    pub limits: BTreeMap<String, u64>,
}

impl Record for Quotas {
    const KIND: &'static str = "quotas";
    const INDEXES: &'static [IndexSpec] = &[];
    type Key = AccountKey;

    fn key(&self) -> AccountKey {
        AccountKey(self.owner)
    }

    fn entries(&self) -> Vec<IndexEntry> {
        Vec::new()
    }
}
