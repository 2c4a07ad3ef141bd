//! Policy documents on their way in: validated, measured, kept byte for byte.

mod first_trust;

use std::collections::BTreeMap;

use api::iam::faults;
use directory::{EntityKey, PolicyText, Role, User};
use policy::validate::{Malformed, Quota};
use policy::{Policy, PrincipalKind};
use service::{Context, Result};
use types::{Arn, UniqueId};
use wire::Fault;

use crate::{outside_principals, quota, shared_issuers};

/// A trust policy that may be stored, and the ids of the users and roles that it names.
pub(crate) struct Trust {
    /// The text as it was sent.
    pub(crate) text: PolicyText,
    /// Whom it trusts, by the ARN that stands there.
    pub(crate) trusted: BTreeMap<Arn, UniqueId>,
}

/// Reads a managed policy's document.
pub(crate) fn managed(text: &str) -> Result<PolicyText, Fault> {
    let policy = policy::validate::identity_policy(text).map_err(|cause| malformed(&cause))?;
    if Quota::MANAGED.size(text) > Quota::MANAGED.limit {
        let message = format!("Cannot exceed quota for PolicySize: {}", Quota::MANAGED.limit);
        return Err(faults::limit_exceeded(message));
    }
    Ok(PolicyText::accepted(text, &policy))
}

/// Reads the trust policy of a role that is to be made, of which there are other words than of one that takes its place.
pub(crate) async fn first_trust(cx: &Context<'_>, text: &str) -> Result<Result<Trust, Fault>> {
    if let Some(complaint) = first_trust::complaint(text) {
        return Ok(Err(faults::malformed_policy_document(complaint)));
    }
    let mut trust = trust(cx, text).await?;
    if let Err(fault) = &mut trust
        && fault.message == policy::validate::ACTIONS_OF_ROLES
    {
        first_trust::ACTIONS.clone_into(&mut fault.message);
    }
    Ok(trust)
}

/// Reads a trust policy and finds whom it names. The inner result is the refusal.
///
/// Call it before asking leave, and raise the refusal after: what is read before joins what the permit stands
/// on, so that the trusted cannot be exchanged in between.
pub(crate) async fn trust(cx: &Context<'_>, text: &str) -> Result<Result<Trust, Fault>> {
    let policy = match policy::validate::trust_policy(text) {
        Ok(policy) => policy,
        Err(cause) => return Ok(Err(malformed(&cause))),
    };
    let most = quota::TRUST_POLICY_SIZE.of_account(cx).await?;
    if Quota::TRUST.size(text) as u64 > most {
        let name = quota::TRUST_POLICY_SIZE.name();
        return Ok(Err(faults::limit_exceeded(format!("Cannot exceed quota for {name}: {most}"))));
    }
    if let Err(fault) = outside_principals::check(cx, &policy).await? {
        return Ok(Err(fault));
    }
    if let Err(fault) = shared_issuers::check(&policy) {
        return Ok(Err(fault));
    }
    if let Some(id) = dangling_id(cx, &policy).await? {
        return Ok(Err(invalid_principal(&id)));
    }
    Ok(match authz::trusted_in(cx.read(), &policy).await? {
        Ok(trusted) => Ok(Trust { text: PolicyText::accepted(text, &policy), trusted }),
        Err(principal) => Err(invalid_principal(&principal)),
    })
}

/// The fault for a document that cannot be stored.
pub(crate) fn malformed(cause: &Malformed) -> Fault {
    let fault = faults::malformed_policy_document(cause.to_string());
    match &cause.detail {
        Some(detail) => fault.with_log(detail),
        None => fault,
    }
}

/// A unique id among the principals that belongs to nobody: what a trust policy shows for one who was deleted
/// cannot be written back (AWS: "AWS JSON policy elements: Principal").
async fn dangling_id(cx: &Context<'_>, policy: &Policy) -> Result<Option<String>> {
    let elements = policy.statements().iter().filter_map(|statement| statement.principals());
    for pattern in elements.flat_map(|element| element.patterns()) {
        let (PrincipalKind::Aws, Ok(id)) = (pattern.kind(), UniqueId::parse(pattern.as_str())) else {
            continue;
        };
        if types::AccountId::parse(id.as_str()).is_ok() {
            continue;
        }
        let key = EntityKey::new(cx.owner()?, id);
        let is_user = cx.read().get::<User>(&key).await?.is_some();
        if !is_user && cx.read().get::<Role>(&key).await?.is_none() {
            return Ok(Some(pattern.as_str().to_owned()));
        }
    }
    Ok(None)
}

fn invalid_principal(value: &str) -> Fault {
    faults::malformed_policy_document(policy::validate::invalid_principal(PrincipalKind::Aws, value))
}
