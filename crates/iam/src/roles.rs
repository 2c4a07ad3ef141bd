//! Roles: identities that others assume for a while.

mod detail;

use api::iam::faults;
use api::iam::types::{
    CreateRoleInput, CreateRoleOutput, DeleteRoleInput, GetRoleInput, GetRoleOutput, ListRoleTagsInput,
    ListRoleTagsOutput, ListRolesInput, ListRolesOutput, TagRoleInput, UntagRoleInput,
    UpdateAssumeRolePolicyInput, UpdateRoleDescriptionInput, UpdateRoleDescriptionOutput, UpdateRoleInput,
    UpdateRoleOutput,
};
use authz::{Ask, Permit};
use directory::{Attachment, InlinePolicy, InstanceProfile, Named as _, Role, TemplatedRole, arn_of};
use service::{Context, Paging, Result, Route, routes};
use types::{Arn, IdPrefix, Path, RoleName};

use crate::Iam;
use crate::holder::{ask_to_change, leave_unless_protected};
use crate::tags::Keys;
use crate::target::{Entity as _, Target, collection};
use crate::{document, fault, managed, quota, role_templates, tags};

pub(crate) use detail::{created, in_profile, last_used, trust_policy};

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    CreateRole => create_role,
    GetRole => get_role,
    ListRoles => list_roles,
    UpdateRole => update_role,
    UpdateRoleDescription => update_role_description,
    UpdateAssumeRolePolicy => update_assume_role_policy,
    DeleteRole => delete_role,
    TagRole => tag_role,
    UntagRole => untag_role,
    ListRoleTags => list_role_tags,
];

/// The longest session where a role does not say, in seconds.
const ONE_HOUR: i32 = 3_600;

impl Iam {
    pub(crate) async fn create_role(
        &self,
        cx: &Context<'_>,
        input: CreateRoleInput,
    ) -> Result<CreateRoleOutput> {
        let owner = cx.owner()?;
        let name = RoleName::parse(&input.role_name)?;
        let path = input.path.as_deref().map_or(Ok(Path::root()), Path::parse)?;
        let boundary = input.permissions_boundary.as_deref().map(Arn::parse).transpose()?;
        let tags = Keys::Caseless.parse(input.tags.as_deref())?;
        let trust = document::first_trust(cx, &input.assume_role_policy_document).await?;
        let bounded = match &boundary {
            Some(boundary) => managed::require_boundary(cx, boundary).await,
            None => Ok(()),
        };

        let arn = arn_of::<Role>(owner, &path, name.as_str());
        let mut ask = Ask::new("iam:CreateRole", &arn).with_request_tags(&tags);
        if let Some(boundary) = &boundary {
            ask = ask.with("iam:PermissionsBoundary", boundary.as_str());
        }
        let mut asks = vec![ask];
        if !tags.is_empty() {
            // Tags on creation need leave to tag as well (AWS: "Tags for IAM resources").
            asks.push(Ask::new("iam:TagRole", &arn).with_request_tags(&tags));
        }
        let permit = cx.authorize_all(&asks).await?;

        if path.as_str().starts_with("/aws-service-role/") {
            // Such a role would be beyond change and beyond service control policies.
            return Err(faults::invalid_input(format!(
                "Path {path} is reserved for service-linked roles and cannot be used."
            ))
            .into());
        }
        let document::Trust { text, trusted } = trust?;
        bounded?;
        let mut write = cx.write(&permit)?;
        if write.find::<Role>(&Role::BY_NAME, &owner.to_string(), &name.folded()).await?.is_some() {
            return Err(Role::exists(name.as_str()).into());
        }
        quota::ROLES.hold(&mut write, owner, owner.to_string()).await?;
        let role = Role {
            owner,
            id: cx.ids().unique_id(IdPrefix::Role)?,
            name,
            path,
            created: cx.now(),
            trust_policy: text,
            trusted,
            description: input.description,
            max_session_duration: input.max_session_duration.unwrap_or(ONE_HOUR),
            boundary,
            tags,
        };
        let role = write.insert(role).await?;
        let shown = detail::created(&role, input.max_session_duration);
        write.commit(CreateRoleOutput { role: shown }).await
    }

    pub(crate) async fn get_role(&self, cx: &Context<'_>, input: GetRoleInput) -> Result<GetRoleOutput> {
        let target = Target::<Role>::named(cx, &input.role_name).await?;
        cx.authorize(ask_to_change(&target, "iam:GetRole")).await?;

        let role = target.existing()?;
        let mut shown = detail::full(&role, &trust_policy(cx, &role).await?);
        shown.role_last_used = Some(last_used(cx, &role).await?);
        shown.source_role_template = role_templates::source(cx, &role).await?;
        Ok(GetRoleOutput { role: shown })
    }

    pub(crate) async fn list_roles(
        &self,
        cx: &Context<'_>,
        input: ListRolesInput,
    ) -> Result<ListRolesOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        cx.authorize(Ask::new("iam:ListRoles", &collection::<Role>(cx)?)).await?;

        let page = crate::list::entities::<Role>(cx, &paging, input.path_prefix.as_deref()).await?;
        let mut roles = Vec::with_capacity(page.items.len());
        for role in &page.items {
            // ListRoles leaves out boundary, tags and last use (AWS: "ListRoles").
            roles.push(detail::summary(role, &trust_policy(cx, role).await?));
        }
        Ok(ListRolesOutput {
            roles,
            is_truncated: Some(page.next.is_some()),
            marker: page.next.as_ref().map(Paging::marker),
        })
    }

    pub(crate) async fn update_role(
        &self,
        cx: &Context<'_>,
        input: UpdateRoleInput,
    ) -> Result<UpdateRoleOutput> {
        let target = Target::<Role>::named(cx, &input.role_name).await?;
        let permit = leave_to_change(cx, &target, "iam:UpdateRole").await?;

        let mut role = (*target.existing()?).clone();
        // A service's role may be described anew, and nothing else of it changed.
        if is_protected(&role) && input.max_session_duration.is_some() {
            let message = format!(
                "{} is an AWS service linked role, max session duration cannot be changed.",
                role.name
            );
            let is_linked = role.is_service_linked();
            let fault = if is_linked { faults::unmodifiable_entity(message) } else { unmodifiable(&role) };
            return Err(fault.into());
        }
        // What the request does not name stays.
        role.description = input.description.or(role.description);
        role.max_session_duration = input.max_session_duration.unwrap_or(role.max_session_duration);
        let mut write = cx.write(&permit)?;
        write.put(role).await?;
        write.commit(UpdateRoleOutput::default()).await
    }

    pub(crate) async fn update_role_description(
        &self,
        cx: &Context<'_>,
        input: UpdateRoleDescriptionInput,
    ) -> Result<UpdateRoleDescriptionOutput> {
        let target = Target::<Role>::named(cx, &input.role_name).await?;
        let permit = leave_to_change(cx, &target, "iam:UpdateRoleDescription").await?;

        let mut role = (*target.existing()?).clone();
        role.description = Some(input.description);
        let trust = trust_policy(cx, &role).await?;
        let mut write = cx.write(&permit)?;
        let role = write.put(role).await?;
        write.commit(UpdateRoleDescriptionOutput { role: Some(detail::full(&role, &trust)) }).await
    }

    pub(crate) async fn update_assume_role_policy(
        &self,
        cx: &Context<'_>,
        input: UpdateAssumeRolePolicyInput,
    ) -> Result<()> {
        let target = Target::<Role>::named(cx, &input.role_name).await?;
        let trust = document::trust(cx, &input.policy_document).await?;
        let permit = leave_to_change(cx, &target, "iam:UpdateAssumeRolePolicy").await?;

        let mut role = (*target.existing()?).clone();
        let document::Trust { text, trusted } = trust?;
        role.trust_policy = text;
        role.trusted = trusted;
        let mut write = cx.write(&permit)?;
        write.put(role).await?;
        write.commit(()).await
    }

    pub(crate) async fn delete_role(&self, cx: &Context<'_>, input: DeleteRoleInput) -> Result<()> {
        let target = Target::<Role>::named(cx, &input.role_name).await?;
        let permit = leave_to_change(cx, &target, "iam:DeleteRole").await?;

        let role = target.existing()?;
        let mut write = cx.write(&permit)?;
        let partition = role.grantee().partition();
        if !write.all::<InstanceProfile>(&InstanceProfile::BY_ROLE, &partition).await?.is_empty() {
            return Err(fault::is_held("remove roles from instance profile").into());
        }
        if !write.all::<Attachment>(&Attachment::BY_HOLDER, &partition).await?.is_empty() {
            return Err(fault::is_held("detach all policies").into());
        }
        if !write.all::<InlinePolicy>(&InlinePolicy::BY_HOLDER, &partition).await?.is_empty() {
            return Err(fault::is_held("delete policies").into());
        }
        let key = store::Record::key(&*role);
        if write.get::<TemplatedRole>(&key).await?.is_some() {
            write.delete::<TemplatedRole>(&key).await?;
        }
        write.delete::<Role>(&key).await?;
        write.commit(()).await
    }

    pub(crate) async fn tag_role(&self, cx: &Context<'_>, input: TagRoleInput) -> Result<()> {
        let added = Keys::Caseless.parse_some(&input.tags)?;
        let target = Target::<Role>::named(cx, &input.role_name).await?;
        let ask = target.ask("iam:TagRole").with_request_tags(&added);
        let permit = leave_unless_protected(cx, &target, ask).await?;

        let mut role = (*target.existing()?).clone();
        role.tags = Keys::Caseless.merged(&role.tags, &added)?;
        let mut write = cx.write(&permit)?;
        write.put(role).await?;
        write.commit(()).await
    }

    pub(crate) async fn untag_role(&self, cx: &Context<'_>, input: UntagRoleInput) -> Result<()> {
        let target = Target::<Role>::named(cx, &input.role_name).await?;
        let ask = target.ask("iam:UntagRole").with_tag_keys(input.tag_keys.iter().map(String::as_str));
        let permit = leave_unless_protected(cx, &target, ask).await?;

        let mut role = (*target.existing()?).clone();
        role.tags = Keys::Caseless.without(&role.tags, &input.tag_keys);
        let mut write = cx.write(&permit)?;
        write.put(role).await?;
        write.commit(()).await
    }

    pub(crate) async fn list_role_tags(
        &self,
        cx: &Context<'_>,
        input: ListRoleTagsInput,
    ) -> Result<ListRoleTagsOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        let target = Target::<Role>::named(cx, &input.role_name).await?;
        cx.authorize(target.ask("iam:ListRoleTags")).await?;

        let role = target.existing()?;
        let (tags, marker) = paging.slice(tags::list(&role.tags), tags::place);
        Ok(ListRoleTagsOutput { tags, is_truncated: Some(marker.is_some()), marker })
    }
}

/// Leave for an action that changes the role, with the boundary that it has.
async fn leave_to_change(cx: &Context<'_>, target: &Target<Role>, action: &'static str) -> Result<Permit> {
    leave_unless_protected(cx, target, ask_to_change(target, action)).await
}

/// Whether the role belongs to a service (AWS: "Using service-linked roles", "Permission sets").
pub(crate) fn is_protected(role: &Role) -> bool {
    role.is_service_linked() || role.path.as_str().starts_with("/aws-reserved/")
}

/// The refusal to change a role that belongs to a service.
pub(crate) fn unmodifiable(role: &Role) -> wire::Fault {
    faults::unmodifiable_entity(format!(
        "Cannot perform the operation on the protected role '{}' - this role is only modifiable by AWS",
        role.name
    ))
}
