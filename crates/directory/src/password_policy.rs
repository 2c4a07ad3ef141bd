//! What passwords of an account's users must be like.

use serde::{Deserialize, Serialize};
use store::{IndexEntry, IndexSpec, Record};
use types::Owner;

use crate::account::AccountKey;

/// An account's own password policy (AWS: UpdateAccountPasswordPolicy). Where there is none, AWS's default holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordPolicy {
    /// The account.
    pub owner: Owner,
    /// The fewest characters, 6 to 128.
    pub minimum_length: u8,
    /// Whether there must be one of `! @ # $ % ^ & * ( ) _ + - = [ ] { } | '`.
    pub requires_symbols: bool,
    /// Whether there must be a digit.
    pub requires_numbers: bool,
    /// Whether there must be one of `A` to `Z`.
    pub requires_uppercase: bool,
    /// Whether there must be one of `a` to `z`.
    pub requires_lowercase: bool,
    /// Whether every user may change its own password without a policy that says so.
    pub users_may_change: bool,
    /// After how many days a password expires, 1 to 1095; never where there is none.
    pub max_age_days: Option<u16>,
    /// How many of the last passwords may not be used again, 1 to 24; none where there is none.
    pub remembered: Option<u8>,
    /// Whether an expired password can only be renewed by an administrator.
    pub is_hard_expiry: bool,
}

impl Record for PasswordPolicy {
    const KIND: &'static str = "password-policy";
    const INDEXES: &'static [IndexSpec] = &[];
    type Key = AccountKey;

    fn key(&self) -> AccountKey {
        AccountKey(self.owner)
    }

    fn entries(&self) -> Vec<IndexEntry> {
        Vec::new()
    }
}
