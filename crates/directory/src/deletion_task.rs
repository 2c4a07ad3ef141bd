//! Deletions of service-linked roles.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{IndexEntry, IndexSpec, Record, RecordKey};
use types::Owner;

/// A service-linked role that was deleted (AWS: GetServiceLinkedRoleDeletionStatus).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeletionTask {
    /// The account.
    pub owner: Owner,
    /// The task's id, `task/aws-service-role/SERVICE/ROLE/UUID`.
    pub id: String,
    /// When the role was deleted.
    pub done: Timestamp,
}

/// The key of a deletion task: account and task id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeletionTaskKey {
    /// The account.
    pub owner: Owner,
    /// The task's id.
    pub id: String,
}

impl std::fmt::Display for DeletionTaskKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.owner, self.id)
    }
}

impl RecordKey for DeletionTaskKey {
    fn path(&self) -> Cow<'_, str> {
        self.to_string().into()
    }

    fn parse_path(path: &str) -> Option<Self> {
        let (owner, id) = path.split_once('/')?;
        Some(Self { owner: Owner::parse(owner).ok()?, id: id.to_owned() })
    }
}

impl Record for DeletionTask {
    const KIND: &'static str = "deletion-task";
    const INDEXES: &'static [IndexSpec] = &[];
    type Key = DeletionTaskKey;

    fn key(&self) -> DeletionTaskKey {
        DeletionTaskKey { owner: self.owner, id: self.id.clone() }
    }

    fn entries(&self) -> Vec<IndexEntry> {
        Vec::new()
    }
}
