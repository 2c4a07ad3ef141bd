//! What users, groups, roles, managed policies and instance profiles have in common.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use store::{IndexEntry, IndexSpec, Record, RecordKey};
use types::{Arn, Owner, Path, UniqueId};

/// The key of an entity: its account and its unique id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityKey {
    /// The account.
    pub owner: Owner,
    /// The unique id.
    pub id: UniqueId,
}

impl EntityKey {
    /// The key of the entity with this id.
    #[must_use]
    pub fn new(owner: Owner, id: UniqueId) -> Self {
        Self { owner, id }
    }
}

impl std::fmt::Display for EntityKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.owner, self.id)
    }
}

impl RecordKey for EntityKey {
    fn path(&self) -> Cow<'_, str> {
        self.to_string().into()
    }

    fn parse_path(path: &str) -> Option<Self> {
        let (owner, id) = path.split_once('/')?;
        Some(Self::new(Owner::parse(owner).ok()?, UniqueId::parse(id).ok()?))
    }
}

/// An entity that has a name and a path in its account.
pub trait Named: Record<Key = EntityKey> {
    /// The unique index over the folded name; partition: the account.
    const BY_NAME: IndexSpec;
    /// The index over path and folded name; partition: the account.
    const BY_PATH: IndexSpec;
    /// The resource type in the ARN: `user`, `role`, `policy`, …
    const RESOURCE_TYPE: &'static str;

    /// The account.
    fn owner(&self) -> Owner;
    /// The unique id.
    fn id(&self) -> &UniqueId;
    /// The name with its case.
    fn name(&self) -> &str;
    /// The path.
    fn path(&self) -> &Path;

    /// The ARN, `arn:aws:iam::ACCOUNT:TYPE/PATH/NAME`.
    fn arn(&self) -> Arn {
        arn_of::<Self>(self.owner(), self.path(), self.name())
    }

    /// The entries of the two indexes over names.
    fn name_entries(&self) -> Vec<IndexEntry> {
        let owner = self.owner().to_string();
        let folded = self.name().to_ascii_lowercase();
        let path = format!("{}{folded}", self.path().as_str());
        vec![Self::BY_NAME.entry(owner.clone(), folded), Self::BY_PATH.entry(owner, path)]
    }
}

/// Implements [`Named`] for a record with the fields `owner`, `id`, `name` and `path`.
macro_rules! named {
    ($type:ident, resource $resource:literal, indexes $by_name:literal $by_path:literal) => {
        impl $crate::entity::Named for $type {
            const BY_NAME: ::store::IndexSpec = ::store::IndexSpec::unique($by_name);
            const BY_PATH: ::store::IndexSpec = ::store::IndexSpec::shared($by_path);
            const RESOURCE_TYPE: &'static str = $resource;

            fn owner(&self) -> ::types::Owner {
                self.owner
            }

            fn id(&self) -> &::types::UniqueId {
                &self.id
            }

            fn name(&self) -> &str {
                self.name.as_str()
            }

            fn path(&self) -> &::types::Path {
                &self.path
            }
        }
    };
}
pub(crate) use named;

/// The ARN that an entity of this kind has, or would have once it exists.
#[must_use]
pub fn arn_of<E: Named>(owner: Owner, path: &Path, name: &str) -> Arn {
    owner.iam_arn_of(&[E::RESOURCE_TYPE, path.as_str(), name])
}

/// The three kinds of identity that policies are given to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GranteeKind {
    /// A user.
    User,
    /// A group.
    Group,
    /// A role.
    Role,
}

impl GranteeKind {
    /// The word that keys and ARNs use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Role => "role",
        }
    }
}

/// An identity to which policies are attached or written inline.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Grantee {
    /// Its account.
    pub owner: Owner,
    /// What it is.
    pub kind: GranteeKind,
    /// Its unique id.
    pub id: UniqueId,
}

impl Grantee {
    /// The key of the identity's own record.
    #[must_use]
    pub fn entity(&self) -> EntityKey {
        EntityKey::new(self.owner, self.id.clone())
    }

    /// The index partition that holds what is given to this identity.
    #[must_use]
    pub fn partition(&self) -> String {
        format!("{}/{}", self.owner, self.id)
    }
}
