//! Instance profiles.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{IndexEntry, IndexSpec, Record};
use types::{InstanceProfileName, Owner, Path, TagSet, UniqueId};

use crate::entity::{EntityKey, Named, named};

/// An instance profile: the box in which a virtual machine is given its role.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InstanceProfile {
    /// Its account.
    pub owner: Owner,
    /// Its unique id, `AIPA…`.
    pub id: UniqueId,
    /// Its name.
    pub name: InstanceProfileName,
    /// Its path.
    pub path: Path,
    /// When it was made.
    pub created: Timestamp,
    /// The one role that it may hold.
    pub role: Option<UniqueId>,
    /// Its tags.
    #[serde(default)]
    pub tags: TagSet,
}

impl InstanceProfile {
    /// The instance profiles that hold a role; partition: account and role id.
    pub const BY_ROLE: IndexSpec = IndexSpec::shared("instance-profile/by-role");
}

named!(InstanceProfile, resource "instance-profile", indexes "instance-profile/by-name" "instance-profile/by-path");

impl Record for InstanceProfile {
    const KIND: &'static str = "instance-profile";
    const INDEXES: &'static [IndexSpec] = &[Self::BY_NAME, Self::BY_PATH, Self::BY_ROLE];
    type Key = EntityKey;

    fn key(&self) -> EntityKey {
        EntityKey::new(self.owner, self.id.clone())
    }

    fn entries(&self) -> Vec<IndexEntry> {
        let mut entries = self.name_entries();
        if let Some(role) = &self.role {
            let partition = format!("{}/{role}", self.owner);
            entries.push(Self::BY_ROLE.entry(partition, self.name().to_ascii_lowercase()));
        }
        entries
    }
}
