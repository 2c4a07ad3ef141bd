//! Managed policies attached to users, groups and roles.

use std::sync::Arc;

use api::iam::faults;
use api::iam::types::{
    AttachGroupPolicyInput, AttachRolePolicyInput, AttachUserPolicyInput, AttachedPolicy,
    DetachGroupPolicyInput, DetachRolePolicyInput, DetachUserPolicyInput, ListAttachedGroupPoliciesInput,
    ListAttachedGroupPoliciesOutput, ListAttachedRolePoliciesInput, ListAttachedRolePoliciesOutput,
    ListAttachedUserPoliciesInput, ListAttachedUserPoliciesOutput,
};
use directory::{Attachment, AttachmentKey, Group, Role, User};
use service::{Context, Paging, Result, Route, routes};
use types::Arn;

use crate::Iam;
use crate::holder::{Holder, ask_to_change, leave_unless_protected, path_of, refuse_service_policy};
use crate::managed::PolicyTarget;
use crate::target::Target;
use crate::{managed, quota};

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    AttachUserPolicy => attach_user_policy,
    DetachUserPolicy => detach_user_policy,
    ListAttachedUserPolicies => list_attached_user_policies,
    AttachGroupPolicy => attach_group_policy,
    DetachGroupPolicy => detach_group_policy,
    ListAttachedGroupPolicies => list_attached_group_policies,
    AttachRolePolicy => attach_role_policy,
    DetachRolePolicy => detach_role_policy,
    ListAttachedRolePolicies => list_attached_role_policies,
];

impl Iam {
    pub(crate) async fn attach_user_policy(
        &self,
        cx: &Context<'_>,
        input: AttachUserPolicyInput,
    ) -> Result<()> {
        attach::<User>(cx, "iam:AttachUserPolicy", &input.user_name, &input.policy_arn).await
    }

    pub(crate) async fn attach_group_policy(
        &self,
        cx: &Context<'_>,
        input: AttachGroupPolicyInput,
    ) -> Result<()> {
        attach::<Group>(cx, "iam:AttachGroupPolicy", &input.group_name, &input.policy_arn).await
    }

    pub(crate) async fn attach_role_policy(
        &self,
        cx: &Context<'_>,
        input: AttachRolePolicyInput,
    ) -> Result<()> {
        attach::<Role>(cx, "iam:AttachRolePolicy", &input.role_name, &input.policy_arn).await
    }

    pub(crate) async fn detach_user_policy(
        &self,
        cx: &Context<'_>,
        input: DetachUserPolicyInput,
    ) -> Result<()> {
        detach::<User>(cx, "iam:DetachUserPolicy", &input.user_name, &input.policy_arn).await
    }

    pub(crate) async fn detach_group_policy(
        &self,
        cx: &Context<'_>,
        input: DetachGroupPolicyInput,
    ) -> Result<()> {
        detach::<Group>(cx, "iam:DetachGroupPolicy", &input.group_name, &input.policy_arn).await
    }

    pub(crate) async fn detach_role_policy(
        &self,
        cx: &Context<'_>,
        input: DetachRolePolicyInput,
    ) -> Result<()> {
        detach::<Role>(cx, "iam:DetachRolePolicy", &input.role_name, &input.policy_arn).await
    }

    pub(crate) async fn list_attached_user_policies(
        &self,
        cx: &Context<'_>,
        input: ListAttachedUserPoliciesInput,
    ) -> Result<ListAttachedUserPoliciesOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        let target = Target::<User>::named(cx, &input.user_name).await?;
        cx.authorize(target.ask("iam:ListAttachedUserPolicies")).await?;

        let (policies, marker) =
            list(cx, &*target.existing()?, input.path_prefix.as_deref(), &paging).await?;
        Ok(ListAttachedUserPoliciesOutput {
            attached_policies: Some(policies),
            is_truncated: Some(marker.is_some()),
            marker,
        })
    }

    pub(crate) async fn list_attached_group_policies(
        &self,
        cx: &Context<'_>,
        input: ListAttachedGroupPoliciesInput,
    ) -> Result<ListAttachedGroupPoliciesOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        let target = Target::<Group>::named(cx, &input.group_name).await?;
        cx.authorize(target.ask("iam:ListAttachedGroupPolicies")).await?;

        let (policies, marker) =
            list(cx, &*target.existing()?, input.path_prefix.as_deref(), &paging).await?;
        Ok(ListAttachedGroupPoliciesOutput {
            attached_policies: Some(policies),
            is_truncated: Some(marker.is_some()),
            marker,
        })
    }

    pub(crate) async fn list_attached_role_policies(
        &self,
        cx: &Context<'_>,
        input: ListAttachedRolePoliciesInput,
    ) -> Result<ListAttachedRolePoliciesOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        let target = Target::<Role>::named(cx, &input.role_name).await?;
        cx.authorize(target.ask("iam:ListAttachedRolePolicies")).await?;

        let (policies, marker) =
            list(cx, &*target.existing()?, input.path_prefix.as_deref(), &paging).await?;
        Ok(ListAttachedRolePoliciesOutput {
            attached_policies: Some(policies),
            is_truncated: Some(marker.is_some()),
            marker,
        })
    }
}

/// Attaches a policy; what is attached already stays so.
async fn attach<H: Holder>(cx: &Context<'_>, action: &'static str, name: &str, arn: &str) -> Result<()> {
    let target = Target::<H>::named(cx, name).await?;
    let PolicyTarget { arn, .. } = PolicyTarget::at(cx, arn).await?;
    let attachable = managed::require(cx, &arn).await;
    let ask = ask_to_change(&target, action).with("iam:PolicyARN", arn.as_str());
    let permit = leave_unless_protected(cx, &target, ask).await?;

    let entity = target.existing()?;
    attachable?;
    refuse_service_policy::<H>(&arn)?;
    let holder = entity.grantee();
    let mut write = cx.write(&permit)?;
    if write.get::<Attachment>(&AttachmentKey::new(&holder, arn.clone())).await?.is_some() {
        return Ok(());
    }
    quota::attached_to(&holder).hold(&mut write, holder.owner, holder.partition()).await?;
    write.insert(Attachment { holder, policy: arn }).await?;
    write.commit(()).await
}

async fn detach<H: Holder>(cx: &Context<'_>, action: &'static str, name: &str, arn: &str) -> Result<()> {
    let target = Target::<H>::named(cx, name).await?;
    let PolicyTarget { arn, .. } = PolicyTarget::at(cx, arn).await?;
    let ask = ask_to_change(&target, action).with("iam:PolicyARN", arn.as_str());
    let permit = leave_unless_protected(cx, &target, ask).await?;

    let entity = target.existing()?;
    let mut write = cx.write(&permit)?;
    let key = AttachmentKey::new(&entity.grantee(), arn);
    if write.get::<Attachment>(&key).await?.is_none() {
        let arn = &key.policy;
        return Err(faults::no_such_entity(format!("Policy {arn} was not found.")).into());
    }
    write.delete::<Attachment>(&key).await?;
    write.commit(()).await
}

/// A page of what is attached to a holder, by name. There are few, so the path prefix picks from all of them.
async fn list<H: Holder>(
    cx: &Context<'_>,
    holder: &H,
    path_prefix: Option<&str>,
    paging: &Paging,
) -> Result<(Vec<AttachedPolicy>, Option<String>)> {
    let prefix = path_prefix.unwrap_or("/");
    let all = cx.read().all::<Attachment>(&Attachment::BY_HOLDER, &holder.grantee().partition()).await?;
    let is_shown = |attachment: &Arc<Attachment>| path_of(&attachment.policy).starts_with(prefix);
    let mut shown: Vec<_> = all.into_iter().filter(is_shown).collect();
    shown.sort_by_key(|attachment| place_of(&attachment.policy));
    let (page, marker) = paging.slice(shown, |attachment| place_of(&attachment.policy));
    let policies = page
        .iter()
        .map(|attachment| AttachedPolicy {
            policy_name: Some(managed::name_of(&attachment.policy)),
            policy_arn: Some(attachment.policy.to_string()),
        })
        .collect();
    Ok((policies, marker))
}

/// The place in the list. An account's names are unique, and so are AWS's.
fn place_of(policy: &Arn) -> String {
    format!("{}/{}", managed::name_of(policy).to_ascii_lowercase(), policy.account_part())
}
