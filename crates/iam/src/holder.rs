//! Who holds policies: users, groups and roles.

use api::iam::faults;
use authz::Ask;
use directory::{Grantee, Group, Role, User};
use policy::validate::Quota as Size;
use service::Result;
use types::Arn;

use crate::target::{Entity, Target};

/// An entity to which policies are attached or written inline.
pub(crate) trait Holder: Entity {
    /// How large its inline policies may be together.
    const INLINE: Size;

    /// It as a holder of policies.
    fn grantee(&self) -> Grantee;

    /// The managed policy that bounds its permissions.
    fn boundary(&self) -> Option<&Arn>;

    /// Refuses to change the policies of what belongs to a service.
    fn changeable(&self) -> Result<()> {
        Ok(())
    }
}

/// Asks leave to change the policies of a holder; `iam:PermissionsBoundary` is the boundary that it has.
pub(crate) fn ask_to_change<H: Holder>(target: &Target<H>, action: &'static str) -> Ask {
    let ask = target.ask(action);
    match target.found().and_then(Holder::boundary) {
        Some(boundary) => ask.with("iam:PermissionsBoundary", boundary.as_str()),
        None => ask,
    }
}

/// Refuses to attach what AWS keeps for the roles of its services (AWS: "Using service-linked roles").
pub(crate) fn refuse_service_policy<H: Holder>(policy: &Arn) -> Result<()> {
    if policy.account_part() != "aws" || !path_of(policy).starts_with("/aws-service-role/") {
        return Ok(());
    }
    let noun = H::capital_noun();
    let message = format!("Cannot attach a Service Role Policy to a Customer {noun}.");
    Err(faults::policy_not_attachable(message).into())
}

/// The path of a managed policy, from slash to slash.
pub(crate) fn path_of(policy: &Arn) -> &str {
    let path_and_name = policy.resource().strip_prefix("policy").unwrap_or_default();
    path_and_name.rfind('/').and_then(|slash| path_and_name.get(..=slash)).unwrap_or_default()
}

impl Holder for User {
    const INLINE: Size = Size::USER_INLINE;

    fn grantee(&self) -> Grantee {
        self.grantee()
    }

    fn boundary(&self) -> Option<&Arn> {
        self.boundary.as_ref()
    }
}

impl Holder for Group {
    const INLINE: Size = Size::GROUP_INLINE;

    fn grantee(&self) -> Grantee {
        self.grantee()
    }

    fn boundary(&self) -> Option<&Arn> {
        None
    }
}

impl Holder for Role {
    const INLINE: Size = Size::ROLE_INLINE;

    fn grantee(&self) -> Grantee {
        self.grantee()
    }

    fn boundary(&self) -> Option<&Arn> {
        self.boundary.as_ref()
    }

    fn changeable(&self) -> Result<()> {
        if !self.is_service_linked() {
            return Ok(());
        }
        // AWS: "Using service-linked roles".
        let name = &self.name;
        Err(faults::unmodifiable_entity(format!(
            "Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"
        ))
        .into())
    }
}
