//! Templates of permissions: managed policies with places to fill in, `@{name}`.
//!
//! At AWS a partner registers its templates with AWS. Here they are managed policies of the requestor's account, or AWS's;
//! see docs/decisions/0077-delegation.md.

use std::collections::BTreeSet;

use api::iam::faults;
use api::iam::types::{PolicyParameter, PolicyParameterTypeEnum};
use directory::{DelegationParameter, DelegationRequest, PolicyVersion, PolicyVersionKey};
use policy::validate::Quota;
use policy::{Action, Effect, Polarity, Policy};
use serde_json::Value as Json;
use service::{Context, Error, Result};
use types::Arn;
use wire::Fault;

use crate::managed::{FoundPolicy, PolicyTarget};
use crate::places::{Filler, Places, Unfilled};

/// A template.
pub(super) struct Template {
    pub(super) arn: Arn,
    document: Option<String>,
}

/// A policy whose places are filled in.
#[derive(Debug)]
pub(super) struct Filled {
    pub(super) text: String,
    pub(super) policy: std::sync::Arc<Policy>,
}

impl Template {
    /// The managed policy with this ARN; whether it exists is told to who has leave.
    pub(super) async fn at(cx: &Context<'_>, arn: &str) -> Result<Self> {
        let target = PolicyTarget::at(cx, arn).await?;
        let arn = target.arn.clone();
        let document = match target.existing() {
            Err(_) => None,
            Ok(FoundPolicy::Aws(policy)) => Some(policy.document().to_owned()),
            Ok(FoundPolicy::Customer(policy)) => {
                let key = PolicyVersionKey {
                    owner: policy.owner,
                    policy: policy.id.clone(),
                    number: policy.default_version,
                };
                let version = cx.read().get::<PolicyVersion>(&key).await?;
                let version = version.ok_or_else(|| Error::internal("a policy without its version"))?;
                Some(version.document.as_str().to_owned())
            }
        };
        Ok(Self { arn, document })
    }

    /// The policy with every place filled in.
    pub(super) fn filled(&self, parameters: &[DelegationParameter]) -> Result<Filled> {
        let document = self
            .document
            .as_deref()
            .ok_or_else(|| faults::invalid_input(format!("Policy template {} does not exist.", self.arn)))?;
        let mut json: Json = serde_json::from_str(document).map_err(Error::internal)?;
        let values = parameters
            .iter()
            .map(|known| (known.name.as_str(), Filler { texts: &known.values, is_list: known.is_list }));
        let mut places = Places::new(values);
        places.fill(&mut json).map_err(refusal)?;
        if let Some(unused) = places.unused() {
            let message = format!("The policy template has no parameter {unused}.");
            return Err(faults::invalid_input(message).into());
        }
        let text = json.to_string();
        let invalid =
            |cause: String| faults::invalid_input(format!("The permissions are not valid: {cause}"));
        let policy =
            policy::validate::session_policy(&text).map_err(|malformed| invalid(malformed.to_string()))?;
        if Quota::SESSION.size(&text) > DelegationRequest::LONGEST_POLICY {
            return Err(invalid(format!("more than {} characters", DelegationRequest::LONGEST_POLICY)).into());
        }
        Ok(Filled { text, policy })
    }
}

/// The parameters of a request.
pub(super) fn parameters(given: Vec<PolicyParameter>) -> Result<Vec<DelegationParameter>> {
    let mut parameters: Vec<DelegationParameter> = Vec::with_capacity(given.len());
    for PolicyParameter { name, values, r#type } in given {
        let (Some(name), Some(values), Some(kind)) = (name, values, r#type) else {
            return Err(faults::invalid_input("A policy parameter needs a name, values and a type.").into());
        };
        let is_list = kind == PolicyParameterTypeEnum::StringList;
        if values.is_empty() || (!is_list && values.len() > 1) {
            let message = format!("Policy parameter {name} of type string must have one value.");
            return Err(faults::invalid_input(message).into());
        }
        if parameters.iter().any(|known| known.name == name) {
            return Err(faults::invalid_input(format!("Policy parameter {name} is given twice.")).into());
        }
        parameters.push(DelegationParameter { name, values, is_list });
    }
    Ok(parameters)
}

/// The permissions boundaries that a policy demands of roles that it lets make: what `iam:PermissionsBoundary` must
/// equal where `iam:CreateRole` is allowed.
pub(super) fn role_boundaries(filled: &Filled) -> Vec<String> {
    let mut boundaries = BTreeSet::new();
    let Ok(create_role) = Action::parse("iam:CreateRole") else { return Vec::new() };
    for statement in filled.policy.statements() {
        let makes_roles = statement.effect() == Effect::Allow
            && statement.actions().patterns().iter().any(|pattern| pattern.matches(&create_role));
        let bounds = statement.conditions().iter().filter(|clause| {
            clause.key().folded() == "iam:permissionsboundary" && !clause.test().is_negated()
        });
        if makes_roles && statement.actions().polarity() == Polarity::Listed {
            boundaries
                .extend(bounds.flat_map(|clause| clause.values()).map(|value| value.as_str().to_owned()));
        }
    }
    boundaries.into_iter().collect()
}

/// The refusal of permissions without a template.
pub(super) fn unnamed() -> Fault {
    faults::invalid_input("Permissions must name a policy template.")
}

fn refusal(cause: Unfilled) -> Fault {
    match cause {
        Unfilled::Missing(name) => missing(&name),
        Unfilled::Unclosed(text) => unclosed(&text),
        Unfilled::TooMany => faults::invalid_input("The parameters make too many combinations."),
    }
}

fn missing(name: &str) -> Fault {
    faults::invalid_input(format!("The policy template has parameter {name}, which is not given."))
}

fn unclosed(text: &str) -> Fault {
    faults::invalid_input(format!("The policy template has a parameter without an end: {text}"))
}

#[cfg(test)]
mod tests;
