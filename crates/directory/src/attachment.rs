//! Attachments of managed policies.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use store::{IndexEntry, IndexSpec, Record, RecordKey};
use types::{Arn, Owner, UniqueId};

use crate::entity::Grantee;

/// A managed policy's attachment to a user, group or role.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Attachment {
    /// To whom.
    pub holder: Grantee,
    /// The policy, the customer's or AWS's.
    pub policy: Arn,
}

impl Attachment {
    /// The managed policies of an identity; partition: account and the identity's id.
    pub const BY_HOLDER: IndexSpec = IndexSpec::shared("attachment/by-holder");
    /// The identities that have a policy; partition: account and policy ARN, sorted by kind and id.
    pub const BY_POLICY: IndexSpec = IndexSpec::shared("attachment/by-policy");

    /// The partition of [`Self::BY_POLICY`] for a policy in an account.
    #[must_use]
    pub fn policy_partition(owner: Owner, policy: &Arn) -> String {
        format!("{owner}/{policy}")
    }
}

/// The key of an attachment: account, holder, policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttachmentKey {
    /// The account.
    pub owner: Owner,
    /// The holder's unique id.
    pub holder: UniqueId,
    /// The policy.
    pub policy: Arn,
}

impl AttachmentKey {
    /// The key of this policy's attachment to this identity.
    #[must_use]
    pub fn new(holder: &Grantee, policy: Arn) -> Self {
        Self { owner: holder.owner, holder: holder.id.clone(), policy }
    }
}

impl std::fmt::Display for AttachmentKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.owner, self.holder, self.policy)
    }
}

impl RecordKey for AttachmentKey {
    fn path(&self) -> Cow<'_, str> {
        self.to_string().into()
    }

    fn parse_path(path: &str) -> Option<Self> {
        let mut parts = path.splitn(3, '/');
        let owner = Owner::parse(parts.next()?).ok()?;
        let holder = UniqueId::parse(parts.next()?).ok()?;
        let policy = Arn::parse(parts.next()?).ok()?;
        Some(Self { owner, holder, policy })
    }
}

impl Record for Attachment {
    const KIND: &'static str = "attachment";
    const INDEXES: &'static [IndexSpec] = &[Self::BY_HOLDER, Self::BY_POLICY];
    type Key = AttachmentKey;

    fn key(&self) -> AttachmentKey {
        AttachmentKey::new(&self.holder, self.policy.clone())
    }

    fn entries(&self) -> Vec<IndexEntry> {
        let by_policy = Self::policy_partition(self.holder.owner, &self.policy);
        let holder = format!("{}/{}", self.holder.kind.as_str(), self.holder.id);
        vec![
            Self::BY_HOLDER.entry(self.holder.partition(), self.policy.as_str().to_owned()),
            Self::BY_POLICY.entry(by_policy, holder),
        ]
    }
}
