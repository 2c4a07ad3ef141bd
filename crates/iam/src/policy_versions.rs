//! The versions of managed policies.

use std::sync::Arc;

use api::iam::faults;
use api::iam::types::{
    CreatePolicyVersionInput, CreatePolicyVersionOutput, DeletePolicyVersionInput, GetPolicyVersionInput,
    GetPolicyVersionOutput, ListPolicyVersionsInput, ListPolicyVersionsOutput,
    PolicyVersion as VersionDetail, SetDefaultPolicyVersionInput,
};
use directory::{ManagedPolicy, Named as _, PolicyVersion};
use service::{Context, Paging, Result, Route, routes};
use wire::Fault;

use crate::Iam;
use crate::managed::{FoundPolicy, PolicyTarget};
use crate::managed_policies::moment;
use crate::{document, quota};

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    CreatePolicyVersion => create_policy_version,
    GetPolicyVersion => get_policy_version,
    ListPolicyVersions => list_policy_versions,
    DeletePolicyVersion => delete_policy_version,
    SetDefaultPolicyVersion => set_default_policy_version,
];

impl Iam {
    pub(crate) async fn create_policy_version(
        &self,
        cx: &Context<'_>,
        input: CreatePolicyVersionInput,
    ) -> Result<CreatePolicyVersionOutput> {
        let target = PolicyTarget::at(cx, &input.policy_arn).await?;
        let permit = cx.authorize(target.ask("iam:CreatePolicyVersion")).await?;

        let mut policy = (*target.existing_customer()?).clone();
        let document = document::managed(&input.policy_document)?;
        let mut write = cx.write(&permit)?;
        let partition = policy.versions_partition();
        let there = write.all::<PolicyVersion>(&PolicyVersion::BY_POLICY, &partition).await?;
        let most = quota::VERSIONS.within(&write, policy.owner).await?;
        if there.len() as u64 >= most {
            let message = format!(
                "A managed policy can have up to {most} versions. Before you create a new version, you must delete an \
                 existing version."
            );
            return Err(faults::limit_exceeded(message).into());
        }
        let number = policy.next_version;
        policy.next_version = number.saturating_add(1);
        policy.updated = cx.now();
        if input.set_as_default == Some(true) {
            policy.default_version = number;
        }
        let (owner, id) = (policy.owner, policy.id.clone());
        let version = PolicyVersion { owner, policy: id, number, document, created: cx.now() };
        let version = write.insert(version).await?;
        let policy = write.put(policy).await?;
        let shown = summary(&policy, &version);
        write.commit(CreatePolicyVersionOutput { policy_version: Some(shown) }).await
    }

    pub(crate) async fn get_policy_version(
        &self,
        cx: &Context<'_>,
        input: GetPolicyVersionInput,
    ) -> Result<GetPolicyVersionOutput> {
        let target = PolicyTarget::at(cx, &input.policy_arn).await?;
        cx.authorize(target.ask("iam:GetPolicyVersion")).await?;

        let shown = match target.existing()? {
            FoundPolicy::Customer(policy) => {
                let version = version(cx, &policy, &input.version_id).await?;
                let mut shown = summary(&policy, &version);
                shown.document = Some(version.document.as_str().to_owned());
                shown
            }
            FoundPolicy::Aws(policy) if policy.default_version() == input.version_id => {
                let mut shown = aws_summary(policy)?;
                shown.document = Some(policy.document().to_owned());
                shown
            }
            FoundPolicy::Aws(_) => return Err(missing(&input.policy_arn, &input.version_id).into()),
        };
        Ok(GetPolicyVersionOutput { policy_version: Some(shown) })
    }

    pub(crate) async fn list_policy_versions(
        &self,
        cx: &Context<'_>,
        input: ListPolicyVersionsInput,
    ) -> Result<ListPolicyVersionsOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        let target = PolicyTarget::at(cx, &input.policy_arn).await?;
        cx.authorize(target.ask("iam:ListPolicyVersions")).await?;

        let (versions, marker) = match target.existing()? {
            FoundPolicy::Customer(policy) => {
                let partition = policy.versions_partition();
                let mut versions =
                    cx.read().all::<PolicyVersion>(&PolicyVersion::BY_POLICY, &partition).await?;
                // The newest comes first.
                versions.reverse();
                let (versions, marker) =
                    paging.slice(versions, |version| format!("{:010}", u32::MAX - version.number));
                (versions.iter().map(|version| summary(&policy, version)).collect(), marker)
            }
            FoundPolicy::Aws(policy) => paging
                .slice(vec![aws_summary(policy)?], |version| version.version_id.clone().unwrap_or_default()),
        };
        Ok(ListPolicyVersionsOutput {
            versions: Some(versions),
            is_truncated: Some(marker.is_some()),
            marker,
        })
    }

    pub(crate) async fn delete_policy_version(
        &self,
        cx: &Context<'_>,
        input: DeletePolicyVersionInput,
    ) -> Result<()> {
        let target = PolicyTarget::at(cx, &input.policy_arn).await?;
        let permit = cx.authorize(target.ask("iam:DeletePolicyVersion")).await?;

        let policy = target.existing_customer()?;
        let version = version(cx, &policy, &input.version_id).await?;
        if version.number == policy.default_version {
            return Err(faults::delete_conflict("Cannot delete the default version of a policy.").into());
        }
        let mut write = cx.write(&permit)?;
        write.delete::<PolicyVersion>(&store::Record::key(&*version)).await?;
        write.commit(()).await
    }

    pub(crate) async fn set_default_policy_version(
        &self,
        cx: &Context<'_>,
        input: SetDefaultPolicyVersionInput,
    ) -> Result<()> {
        let target = PolicyTarget::at(cx, &input.policy_arn).await?;
        let permit = cx.authorize(target.ask("iam:SetDefaultPolicyVersion")).await?;

        let mut policy = (*target.existing_customer()?).clone();
        let Some(number) = PolicyVersion::number_of(&input.version_id) else {
            return Err(missing(&input.policy_arn, &input.version_id).into());
        };
        let mut write = cx.write(&permit)?;
        // Read within the write, so that the version cannot be deleted in between.
        if write.get::<PolicyVersion>(&policy.version_key(number)).await?.is_none() {
            return Err(missing(&input.policy_arn, &input.version_id).into());
        }
        policy.default_version = number;
        write.put(policy).await?;
        write.commit(()).await
    }
}

/// A version of a customer managed policy, or `NoSuchEntity`.
async fn version(cx: &Context<'_>, policy: &ManagedPolicy, version_id: &str) -> Result<Arc<PolicyVersion>> {
    let version = match PolicyVersion::number_of(version_id) {
        Some(number) => cx.read().get::<PolicyVersion>(&policy.version_key(number)).await?,
        None => None,
    };
    Ok(version.ok_or_else(|| missing(policy.arn().as_str(), version_id))?)
}

/// The version without its document.
pub(crate) fn summary(policy: &ManagedPolicy, version: &PolicyVersion) -> VersionDetail {
    VersionDetail {
        document: None,
        version_id: Some(format!("v{}", version.number)),
        is_default_version: Some(version.number == policy.default_version),
        create_date: Some(version.created),
    }
}

/// The one version that we know of a policy of AWS's, without its document.
pub(crate) fn aws_summary(policy: &catalog::ManagedPolicy) -> Result<VersionDetail> {
    Ok(VersionDetail {
        document: None,
        version_id: Some(policy.default_version().to_owned()),
        is_default_version: Some(true),
        create_date: Some(moment(policy.update_date())?),
    })
}

fn missing(arn: &str, version_id: &str) -> Fault {
    faults::no_such_entity(format!("Policy {arn} version {version_id} does not exist or is not attachable."))
}
