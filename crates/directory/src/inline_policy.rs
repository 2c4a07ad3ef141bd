//! Inline policies.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use store::{IndexEntry, IndexSpec, Record, RecordKey};
use types::{Owner, PolicyName, UniqueId};

use crate::entity::Grantee;
use crate::policy_text::PolicyText;

/// A policy that is part of one user, group or role.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InlinePolicy {
    /// Whose it is.
    pub holder: Grantee,
    /// Its name, unique in its holder.
    pub name: PolicyName,
    /// The document.
    pub document: PolicyText,
}

impl InlinePolicy {
    /// The inline policies of an identity; partition: account and the identity's id.
    pub const BY_HOLDER: IndexSpec = IndexSpec::shared("inline-policy/by-holder");
}

/// The key of an inline policy: account, holder, name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InlinePolicyKey {
    /// The account.
    pub owner: Owner,
    /// The holder's unique id.
    pub holder: UniqueId,
    /// The policy's name.
    pub name: PolicyName,
}

impl InlinePolicyKey {
    /// The key of the policy with this name.
    #[must_use]
    pub fn new(holder: &Grantee, name: PolicyName) -> Self {
        Self { owner: holder.owner, holder: holder.id.clone(), name }
    }
}

impl std::fmt::Display for InlinePolicyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.owner, self.holder, self.name)
    }
}

impl RecordKey for InlinePolicyKey {
    fn path(&self) -> Cow<'_, str> {
        self.to_string().into()
    }

    fn parse_path(path: &str) -> Option<Self> {
        let mut parts = path.splitn(3, '/');
        let owner = Owner::parse(parts.next()?).ok()?;
        let holder = UniqueId::parse(parts.next()?).ok()?;
        let name = PolicyName::parse(parts.next()?).ok()?;
        Some(Self { owner, holder, name })
    }
}

impl Record for InlinePolicy {
    const KIND: &'static str = "inline-policy";
    const INDEXES: &'static [IndexSpec] = &[Self::BY_HOLDER];
    type Key = InlinePolicyKey;

    fn key(&self) -> InlinePolicyKey {
        InlinePolicyKey::new(&self.holder, self.name.clone())
    }

    fn entries(&self) -> Vec<IndexEntry> {
        vec![Self::BY_HOLDER.entry(self.holder.partition(), self.name.as_str().to_owned())]
    }
}
