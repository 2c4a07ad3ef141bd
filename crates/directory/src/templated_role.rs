//! Roles that were made from a role template.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use store::{IndexEntry, IndexSpec, Record};
use types::{Arn, Owner, UniqueId};

use crate::entity::EntityKey;

/// What a role was made from. It stands beside the role and goes with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplatedRole {
    /// The role's account.
    pub owner: Owner,
    /// The role.
    pub role: UniqueId,
    /// The template.
    pub template: Arn,
    /// The minor version of the template.
    pub minor_version: i32,
    /// The values that the caller gave for the template's parameters.
    pub values: BTreeMap<String, Vec<String>>,
}

impl Record for TemplatedRole {
    const KIND: &'static str = "templated-role";
    const INDEXES: &'static [IndexSpec] = &[];
    type Key = EntityKey;

    fn key(&self) -> EntityKey {
        EntityKey::new(self.owner, self.role.clone())
    }

    fn entries(&self) -> Vec<IndexEntry> {
        Vec::new()
    }
}
