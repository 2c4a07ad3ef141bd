//! Roles.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{IndexEntry, IndexSpec, Record};
use types::{Arn, Owner, Path, RoleName, TagSet, UniqueId};

use crate::entity::{EntityKey, Grantee, GranteeKind, Named, named};
use crate::policy_text::PolicyText;
use crate::user::boundary_entry;

/// A role: an identity that others assume for a while.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Role {
    /// Its account.
    pub owner: Owner,
    /// Its unique id, `AROA…`.
    pub id: UniqueId,
    /// Its name.
    pub name: RoleName,
    /// Its path.
    pub path: Path,
    /// When it was made.
    pub created: Timestamp,
    /// Who may assume it, as it was written.
    pub trust_policy: PolicyText,
    /// The unique ids of the users and roles that the trust policy named when it was written,
    /// by the ARN that stands there. One who is deleted and made anew is someone else.
    #[serde(default)]
    pub trusted: BTreeMap<Arn, UniqueId>,
    /// What it is for.
    pub description: Option<String>,
    /// The longest session, in seconds: 3,600 to 43,200.
    pub max_session_duration: i32,
    /// The managed policy that bounds its permissions.
    pub boundary: Option<Arn>,
    /// Its tags.
    #[serde(default)]
    pub tags: TagSet,
}

impl Role {
    /// Roles by the policy that bounds them; partition: account and policy ARN.
    pub const BY_BOUNDARY: IndexSpec = IndexSpec::shared("role/by-boundary");

    /// The role as a holder of policies.
    #[must_use]
    pub fn grantee(&self) -> Grantee {
        Grantee { owner: self.owner, kind: GranteeKind::Role, id: self.id.clone() }
    }

    /// Whether the role belongs to a service (AWS: "Using service-linked roles").
    #[must_use]
    pub fn is_service_linked(&self) -> bool {
        self.path.as_str().starts_with("/aws-service-role/")
    }
}

named!(Role, resource "role", indexes "role/by-name" "role/by-path");

impl Record for Role {
    const KIND: &'static str = "role";
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
