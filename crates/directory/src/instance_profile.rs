//! Instance profiles.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{IndexEntry, IndexSpec, Record};
use types::{InstanceProfileName, Owner, Path, TagSet, UniqueId};

use crate::entity::{EntityKey, Named};

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

impl Named for InstanceProfile {
    const BY_NAME: IndexSpec = IndexSpec::unique("instance-profile/by-name");
    const BY_PATH: IndexSpec = IndexSpec::shared("instance-profile/by-path");
    const RESOURCE_TYPE: &'static str = "instance-profile";

    fn owner(&self) -> Owner {
        self.owner
    }

    fn id(&self) -> &UniqueId {
        &self.id
    }

    fn name(&self) -> &str {
        self.name.as_str()
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

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
