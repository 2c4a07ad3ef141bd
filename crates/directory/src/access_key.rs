//! Access keys.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{IndexEntry, IndexSpec, Record, RecordKey};
use types::{AccessKeyId, Owner, UniqueId};

/// A long-term access key of a user or of the root user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AccessKey {
    /// The id, `AKIA…`.
    pub id: AccessKeyId,
    /// The account.
    pub owner: Owner,
    /// The user; the root user where there is none.
    pub user: Option<UniqueId>,
    /// Whether it may be used.
    pub status: KeyStatus,
    /// When it was made.
    pub created: Timestamp,
}

/// Whether an access key may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyStatus {
    /// It may.
    Active,
    /// It may not, until it is made active again.
    Inactive,
}

impl AccessKey {
    /// The keys of a user, in the order in which they were made; partition: account and user id,
    /// or account and `root`.
    pub const BY_USER: IndexSpec = IndexSpec::shared("access-key/by-user");

    /// The kind under which the sealed secret access key is kept; the key is the access key id.
    pub const SECRET: &'static str = "access-key";

    /// The partition of [`Self::BY_USER`] for a user, or for the root user.
    #[must_use]
    pub fn user_partition(owner: Owner, user: Option<&UniqueId>) -> String {
        format!("{owner}/{}", user.map_or("root", UniqueId::as_str))
    }
}

/// The key of an access key's record: its id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccessKeyKey(pub AccessKeyId);

impl std::fmt::Display for AccessKeyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl RecordKey for AccessKeyKey {
    fn path(&self) -> Cow<'_, str> {
        self.to_string().into()
    }

    fn parse_path(path: &str) -> Option<Self> {
        AccessKeyId::parse(path).ok().map(Self)
    }
}

impl Record for AccessKey {
    const KIND: &'static str = "access-key";
    const INDEXES: &'static [IndexSpec] = &[Self::BY_USER];
    type Key = AccessKeyKey;

    fn key(&self) -> AccessKeyKey {
        AccessKeyKey(self.id.clone())
    }

    fn entries(&self) -> Vec<IndexEntry> {
        let partition = Self::user_partition(self.owner, self.user.as_ref());
        let sort = format!("{:020}/{}", self.created.as_millisecond(), self.id);
        vec![Self::BY_USER.entry(partition, sort)]
    }
}
