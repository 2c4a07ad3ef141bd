//! Inline policies of users, groups and roles.

use api::iam::faults;
use api::iam::types::{
    DeleteGroupPolicyInput, DeleteRolePolicyInput, DeleteUserPolicyInput, GetGroupPolicyInput,
    GetGroupPolicyOutput, GetRolePolicyInput, GetRolePolicyOutput, GetUserPolicyInput, GetUserPolicyOutput,
    ListGroupPoliciesInput, ListGroupPoliciesOutput, ListRolePoliciesInput, ListRolePoliciesOutput,
    ListUserPoliciesInput, ListUserPoliciesOutput, PutGroupPolicyInput, PutRolePolicyInput,
    PutUserPolicyInput,
};
use directory::{Group, InlinePolicy, InlinePolicyKey, PolicyText, Role, User};
use service::{Context, Paging, Result, Route, routes};
use types::PolicyName;
use wire::Fault;

use crate::holder::{Holder, ask_to_change, leave_unless_protected};
use crate::target::Target;
use crate::{Iam, document};

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    PutUserPolicy => put_user_policy,
    GetUserPolicy => get_user_policy,
    ListUserPolicies => list_user_policies,
    DeleteUserPolicy => delete_user_policy,
    PutGroupPolicy => put_group_policy,
    GetGroupPolicy => get_group_policy,
    ListGroupPolicies => list_group_policies,
    DeleteGroupPolicy => delete_group_policy,
    PutRolePolicy => put_role_policy,
    GetRolePolicy => get_role_policy,
    ListRolePolicies => list_role_policies,
    DeleteRolePolicy => delete_role_policy,
];

impl Iam {
    pub(crate) async fn put_user_policy(&self, cx: &Context<'_>, input: PutUserPolicyInput) -> Result<()> {
        let place =
            Place { action: "iam:PutUserPolicy", holder: &input.user_name, policy: &input.policy_name };
        put::<User>(cx, place, &input.policy_document).await
    }

    pub(crate) async fn put_group_policy(&self, cx: &Context<'_>, input: PutGroupPolicyInput) -> Result<()> {
        let place =
            Place { action: "iam:PutGroupPolicy", holder: &input.group_name, policy: &input.policy_name };
        put::<Group>(cx, place, &input.policy_document).await
    }

    pub(crate) async fn put_role_policy(&self, cx: &Context<'_>, input: PutRolePolicyInput) -> Result<()> {
        let place =
            Place { action: "iam:PutRolePolicy", holder: &input.role_name, policy: &input.policy_name };
        put::<Role>(cx, place, &input.policy_document).await
    }

    pub(crate) async fn get_user_policy(
        &self,
        cx: &Context<'_>,
        input: GetUserPolicyInput,
    ) -> Result<GetUserPolicyOutput> {
        let place =
            Place { action: "iam:GetUserPolicy", holder: &input.user_name, policy: &input.policy_name };
        let (user_name, policy_name, policy_document) = get::<User>(cx, place).await?;
        Ok(GetUserPolicyOutput { user_name, policy_name, policy_document })
    }

    pub(crate) async fn get_group_policy(
        &self,
        cx: &Context<'_>,
        input: GetGroupPolicyInput,
    ) -> Result<GetGroupPolicyOutput> {
        let place =
            Place { action: "iam:GetGroupPolicy", holder: &input.group_name, policy: &input.policy_name };
        let (group_name, policy_name, policy_document) = get::<Group>(cx, place).await?;
        Ok(GetGroupPolicyOutput { group_name, policy_name, policy_document })
    }

    pub(crate) async fn get_role_policy(
        &self,
        cx: &Context<'_>,
        input: GetRolePolicyInput,
    ) -> Result<GetRolePolicyOutput> {
        let place =
            Place { action: "iam:GetRolePolicy", holder: &input.role_name, policy: &input.policy_name };
        let (role_name, policy_name, policy_document) = get::<Role>(cx, place).await?;
        Ok(GetRolePolicyOutput { role_name, policy_name, policy_document })
    }

    pub(crate) async fn list_user_policies(
        &self,
        cx: &Context<'_>,
        input: ListUserPoliciesInput,
    ) -> Result<ListUserPoliciesOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        let (policy_names, marker) =
            list::<User>(cx, "iam:ListUserPolicies", &input.user_name, &paging).await?;
        Ok(ListUserPoliciesOutput { policy_names, is_truncated: Some(marker.is_some()), marker })
    }

    pub(crate) async fn list_group_policies(
        &self,
        cx: &Context<'_>,
        input: ListGroupPoliciesInput,
    ) -> Result<ListGroupPoliciesOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        let (policy_names, marker) =
            list::<Group>(cx, "iam:ListGroupPolicies", &input.group_name, &paging).await?;
        Ok(ListGroupPoliciesOutput { policy_names, is_truncated: Some(marker.is_some()), marker })
    }

    pub(crate) async fn list_role_policies(
        &self,
        cx: &Context<'_>,
        input: ListRolePoliciesInput,
    ) -> Result<ListRolePoliciesOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        let (policy_names, marker) =
            list::<Role>(cx, "iam:ListRolePolicies", &input.role_name, &paging).await?;
        Ok(ListRolePoliciesOutput { policy_names, is_truncated: Some(marker.is_some()), marker })
    }

    pub(crate) async fn delete_user_policy(
        &self,
        cx: &Context<'_>,
        input: DeleteUserPolicyInput,
    ) -> Result<()> {
        let place =
            Place { action: "iam:DeleteUserPolicy", holder: &input.user_name, policy: &input.policy_name };
        delete::<User>(cx, place).await
    }

    pub(crate) async fn delete_group_policy(
        &self,
        cx: &Context<'_>,
        input: DeleteGroupPolicyInput,
    ) -> Result<()> {
        let place =
            Place { action: "iam:DeleteGroupPolicy", holder: &input.group_name, policy: &input.policy_name };
        delete::<Group>(cx, place).await
    }

    pub(crate) async fn delete_role_policy(
        &self,
        cx: &Context<'_>,
        input: DeleteRolePolicyInput,
    ) -> Result<()> {
        let place =
            Place { action: "iam:DeleteRolePolicy", holder: &input.role_name, policy: &input.policy_name };
        delete::<Role>(cx, place).await
    }
}

/// Which policy of which holder a request is about, and the action that it asks leave for.
struct Place<'r> {
    action: &'static str,
    holder: &'r str,
    policy: &'r str,
}

async fn put<H: Holder>(cx: &Context<'_>, place: Place<'_>, document: &str) -> Result<()> {
    let name = PolicyName::parse(place.policy)?;
    let target = Target::<H>::named(cx, place.holder).await?;
    let permit = leave_unless_protected(cx, &target, ask_to_change(&target, place.action)).await?;

    let entity = target.existing()?;
    let parsed = policy::validate::identity_policy(document).map_err(|cause| document::malformed(&cause))?;
    let holder = entity.grantee();
    let mut write = cx.write(&permit)?;
    let others = write.all::<InlinePolicy>(&InlinePolicy::BY_HOLDER, &holder.partition()).await?;
    // A name is one however it is written; the policy keeps the writing that it was made with.
    let there = others.iter().find(|policy| is_called(policy, name.as_str()));
    let name = there.map_or(name, |policy| policy.name.clone());
    let others = others.iter().filter(|policy| policy.name != name);
    let together = others.map(|policy| H::INLINE.size(policy.document.as_str())).sum::<usize>();
    if together.saturating_add(H::INLINE.size(document)) > H::INLINE.limit {
        return Err(too_large(&*entity).into());
    }
    write.put(InlinePolicy { holder, name, document: PolicyText::accepted(document, &parsed) }).await?;
    write.commit(()).await
}

/// The names of holder and policy as they are kept, and the document.
async fn get<H: Holder>(cx: &Context<'_>, place: Place<'_>) -> Result<(String, String, String)> {
    let target = Target::<H>::named(cx, place.holder).await?;
    cx.authorize(target.ask(place.action)).await?;

    let entity = target.existing()?;
    let partition = entity.grantee().partition();
    let all = cx.read().all::<InlinePolicy>(&InlinePolicy::BY_HOLDER, &partition).await?;
    let policy = all.iter().find(|policy| is_called(policy, place.policy));
    let policy = policy.ok_or_else(|| missing::<H>(place.policy))?;
    // The name is answered as it was asked for.
    Ok((entity.name().to_owned(), place.policy.to_owned(), policy.document.as_str().to_owned()))
}

async fn list<H: Holder>(
    cx: &Context<'_>,
    action: &'static str,
    holder: &str,
    paging: &Paging,
) -> Result<(Vec<String>, Option<String>)> {
    let target = Target::<H>::named(cx, holder).await?;
    cx.authorize(target.ask(action)).await?;

    let partition = target.existing()?.grantee().partition();
    // All of them fit into the quota of characters; their names alone make markers that are short enough.
    let all = cx.read().all::<InlinePolicy>(&InlinePolicy::BY_HOLDER, &partition).await?;
    let names = all.iter().map(|policy| policy.name.to_string()).collect();
    Ok(paging.slice(names, String::clone))
}

async fn delete<H: Holder>(cx: &Context<'_>, place: Place<'_>) -> Result<()> {
    let target = Target::<H>::named(cx, place.holder).await?;
    let permit = leave_unless_protected(cx, &target, ask_to_change(&target, place.action)).await?;

    let entity = target.existing()?;
    let mut write = cx.write(&permit)?;
    let all = write.all::<InlinePolicy>(&InlinePolicy::BY_HOLDER, &entity.grantee().partition()).await?;
    let policy = all.iter().find(|policy| is_called(policy, place.policy));
    let policy = policy.ok_or_else(|| missing::<H>(place.policy))?;
    write.delete::<InlinePolicy>(&InlinePolicyKey::new(&policy.holder, policy.name.clone())).await?;
    write.commit(()).await
}

/// Whether a policy has this name; case does not matter.
fn is_called(policy: &InlinePolicy, name: &str) -> bool {
    policy.name.as_str().eq_ignore_ascii_case(name)
}

fn missing<H: Holder>(policy: &str) -> Fault {
    faults::no_such_entity(format!("The {} policy with name {policy} cannot be found.", H::NOUN))
}

fn too_large<H: Holder>(entity: &H) -> Fault {
    let (noun, name, limit) = (H::NOUN, entity.name(), H::INLINE.limit);
    faults::limit_exceeded(format!("Maximum policy size of {limit} bytes exceeded for {noun} {name}"))
}
