//! Roles as responses show them.

use std::sync::Arc;

use api::iam::types::{Role as RoleDetail, RoleLastUsed};
use directory::{Named as _, Role, RoleUsage};
use service::{Context, Result};

use crate::tags;
use crate::users::boundary_detail;

/// The role as CreateRole answers: of the longest session only what the request said.
pub(crate) fn created(role: &Role, max_session_duration: Option<i32>) -> RoleDetail {
    RoleDetail { max_session_duration, ..full(role, role.trust_policy.as_str()) }
}

/// The role with boundary and tags, as GetRole answers.
pub(crate) fn full(role: &Role, trust_policy: &str) -> RoleDetail {
    RoleDetail {
        permissions_boundary: role.boundary.as_ref().map(boundary_detail),
        tags: tags::shown(&role.tags),
        ..summary(role, trust_policy)
    }
}

/// The role as lists answer.
pub(crate) fn summary(role: &Role, trust_policy: &str) -> RoleDetail {
    RoleDetail {
        description: role.description.clone(),
        max_session_duration: Some(role.max_session_duration),
        ..in_profile(role, trust_policy)
    }
}

/// The role as it stands in an instance profile.
pub(crate) fn in_profile(role: &Role, trust_policy: &str) -> RoleDetail {
    RoleDetail {
        path: role.path.to_string(),
        role_name: role.name.to_string(),
        role_id: role.id.to_string(),
        arn: role.arn().to_string(),
        create_date: role.created,
        assume_role_policy_document: Some(trust_policy.to_owned()),
        description: None,
        max_session_duration: None,
        permissions_boundary: None,
        tags: None,
        role_last_used: None,
        source_role_template: None,
    }
}

/// The trust policy as it is in force.
pub(crate) async fn trust_policy(cx: &Context<'_>, role: &Role) -> Result<Arc<str>> {
    Ok(authz::trust_policy_in_force(cx.read(), role).await?)
}

/// When and where the role was last used; empty where it never was.
pub(crate) async fn last_used(cx: &Context<'_>, role: &Role) -> Result<RoleLastUsed> {
    let key = format!("{}/{}", role.owner, role.id);
    let Some(note) = cx.store().noted(RoleUsage::KIND, &key).await? else {
        return Ok(RoleLastUsed::default());
    };
    let usage: RoleUsage = serde_json::from_str(&note).map_err(service::Error::internal)?;
    Ok(RoleLastUsed { last_used_date: Some(usage.at), region: Some(usage.region) })
}
