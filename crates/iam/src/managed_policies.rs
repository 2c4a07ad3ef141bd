//! Managed policies: the customer's own, and AWS's to look at.

mod detail;
mod entities;
mod listing;

use api::iam::faults;
use api::iam::types::{
    CreatePolicyInput, CreatePolicyOutput, DeletePolicyInput, GetPolicyInput, GetPolicyOutput,
    ListPolicyTagsInput, ListPolicyTagsOutput, TagPolicyInput, UntagPolicyInput,
};
use authz::Ask;
use directory::{Attachment, ManagedPolicy, Named as _, PolicyVersion, Role, User, arn_of};
use service::{Context, Paging, Result, Route, routes};
use types::{Arn, IdPrefix, Path, PolicyName};

use crate::Iam;
use crate::managed::{FoundPolicy, PolicyTarget};
use crate::tags::Keys;
use crate::target::Entity as _;
use crate::{document, quota, tags};

pub(crate) use detail::{
    AwsPolicy, Usage, aws_arn, aws_summary as aws_policy_summary, moment, summary as policy_summary,
};

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    CreatePolicy => create_policy,
    GetPolicy => get_policy,
    ListPolicies => list_policies,
    DeletePolicy => delete_policy,
    TagPolicy => tag_policy,
    UntagPolicy => untag_policy,
    ListPolicyTags => list_policy_tags,
    ListEntitiesForPolicy => list_entities_for_policy,
];

impl Iam {
    pub(crate) async fn create_policy(
        &self,
        cx: &Context<'_>,
        input: CreatePolicyInput,
    ) -> Result<CreatePolicyOutput> {
        let owner = cx.owner()?;
        let name = PolicyName::parse(&input.policy_name)?;
        let path = input.path.as_deref().map_or(Ok(Path::root()), Path::parse)?;
        let tags = Keys::Cased.parse(input.tags.as_deref())?;

        let arn = arn_of::<ManagedPolicy>(owner, &path, name.as_str());
        let mut asks = vec![Ask::new("iam:CreatePolicy", &arn).with_request_tags(&tags)];
        if !tags.is_empty() {
            // Tags on creation need leave to tag as well (AWS: "Tags for IAM resources").
            asks.push(Ask::new("iam:TagPolicy", &arn).with_request_tags(&tags));
        }
        let permit = cx.authorize_all(&asks).await?;

        let document = document::managed(&input.policy_document)?;
        let mut write = cx.write(&permit)?;
        let there =
            write.find::<ManagedPolicy>(&ManagedPolicy::BY_NAME, &owner.to_string(), &name.folded()).await?;
        if there.is_some() {
            return Err(ManagedPolicy::exists(name.as_str()).into());
        }
        quota::POLICIES.hold(&mut write, owner, owner.to_string()).await?;
        let id = cx.ids().unique_id(IdPrefix::Policy)?;
        let now = cx.now();
        let version = PolicyVersion { owner, policy: id.clone(), number: 1, document, created: now };
        let policy = ManagedPolicy {
            owner,
            id,
            name,
            path,
            description: input.description,
            created: now,
            updated: now,
            default_version: 1,
            next_version: 2,
            tags,
            is_aws: false,
        };
        write.insert(version).await?;
        let policy = write.insert(policy).await?;
        let mut shown = detail::summary(&policy, Usage::default());
        shown.description = policy.description.clone();
        shown.tags = tags::shown(&policy.tags);
        write.commit(CreatePolicyOutput { policy: Some(shown) }).await
    }

    pub(crate) async fn get_policy(
        &self,
        cx: &Context<'_>,
        input: GetPolicyInput,
    ) -> Result<GetPolicyOutput> {
        let target = PolicyTarget::at(cx, &input.policy_arn).await?;
        cx.authorize(target.ask("iam:GetPolicy")).await?;

        let shown = match target.existing()? {
            FoundPolicy::Customer(policy) => {
                let mut shown = detail::summary(&policy, Usage::of(cx, &policy.arn()).await?);
                shown.description = policy.description.clone();
                shown.tags = Some(tags::list(&policy.tags));
                shown
            }
            FoundPolicy::Aws(policy) => {
                let arn = aws_arn(cx.owner()?, policy)?;
                let mut shown = detail::aws_summary(policy, &arn, Usage::of(cx, &arn).await?)?;
                shown.tags = Some(Vec::new());
                shown
            }
        };
        Ok(GetPolicyOutput { policy: Some(shown) })
    }

    pub(crate) async fn delete_policy(&self, cx: &Context<'_>, input: DeletePolicyInput) -> Result<()> {
        let target = PolicyTarget::at(cx, &input.policy_arn).await?;
        let permit = cx.authorize(target.ask("iam:DeletePolicy")).await?;

        let policy = target.existing_customer()?;
        let mut write = cx.write(&permit)?;
        if is_used(&write, policy.owner, &policy.arn()).await? {
            return Err(faults::delete_conflict("Cannot delete a policy attached to entities.").into());
        }
        let versions =
            write.all::<PolicyVersion>(&PolicyVersion::BY_POLICY, &policy.versions_partition()).await?;
        if versions.len() > 1 {
            let message = "This policy has more than one version. Before you delete a policy, you must delete \
                           the policy's versions. The default version is deleted with the policy.";
            return Err(faults::delete_conflict(message).into());
        }
        for version in versions {
            write.delete::<PolicyVersion>(&store::Record::key(&*version)).await?;
        }
        write.delete::<ManagedPolicy>(&store::Record::key(&*policy)).await?;
        write.commit(()).await
    }

    pub(crate) async fn tag_policy(&self, cx: &Context<'_>, input: TagPolicyInput) -> Result<()> {
        let added = Keys::Cased.parse_some(&input.tags)?;
        let target = PolicyTarget::at(cx, &input.policy_arn).await?;
        let permit = cx.authorize(target.ask("iam:TagPolicy").with_request_tags(&added)).await?;

        let mut policy = (*target.existing_customer()?).clone();
        policy.tags = Keys::Cased.merged(&policy.tags, &added)?;
        let mut write = cx.write(&permit)?;
        write.put(policy).await?;
        write.commit(()).await
    }

    pub(crate) async fn untag_policy(&self, cx: &Context<'_>, input: UntagPolicyInput) -> Result<()> {
        let target = PolicyTarget::at(cx, &input.policy_arn).await?;
        let keys = input.tag_keys.iter().map(String::as_str);
        let permit = cx.authorize(target.ask("iam:UntagPolicy").with_tag_keys(keys)).await?;

        let mut policy = (*target.existing_customer()?).clone();
        policy.tags = Keys::Cased.without(&policy.tags, &input.tag_keys);
        let mut write = cx.write(&permit)?;
        write.put(policy).await?;
        write.commit(()).await
    }

    pub(crate) async fn list_policy_tags(
        &self,
        cx: &Context<'_>,
        input: ListPolicyTagsInput,
    ) -> Result<ListPolicyTagsOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        let target = PolicyTarget::at(cx, &input.policy_arn).await?;
        cx.authorize(target.ask("iam:ListPolicyTags")).await?;

        let tags = match target.existing()? {
            FoundPolicy::Customer(policy) => tags::list(&policy.tags),
            FoundPolicy::Aws(_) => Vec::new(),
        };
        let (tags, marker) = paging.slice(tags, tags::place);
        Ok(ListPolicyTagsOutput { tags, is_truncated: Some(marker.is_some()), marker })
    }
}

/// Whether the policy is attached to anyone or bounds anyone.
async fn is_used(write: &service::Write<'_>, owner: types::Owner, policy: &Arn) -> Result<bool> {
    let partition = Attachment::policy_partition(owner, policy);
    let all = store::Range::all;
    Ok(!write.scan::<Attachment>(&Attachment::BY_POLICY, &partition, all(), 1).await?.items.is_empty()
        || !write.scan::<User>(&User::BY_BOUNDARY, &partition, all(), 1).await?.items.is_empty()
        || !write.scan::<Role>(&Role::BY_BOUNDARY, &partition, all(), 1).await?.items.is_empty())
}
