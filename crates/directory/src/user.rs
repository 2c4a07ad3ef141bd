//! Users.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{IndexEntry, IndexSpec, Record};
use types::{Arn, Owner, Path, TagSet, UniqueId, UserName};

use crate::entity::{EntityKey, Grantee, GranteeKind, Named, named};

/// A user: the long-lived identity of a person or a program.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct User {
    /// Its account.
    pub owner: Owner,
    /// Its unique id, `AIDA…`.
    pub id: UniqueId,
    /// Its name.
    pub name: UserName,
    /// Its path.
    pub path: Path,
    /// When it was made.
    pub created: Timestamp,
    /// The managed policy that bounds its permissions.
    pub boundary: Option<Arn>,
    /// Its tags.
    #[serde(default)]
    pub tags: TagSet,
}

impl User {
    /// Users by the policy that bounds them; partition: account and policy ARN.
    pub const BY_BOUNDARY: IndexSpec = IndexSpec::shared("user/by-boundary");

    /// The user as a holder of policies.
    #[must_use]
    pub fn grantee(&self) -> Grantee {
        Grantee { owner: self.owner, kind: GranteeKind::User, id: self.id.clone() }
    }
}

named!(User, resource "user", indexes "user/by-name" "user/by-path");

impl Record for User {
    const KIND: &'static str = "user";
    const INDEXES: &'static [IndexSpec] = &[Self::BY_NAME, Self::BY_PATH, Self::BY_BOUNDARY];
    type Key = EntityKey;

    fn key(&self) -> EntityKey {
        EntityKey::new(self.owner, self.id.clone())
    }

    fn entries(&self) -> Vec<IndexEntry> {
        let mut entries = self.name_entries();
        entries.extend(boundary_entry(Self::BY_BOUNDARY, self.owner, self.boundary.as_ref(), self.name()));
        entries
    }
}

/// The entry under the policy that bounds a user or a role.
pub(crate) fn boundary_entry(
    index: IndexSpec,
    owner: Owner,
    boundary: Option<&Arn>,
    name: &str,
) -> Option<IndexEntry> {
    boundary.map(|policy| index.entry(format!("{owner}/{policy}"), name.to_ascii_lowercase()))
}
