//! Accounts.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{IndexEntry, IndexSpec, Record, RecordKey};
use types::{AccountAlias, Owner};

/// An account: owner of all that is in it, and home of its root user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    /// Partition and id.
    pub owner: Owner,
    /// What people call it.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// Its one alias, if it has one.
    pub alias: Option<AccountAlias>,
}

/// The key of an account's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountKey(pub Owner);

impl std::fmt::Display for AccountKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl RecordKey for AccountKey {
    fn path(&self) -> Cow<'_, str> {
        self.to_string().into()
    }

    fn parse_path(path: &str) -> Option<Self> {
        Owner::parse(path).ok().map(Self)
    }
}

impl Account {
    /// All accounts, by id; one partition, the empty one.
    pub const ALL: IndexSpec = IndexSpec::shared("account/all");
    /// The account with an alias; aliases are unique in a partition of AWS.
    pub const BY_ALIAS: IndexSpec = IndexSpec::unique("account/by-alias");
}

impl Record for Account {
    const KIND: &'static str = "account";
    const INDEXES: &'static [IndexSpec] = &[Self::ALL, Self::BY_ALIAS];
    type Key = AccountKey;

    fn key(&self) -> AccountKey {
        AccountKey(self.owner)
    }

    fn entries(&self) -> Vec<IndexEntry> {
        let mut entries = vec![Self::ALL.entry(String::new(), self.owner.to_string())];
        if let Some(alias) = &self.alias {
            let partition = self.owner.partition.as_str().to_owned();
            entries.push(Self::BY_ALIAS.entry(partition, alias.as_str().to_owned()));
        }
        entries
    }
}
