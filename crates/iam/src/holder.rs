//! Who holds policies: users, groups and roles.

use api::iam::faults;
use authz::{Ask, Permit};
use directory::{Grantee, Group, Role, User};
use policy::Guard;
use policy::validate::Quota as Size;
use service::{Context, Result};
use types::Arn;
use wire::Fault;

use crate::roles;
use crate::target::{Entity, Target};

/// An entity to which policies are attached or written inline.
pub(crate) trait Holder: Entity {
    /// How large its inline policies may be together.
    const INLINE: Size;

    /// It as a holder of policies.
    fn grantee(&self) -> Grantee;

    /// The managed policy that bounds its permissions.
    fn boundary(&self) -> Option<&Arn>;

    /// The refusal to change it, if it belongs to a service.
    fn protection(&self) -> Option<Fault> {
        None
    }
}

/// The ask to change a holder; `iam:PermissionsBoundary` is the boundary that it has.
pub(crate) fn ask_to_change<H: Holder>(target: &Target<H>, action: &'static str) -> Ask {
    let ask = target.ask(action);
    match target.found().and_then(Holder::boundary) {
        Some(boundary) => ask.with("iam:PermissionsBoundary", boundary.as_str()),
        None => ask,
    }
}

/// Leave to change a holder. Who would have it but for the holder being a service's is told so with
/// `UnmodifiableEntity`; anyone else hears of a refusal as for every other.
pub(crate) async fn leave_unless_protected<H: Holder>(
    cx: &Context<'_>,
    target: &Target<H>,
    ask: Ask,
) -> Result<Permit> {
    if let Some(protection) = target.found().and_then(Holder::protection) {
        let verdict = cx.authorizer().verdict(cx.read(), cx.caller()?, &cx.call().origin, &ask).await?;
        let guard = verdict.decision.guard();
        let by_guard = matches!(guard, Some(Guard::ServiceLinkedRole | Guard::ReservedRole));
        if by_guard && verdict.decision.blocked_by().next().is_none() {
            return Err(protection.into());
        }
    }
    cx.authorize(ask).await
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

    fn protection(&self) -> Option<Fault> {
        roles::is_protected(self).then(|| roles::unmodifiable(self))
    }
}
