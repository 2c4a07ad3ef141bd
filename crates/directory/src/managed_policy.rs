//! Customer managed policies and their versions.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{IndexEntry, IndexSpec, Record, RecordKey};
use types::{Arn, Owner, Path, PolicyName, TagSet, UniqueId};

use crate::entity::{EntityKey, Named, arn_of};
use crate::policy_text::PolicyText;

/// A customer managed policy; its documents are its versions.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ManagedPolicy {
    /// Its account.
    pub owner: Owner,
    /// Its unique id, `ANPA…`.
    pub id: UniqueId,
    /// Its name.
    pub name: PolicyName,
    /// Its path.
    pub path: Path,
    /// What it is for; cannot be changed later.
    pub description: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When its last version was made.
    pub updated: Timestamp,
    /// The version in force.
    pub default_version: u32,
    /// The number that the next version gets; numbers are never used twice.
    pub next_version: u32,
    /// Its tags.
    #[serde(default)]
    pub tags: TagSet,
    /// Whether it is one of AWS's that an import brought, since our catalog does not have it. It is in force in this
    /// account alone, and nobody can change it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_aws: bool,
}

impl ManagedPolicy {
    /// The partition of [`Named::BY_NAME`] and [`Named::BY_PATH`] that holds the policies of AWS's which an import
    /// brought into an account.
    #[must_use]
    pub fn aws_partition(owner: Owner) -> String {
        format!("{owner}/aws")
    }

    /// The key of one of its versions.
    #[must_use]
    pub fn version_key(&self, number: u32) -> PolicyVersionKey {
        PolicyVersionKey { owner: self.owner, policy: self.id.clone(), number }
    }

    /// The index partition of its versions.
    #[must_use]
    pub fn versions_partition(&self) -> String {
        format!("{}/{}", self.owner, self.id)
    }
}

impl Named for ManagedPolicy {
    const BY_NAME: IndexSpec = IndexSpec::unique("managed-policy/by-name");
    const BY_PATH: IndexSpec = IndexSpec::shared("managed-policy/by-path");
    const RESOURCE_TYPE: &'static str = "policy";

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

    fn arn(&self) -> Arn {
        if !self.is_aws {
            return arn_of::<Self>(self.owner, &self.path, self.name.as_str());
        }
        let own = arn_of::<Self>(self.owner, &self.path, self.name.as_str());
        let aws = own.as_str().replacen(&format!(":{}:", self.owner.account), ":aws:", 1);
        // Only the account changed, so the parts are as they were.
        Arn::parse(&aws).unwrap_or(own)
    }

    fn name_entries(&self) -> Vec<IndexEntry> {
        let partition = if self.is_aws { Self::aws_partition(self.owner) } else { self.owner.to_string() };
        let folded = self.name.folded();
        let path = format!("{}{folded}", self.path.as_str());
        vec![Self::BY_NAME.entry(partition.clone(), folded), Self::BY_PATH.entry(partition, path)]
    }
}

impl Record for ManagedPolicy {
    const KIND: &'static str = "managed-policy";
    const INDEXES: &'static [IndexSpec] = &[Self::BY_NAME, Self::BY_PATH];
    type Key = EntityKey;

    fn key(&self) -> EntityKey {
        EntityKey::new(self.owner, self.id.clone())
    }

    fn entries(&self) -> Vec<IndexEntry> {
        self.name_entries()
    }
}

/// One version of a customer managed policy.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PolicyVersion {
    /// The policy's account.
    pub owner: Owner,
    /// The policy.
    pub policy: UniqueId,
    /// The number behind the `v` of the version id; from 1.
    pub number: u32,
    /// The document.
    pub document: PolicyText,
    /// When it was made.
    pub created: Timestamp,
}

impl PolicyVersion {
    /// The versions of a policy; partition: account and policy id.
    pub const BY_POLICY: IndexSpec = IndexSpec::shared("policy-version/by-policy");

    /// All versions of an account's policies; partition: the account.
    pub const BY_ACCOUNT: IndexSpec = IndexSpec::shared("policy-version/by-account");

    /// The number in a version id `v7`; `None` for what is not one.
    #[must_use]
    pub fn number_of(version_id: &str) -> Option<u32> {
        version_id.strip_prefix('v')?.split('.').next()?.parse().ok().filter(|number| *number > 0)
    }
}

/// The key of a policy version: account, policy, number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyVersionKey {
    /// The policy's account.
    pub owner: Owner,
    /// The policy.
    pub policy: UniqueId,
    /// The version's number.
    pub number: u32,
}

impl std::fmt::Display for PolicyVersionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/v{}", self.owner, self.policy, self.number)
    }
}

impl RecordKey for PolicyVersionKey {
    fn path(&self) -> Cow<'_, str> {
        self.to_string().into()
    }

    fn parse_path(path: &str) -> Option<Self> {
        let mut parts = path.split('/');
        let owner = Owner::parse(parts.next()?).ok()?;
        let policy = UniqueId::parse(parts.next()?).ok()?;
        let number = PolicyVersion::number_of(parts.next()?)?;
        parts.next().is_none().then_some(Self { owner, policy, number })
    }
}

impl Record for PolicyVersion {
    const KIND: &'static str = "policy-version";
    const INDEXES: &'static [IndexSpec] = &[Self::BY_POLICY, Self::BY_ACCOUNT];
    type Key = PolicyVersionKey;

    fn key(&self) -> PolicyVersionKey {
        PolicyVersionKey { owner: self.owner, policy: self.policy.clone(), number: self.number }
    }

    fn entries(&self) -> Vec<IndexEntry> {
        let partition = format!("{}/{}", self.owner, self.policy);
        vec![
            Self::BY_POLICY.entry(partition, format!("{:010}", self.number)),
            Self::BY_ACCOUNT.entry(self.owner.to_string(), self.policy.as_str().to_owned()),
        ]
    }
}
