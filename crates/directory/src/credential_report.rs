//! Credential reports.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{IndexEntry, IndexSpec, Record};
use types::Owner;

use crate::account::AccountKey;

/// An account's newest credential report (AWS: GetCredentialReport).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CredentialReport {
    /// The account.
    pub owner: Owner,
    /// When it was made.
    pub generated: Timestamp,
    /// Its lines, comma-separated values.
    pub content: String,
}

impl Record for CredentialReport {
    const KIND: &'static str = "credential-report";
    const INDEXES: &'static [IndexSpec] = &[];
    type Key = AccountKey;

    fn key(&self) -> AccountKey {
        AccountKey(self.owner)
    }

    fn entries(&self) -> Vec<IndexEntry> {
        Vec::new()
    }
}
