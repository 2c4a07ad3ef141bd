//! Permissions boundaries of users and roles.

use api::iam::faults;
use api::iam::types::{
    DeleteRolePermissionsBoundaryInput, DeleteUserPermissionsBoundaryInput, PutRolePermissionsBoundaryInput,
    PutUserPermissionsBoundaryInput,
};
use directory::{Role, User};
use service::{Context, Result, Route, routes};
use types::Arn;

use crate::Iam;
use crate::holder::{Holder, ask_to_change, leave_unless_protected, refuse_service_policy};
use crate::managed::{self, PolicyTarget};
use crate::target::Target;

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    PutUserPermissionsBoundary => put_user_permissions_boundary,
    DeleteUserPermissionsBoundary => delete_user_permissions_boundary,
    PutRolePermissionsBoundary => put_role_permissions_boundary,
    DeleteRolePermissionsBoundary => delete_role_permissions_boundary,
];

impl Iam {
    pub(crate) async fn put_user_permissions_boundary(
        &self,
        cx: &Context<'_>,
        input: PutUserPermissionsBoundaryInput,
    ) -> Result<()> {
        put::<User>(cx, "iam:PutUserPermissionsBoundary", &input.user_name, &input.permissions_boundary).await
    }

    pub(crate) async fn put_role_permissions_boundary(
        &self,
        cx: &Context<'_>,
        input: PutRolePermissionsBoundaryInput,
    ) -> Result<()> {
        put::<Role>(cx, "iam:PutRolePermissionsBoundary", &input.role_name, &input.permissions_boundary).await
    }

    pub(crate) async fn delete_user_permissions_boundary(
        &self,
        cx: &Context<'_>,
        input: DeleteUserPermissionsBoundaryInput,
    ) -> Result<()> {
        delete::<User>(cx, "iam:DeleteUserPermissionsBoundary", &input.user_name).await
    }

    pub(crate) async fn delete_role_permissions_boundary(
        &self,
        cx: &Context<'_>,
        input: DeleteRolePermissionsBoundaryInput,
    ) -> Result<()> {
        delete::<Role>(cx, "iam:DeleteRolePermissionsBoundary", &input.role_name).await
    }
}

/// A principal, whose permissions can be bounded. Groups are none.
trait Bounded: Holder {
    fn set_boundary(&mut self, boundary: Option<Arn>);
}

impl Bounded for User {
    fn set_boundary(&mut self, boundary: Option<Arn>) {
        self.boundary = boundary;
    }
}

impl Bounded for Role {
    fn set_boundary(&mut self, boundary: Option<Arn>) {
        self.boundary = boundary;
    }
}

async fn put<B: Bounded>(cx: &Context<'_>, action: &'static str, name: &str, arn: &str) -> Result<()> {
    let target = Target::<B>::named(cx, name).await?;
    let PolicyTarget { arn, .. } = PolicyTarget::at(cx, arn).await?;
    let attachable = managed::require_boundary(cx, &arn).await;
    // The key is the boundary that is asked for, not the one that is there.
    let ask = target.ask(action).with("iam:PermissionsBoundary", arn.as_str());
    let permit = leave_unless_protected(cx, &target, ask).await?;

    let mut entity = (*target.existing()?).clone();
    attachable?;
    refuse_service_policy::<B>(&arn)?;
    let mut write = cx.write(&permit)?;
    entity.set_boundary(Some(arn));
    write.put(entity).await?;
    write.commit(()).await
}

async fn delete<B: Bounded>(cx: &Context<'_>, action: &'static str, name: &str) -> Result<()> {
    let target = Target::<B>::named(cx, name).await?;
    let permit = leave_unless_protected(cx, &target, ask_to_change(&target, action)).await?;

    let mut entity = (*target.existing()?).clone();
    if entity.boundary().is_none() {
        let (noun, name) = (B::NOUN, entity.name());
        let message = format!("The {noun} with name {name} does not have a permissions boundary.");
        return Err(faults::no_such_entity(message).into());
    }
    let mut write = cx.write(&permit)?;
    entity.set_boundary(None);
    write.put(entity).await?;
    write.commit(()).await
}
