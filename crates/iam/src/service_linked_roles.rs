//! Service-linked roles: the roles that services make for themselves and look after.

mod services;

use std::sync::Arc;

use api::iam::faults;
use api::iam::types::{
    CreateServiceLinkedRoleInput, CreateServiceLinkedRoleOutput, DeleteServiceLinkedRoleInput,
    DeleteServiceLinkedRoleOutput, DeletionTaskStatusType, GetServiceLinkedRoleDeletionStatusInput,
    GetServiceLinkedRoleDeletionStatusOutput,
};
use authz::Ask;
use directory::{Attachment, DeletionTask, DeletionTaskKey, Named as _, PolicyText, Role, arn_of};
use service::{Context, Error, Result, Route, routes};
use store::Record as _;
use types::{Arn, IdPrefix, Owner, Path, RoleName};

use crate::Iam;
use crate::roles;
use crate::target::{Entity as _, Target};

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    CreateServiceLinkedRole => create_service_linked_role,
    DeleteServiceLinkedRole => delete_service_linked_role,
    GetServiceLinkedRoleDeletionStatus => get_service_linked_role_deletion_status,
];

impl Iam {
    /// Makes a service's role. Such roles are not bound by the quota of roles (AWS: "IAM and AWS STS quotas").
    pub(crate) async fn create_service_linked_role(
        &self,
        cx: &Context<'_>,
        input: CreateServiceLinkedRoleInput,
    ) -> Result<CreateServiceLinkedRoleOutput> {
        let new = NewRole::of(cx, &input.aws_service_name, input.custom_suffix.as_deref())?;
        let permit = cx.authorize(new.ask()).await?;

        if input.custom_suffix.is_some() && !new.linked.takes_suffix {
            let message = format!("Custom suffix is not allowed for {}", new.service);
            return Err(faults::invalid_input(message).into());
        }
        let mut write = cx.write(&permit)?;
        let role = new.insert(cx, &mut write, input.description).await?;
        let shown = roles::created(&role, None);
        write.commit(CreateServiceLinkedRoleOutput { role: Some(shown) }).await
    }

    /// Deletes a service's role with its policies, of which none is inline. No service keeps resources here that could need it, so the task is
    /// done when the call returns.
    pub(crate) async fn delete_service_linked_role(
        &self,
        cx: &Context<'_>,
        input: DeleteServiceLinkedRoleInput,
    ) -> Result<DeleteServiceLinkedRoleOutput> {
        let target = Target::<Role>::named(cx, &input.role_name).await?;
        let permit = cx.authorize(target.ask("iam:DeleteServiceLinkedRole")).await?;

        let role = target.existing()?;
        if !role.is_service_linked() {
            return Err(Role::missing(&input.role_name).into());
        }
        let mut write = cx.write(&permit)?;
        let partition = role.grantee().partition();
        for attachment in write.all::<Attachment>(&Attachment::BY_HOLDER, &partition).await? {
            write.delete::<Attachment>(&attachment.key()).await?;
        }
        write.delete::<Role>(&role.key()).await?;
        let id = format!("task{}{}/{}", role.path, role.name, cx.ids().uuid()?);
        write.insert(DeletionTask { owner: role.owner, id: id.clone(), done: cx.now() }).await?;
        write.commit(DeleteServiceLinkedRoleOutput { deletion_task_id: id }).await
    }

    pub(crate) async fn get_service_linked_role_deletion_status(
        &self,
        cx: &Context<'_>,
        input: GetServiceLinkedRoleDeletionStatusInput,
    ) -> Result<GetServiceLinkedRoleDeletionStatusOutput> {
        let owner = cx.owner()?;
        let id = input.deletion_task_id;
        let role = role_of(&id).ok_or_else(|| faults::invalid_input("Invalid task id"))?;
        let arn = owner.iam_arn(&format!("role{role}"));
        cx.authorize(Ask::new("iam:GetServiceLinkedRoleDeletionStatus", &arn)).await?;

        let task = cx.read().get::<DeletionTask>(&DeletionTaskKey { owner, id: id.clone() }).await?;
        if task.is_none() {
            return Err(faults::no_such_entity("Cannot find deletion status for given id.").into());
        }
        Ok(GetServiceLinkedRoleDeletionStatusOutput {
            status: DeletionTaskStatusType::Succeeded,
            reason: None,
        })
    }
}

/// Whether a label is part of a principal of a service that has such a role.
pub(crate) fn names_service(label: &str) -> bool {
    services::names(label)
}

/// A service-linked role that is to be made.
pub(crate) struct NewRole<'s> {
    owner: Owner,
    service: &'s str,
    linked: services::Linked,
    name: RoleName,
    path: Path,
}

impl<'s> NewRole<'s> {
    /// The role of a service, by the service's principal.
    pub(crate) fn of(cx: &Context<'_>, service: &'s str, suffix: Option<&str>) -> Result<Self> {
        let linked = services::find(service).ok_or_else(|| {
            faults::invalid_input(format!("{service} is not a valid service name for a service-linked role."))
        })?;
        let suffix = suffix.map(|suffix| format!("_{suffix}")).unwrap_or_default();
        let name = RoleName::parse(&format!("{}{suffix}", linked.role))?;
        let path = Path::parse(&format!("{PATH}{service}/"))?;
        Ok(Self { owner: cx.owner()?, service, linked, name, path })
    }

    /// Asks leave to make it.
    pub(crate) fn ask(&self) -> Ask {
        let arn = arn_of::<Role>(self.owner, &self.path, self.name.as_str());
        Ask::new("iam:CreateServiceLinkedRole", &arn).with("iam:AWSServiceName", self.service)
    }

    /// Whether the service has made it already.
    pub(crate) async fn is_there(&self, write: &service::Write<'_>) -> Result<bool> {
        let there = self.namesake(write).await?;
        Ok(there.is_some_and(|role| role.path == self.path))
    }

    async fn namesake(&self, write: &service::Write<'_>) -> Result<Option<Arc<Role>>> {
        Ok(write.find::<Role>(&Role::BY_NAME, &self.owner.to_string(), &self.name.folded()).await?)
    }

    /// Makes it, with the service's policy attached.
    pub(crate) async fn insert(
        self,
        cx: &Context<'_>,
        write: &mut service::Write<'_>,
        description: Option<String>,
    ) -> Result<Arc<Role>> {
        let Self { owner, service, ref linked, ref name, ref path } = self;
        if self.namesake(write).await?.is_some() {
            return Err(faults::invalid_input(format!(
                "Service role name {name} has been taken in this account, please try a different suffix."
            ))
            .into());
        }
        let role = write
            .insert(Role {
                owner,
                id: cx.ids().unique_id(IdPrefix::Role)?,
                name: name.clone(),
                path: path.clone(),
                created: cx.now(),
                trust_policy: trust(service)?,
                trusted: std::collections::BTreeMap::new(),
                description,
                max_session_duration: 3_600,
                boundary: None,
                tags: types::TagSet::default(),
            })
            .await?;
        if let Some(policy) = linked.policy {
            let policy = Arn::parse(&services::arn(owner.partition, policy)).map_err(Error::internal)?;
            write.insert(Attachment { holder: role.grantee(), policy }).await?;
        }
        Ok(role)
    }
}

/// The path and name of the role in a task's id, `task/aws-service-role/SERVICE/ROLE/UUID`.
fn role_of(id: &str) -> Option<&str> {
    let role = id.strip_prefix("task")?.rsplit_once('/')?.0;
    let mut parts = role.strip_prefix(PATH)?.split('/');
    let (service, name) = (parts.next()?, parts.next()?);
    (!service.is_empty() && !name.is_empty() && parts.next().is_none()).then_some(role)
}

/// The trust policy of a service's role.
fn trust(service: &str) -> Result<PolicyText> {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Action":["sts:AssumeRole"],"Effect":"Allow","Principal":{{"Service":["{service}"]}}}}]}}"#
    );
    let policy = policy::validate::trust_policy(&text).map_err(Error::internal)?;
    Ok(PolicyText::accepted(&text, &policy))
}

/// Under this path lie the roles of services.
const PATH: &str = "/aws-service-role/";
