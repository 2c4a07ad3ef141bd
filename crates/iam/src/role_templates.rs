//! Role templates: blueprints of AWS's from which an account acquires roles; see docs/decisions/0120-role-templates.md.

mod known;
mod rendered;

use std::collections::BTreeMap;

use api::iam::faults;
use api::iam::types::{
    AcquireRoleInput, AcquireRoleOutput, GetRoleTemplateVersionInput, GetRoleTemplateVersionOutput,
    SourceRoleTemplate,
};
use authz::Ask;
use directory::{Attachment, EntityKey, InlinePolicy, PolicyText, Role, TemplatedRole, arn_of};
use service::{Context, Result, Route, routes};
use types::{Arn, IdPrefix, TagSet};
use wire::Fault;

use crate::target::Target;
use crate::{Iam, document, managed, quota, roles};
use known::Template;
use rendered::Rendered;

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    GetRoleTemplateVersion => get_role_template_version,
    AcquireRole => acquire_role,
];

impl Iam {
    pub(crate) async fn get_role_template_version(
        &self,
        cx: &Context<'_>,
        input: GetRoleTemplateVersionInput,
    ) -> Result<GetRoleTemplateVersionOutput> {
        let arn = template_arn(&input.template_arn)?;
        cx.authorize(Ask::new("iam:GetRoleTemplateVersion", &arn)).await?;

        let template = Template::find(&arn, input.minor_version)
            .ok_or_else(|| faults::no_such_entity(format!("Role Template {arn} cannot be found.")))?;
        Ok(GetRoleTemplateVersionOutput { role_template_version: template.shown(&arn) })
    }

    /// Makes a role from a template, or answers the one that was made of it before. There is no permission for it as
    /// such: it needs those of its steps, which tell the template as `iam:RoleTemplateARN`.
    pub(crate) async fn acquire_role(
        &self,
        cx: &Context<'_>,
        input: AcquireRoleInput,
    ) -> Result<AcquireRoleOutput> {
        let arn = template_arn(&input.template_arn)?;
        let read = Ask::new("iam:GetRoleTemplateVersion", &arn);
        cx.authorize(read.clone()).await?;

        let template = Template::find(&arn, input.template_minor_version)
            .ok_or_else(|| faults::no_such_entity(format!("Role template not found in repository: {arn}")))?;
        let values = input.replacement_values.unwrap_or_default();
        let values: BTreeMap<_, _> = values.into_iter().map(|(name, entry)| (name, entry.values)).collect();
        let rendered = Rendered::of(template, &values)?;
        let target = Target::<Role>::named(cx, rendered.name.as_str()).await?;
        if target.found().is_some() {
            let asks = [read, target.ask("iam:GetRole").with(TEMPLATE, arn.as_str())];
            cx.authorize_all(&asks).await?;
            let role = target.existing()?;
            require_unchanged(cx, &role, &arn, template, &rendered).await?;
            return Ok(AcquireRoleOutput { role: roles::in_profile(&role, role.trust_policy.as_str()) });
        }
        create(cx, read, &arn, template, rendered, values).await
    }
}

/// What a role was made from, as GetRole shows it.
pub(crate) async fn source(cx: &Context<'_>, role: &Role) -> Result<Option<SourceRoleTemplate>> {
    let made = cx.read().get::<TemplatedRole>(&EntityKey::new(role.owner, role.id.clone())).await?;
    Ok(made.map(|made| SourceRoleTemplate {
        template_arn: made.template.to_string(),
        template_minor_version: made.minor_version,
    }))
}

/// Makes the role with all that belongs to it, or nothing.
async fn create(
    cx: &Context<'_>,
    read: Ask,
    template_arn: &Arn,
    template: &Template,
    rendered: Rendered,
    values: BTreeMap<String, Vec<String>>,
) -> Result<AcquireRoleOutput> {
    let owner = cx.owner()?;
    let trust = document::trust(cx, &rendered.trust.to_string()).await?;
    let mut attachable = Ok(());
    for policy in &rendered.attached {
        attachable = attachable.and(managed::require(cx, policy).await);
    }

    let arn = arn_of::<Role>(owner, &rendered.path, rendered.name.as_str());
    let ask = |action: &'static str| Ask::new(action, &arn).with(TEMPLATE, template_arn.as_str());
    let mut asks = vec![read, ask("iam:CreateRole")];
    if !rendered.inline.is_empty() {
        asks.push(ask("iam:PutRolePolicy"));
    }
    let attach = |policy: &Arn| ask("iam:AttachRolePolicy").with("iam:PolicyARN", policy.as_str());
    asks.extend(rendered.attached.iter().map(attach));
    let permit = cx.authorize_all(&asks).await?;

    let document::Trust { text, trusted } = trust?;
    attachable?;
    let mut write = cx.write(&permit)?;
    quota::ROLES.hold(&mut write, owner, owner.to_string()).await?;
    let role = Role {
        owner,
        id: cx.ids().unique_id(IdPrefix::Role)?,
        name: rendered.name,
        path: rendered.path,
        created: cx.now(),
        trust_policy: text,
        trusted,
        description: Some(rendered.description),
        max_session_duration: template.max_session_duration,
        boundary: None,
        tags: TagSet::default(),
    };
    let role = write.insert(role).await?;
    let holder = role.grantee();
    quota::attached_to(&holder).hold(&mut write, owner, holder.partition()).await?;
    for policy in rendered.attached {
        write.insert(Attachment { holder: holder.clone(), policy }).await?;
    }
    for (name, json) in rendered.inline {
        let text = json.to_string();
        let parsed = policy::validate::identity_policy(&text).map_err(|cause| document::malformed(&cause))?;
        let document = PolicyText::accepted(&text, &parsed);
        write.insert(InlinePolicy { holder: holder.clone(), name, document }).await?;
    }
    let made = TemplatedRole {
        owner,
        role: role.id.clone(),
        template: template_arn.clone(),
        minor_version: template.minor_version(),
        values,
    };
    write.insert(made).await?;
    let shown = roles::in_profile(&role, role.trust_policy.as_str());
    write.commit(AcquireRoleOutput { role: shown }).await
}

/// Refuses a role that another template, or none, has made, or that was changed since. Its description and the longest
/// session may be changed.
async fn require_unchanged(
    cx: &Context<'_>,
    role: &Role,
    template_arn: &Arn,
    template: &Template,
    rendered: &Rendered,
) -> Result<()> {
    let made = cx.read().get::<TemplatedRole>(&EntityKey::new(role.owner, role.id.clone())).await?;
    let Some(made) = made else {
        return Err(faults::name_conflict(
            "A role with this name already exists in the account but was not created from this template. Choose a \
             different role name, or remove the existing role if it is no longer needed.",
        )
        .into());
    };
    let is_same = made.template == *template_arn && made.minor_version == template.minor_version();
    if !is_same || Rendered::of(template, &made.values)? != *rendered {
        return Err(faults::name_conflict(
            "A role with this name exists but was created with different parameters. Pass a unique roleName to create \
             a new role.",
        )
        .into());
    }
    let partition = role.grantee().partition();
    let attached = cx.read().all::<Attachment>(&Attachment::BY_HOLDER, &partition).await?;
    let inline = cx.read().all::<InlinePolicy>(&InlinePolicy::BY_HOLDER, &partition).await?;
    let is_unchanged = role.boundary.is_none()
        && role.tags.is_empty()
        && rendered.has_trust(role.trust_policy.as_str())
        && rendered.has_attached(attached.iter().map(|attachment| &attachment.policy))
        && rendered.has_inline(inline.iter().map(|policy| (&policy.name, policy.document.as_str())));
    if is_unchanged {
        return Ok(());
    }
    Err(faults::role_modified(format!(
        "Role {} has been modified since it was created and is no longer managed.",
        role.name
    ))
    .into())
}

/// The ARN of a template.
fn template_arn(text: &str) -> Result<Arn, Fault> {
    let arn = Arn::parse(text).ok();
    arn.filter(|arn| arn.service() == "iam" && arn.resource().starts_with("role-template/"))
        .ok_or_else(|| faults::invalid_input(format!("ARN {text} is not valid.")))
}

/// The condition key that tells the template.
const TEMPLATE: &str = "iam:RoleTemplateARN";
