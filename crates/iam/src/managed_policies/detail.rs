//! Managed policies as responses show them.

use std::sync::Arc;

use api::iam::types::Policy as PolicyDetail;
use directory::{Attachment, ManagedPolicy, Named as _, Role, User};
use jiff::Timestamp;
use service::{Context, Error, Result};
use types::{Arn, Owner};

/// How many entities of the caller's account use a policy, and as what.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    /// Users, groups and roles that it is attached to.
    pub(crate) attachments: u64,
    /// Users and roles that it bounds.
    pub(crate) boundaries: u64,
}

impl Usage {
    /// Counts the uses of a policy.
    pub(crate) async fn of(cx: &Context<'_>, policy: &Arn) -> Result<Self> {
        let partition = Attachment::policy_partition(cx.owner()?, policy);
        let read = cx.read();
        let attachments = read.count(&Attachment::BY_POLICY, &partition).await?;
        let users = read.count(&User::BY_BOUNDARY, &partition).await?;
        let roles = read.count(&Role::BY_BOUNDARY, &partition).await?;
        Ok(Self { attachments, boundaries: users.saturating_add(roles) })
    }
}

/// The policy as lists answer: without description and tags (AWS: "ListPolicies").
pub(crate) fn summary(policy: &ManagedPolicy, usage: Usage) -> PolicyDetail {
    PolicyDetail {
        policy_name: Some(policy.name.to_string()),
        policy_id: Some(policy.id.to_string()),
        arn: Some(policy.arn().to_string()),
        path: Some(policy.path.to_string()),
        default_version_id: Some(format!("v{}", policy.default_version)),
        attachment_count: Some(shown(usage.attachments)),
        permissions_boundary_usage_count: Some(shown(usage.boundaries)),
        is_attachable: Some(true),
        description: None,
        create_date: Some(policy.created),
        update_date: Some(policy.updated),
        tags: None,
    }
}

/// A policy of AWS's as lists answer.
pub(crate) fn aws_summary(policy: &catalog::ManagedPolicy, arn: &Arn, usage: Usage) -> Result<PolicyDetail> {
    Ok(PolicyDetail {
        policy_name: Some(policy.name().to_owned()),
        policy_id: Some(policy.id().to_owned()),
        arn: Some(arn.to_string()),
        path: Some(policy.path().to_owned()),
        default_version_id: Some(policy.default_version().to_owned()),
        attachment_count: Some(shown(usage.attachments)),
        permissions_boundary_usage_count: Some(shown(usage.boundaries)),
        is_attachable: Some(true),
        description: None,
        create_date: Some(moment(policy.create_date())?),
        update_date: Some(moment(policy.update_date())?),
        tags: None,
    })
}

/// A policy of AWS's: of the catalog, or brought by an import.
pub(crate) enum AwsPolicy {
    /// Of the catalog.
    Known(&'static catalog::ManagedPolicy),
    /// Brought by an import.
    Imported(Arc<ManagedPolicy>),
}

impl AwsPolicy {
    /// All that the caller's account knows, by name.
    pub(crate) async fn all(cx: &Context<'_>) -> Result<Vec<Self>> {
        let partition = ManagedPolicy::aws_partition(cx.owner()?);
        let imported = cx.read().all::<ManagedPolicy>(&ManagedPolicy::BY_NAME, &partition).await?;
        let mut all: Vec<Self> = catalog::managed_policies().iter().map(Self::Known).collect();
        // The catalog may have learnt of a policy since it was imported; then the catalog's is in force.
        let lacking = |policy: &Arc<ManagedPolicy>| {
            catalog::managed_policy(&format!("{}{}", policy.path, policy.name)).is_none()
        };
        let imported: Vec<Self> = imported.into_iter().filter(lacking).map(Self::Imported).collect();
        if !imported.is_empty() {
            all.extend(imported);
            all.sort_by_cached_key(|policy| policy.name().to_ascii_lowercase());
        }
        Ok(all)
    }

    /// The name.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Known(policy) => policy.name(),
            Self::Imported(policy) => policy.name.as_str(),
        }
    }

    /// The path.
    pub(crate) fn path(&self) -> &str {
        match self {
            Self::Known(policy) => policy.path(),
            Self::Imported(policy) => policy.path.as_str(),
        }
    }

    /// The ARN as an account sees it.
    pub(crate) fn arn(&self, owner: Owner) -> Result<Arn> {
        match self {
            Self::Known(policy) => aws_arn(owner, policy),
            Self::Imported(policy) => Ok(policy.arn()),
        }
    }

    /// The policy as lists answer.
    pub(crate) fn summary(&self, arn: &Arn, usage: Usage) -> Result<PolicyDetail> {
        match self {
            Self::Known(policy) => aws_summary(policy, arn, usage),
            Self::Imported(policy) => Ok(summary(policy, usage)),
        }
    }
}

/// The ARN of a policy of AWS's as an account sees it.
pub(crate) fn aws_arn(owner: Owner, policy: &catalog::ManagedPolicy) -> Result<Arn> {
    Ok(Arn::parse(&policy.arn(owner.partition.as_str()))?)
}

/// A moment of the catalog.
pub(crate) fn moment(text: &str) -> Result<Timestamp> {
    text.parse().map_err(Error::internal)
}

/// A count as a response shows it.
pub(crate) fn shown(count: u64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
