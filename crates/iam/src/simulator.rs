//! The simulators: enforcement's own engine, asked "what if".

mod exclusion;
mod handling;
mod question;
mod results;

use api::iam::types::{
    GetContextKeysForCustomPolicyInput, GetContextKeysForPolicyOutput, GetContextKeysForPrincipalPolicyInput,
    SimulateCustomPolicyInput, SimulatePolicyOutput, SimulatePrincipalPolicyInput,
};
use authz::{Ask, Granted};
use policy::{Named, Policy, Principal, SourceKind};
use service::{Context, Paging, Result, Route, routes};
use types::Arn;

use crate::Iam;
use crate::source::Source;
use exclusion::Exclusion;
use question::{Question, Simulation};

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    SimulateCustomPolicy => simulate_custom_policy,
    SimulatePrincipalPolicy => simulate_principal_policy,
    GetContextKeysForCustomPolicy => get_context_keys_for_custom_policy,
    GetContextKeysForPrincipalPolicy => get_context_keys_for_principal_policy,
];

impl Iam {
    pub(crate) async fn simulate_custom_policy(
        &self,
        cx: &Context<'_>,
        input: SimulateCustomPolicyInput,
    ) -> Result<SimulatePolicyOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        cx.authorize(Ask::on_all("iam:SimulateCustomPolicy")).await?;

        let identity = question::inputs(&input.policy_input_list, "PolicyInputList")?;
        let boundary = question::boundary(input.permissions_boundary_policy_input_list.as_deref())?;
        let question = Question {
            actions: input.action_names,
            resources: input.resource_arns,
            resource_policy: input.resource_policy,
            resource_owner: input.resource_owner,
            caller: input.caller_arn,
            context: input.context_entries,
            handling: input.resource_handling_option,
            of_group: false,
        };
        let levels = question::levels(input.ordered_organization_policy_input_list)?;
        let simulation = Simulation::new(cx, Granted { identity, boundary }, None, question)?.within(levels);
        Ok(results::page(&simulation, &paging))
    }

    pub(crate) async fn simulate_principal_policy(
        &self,
        cx: &Context<'_>,
        input: SimulatePrincipalPolicyInput,
    ) -> Result<SimulatePolicyOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        let source = source(cx, &input.policy_source_arn).await?;
        cx.authorize(source.ask("iam:SimulatePrincipalPolicy")).await?;

        let exclusions = Exclusion::read(input.policy_exclusion_list)?;
        let (mut granted, principal) = source.granted(cx).await?;
        for exclusion in exclusions {
            exclusion.apply(&mut granted, principal.as_ref().and_then(holder));
        }
        granted.identity.extend(question::inputs(
            input.policy_input_list.as_deref().unwrap_or_default(),
            "PolicyInputList",
        )?);
        if let Some(boundary) = question::boundary(input.permissions_boundary_policy_input_list.as_deref())? {
            granted.boundary = Some(boundary);
        }
        let question = Question {
            actions: input.action_names,
            resources: input.resource_arns,
            resource_policy: input.resource_policy,
            resource_owner: input.resource_owner,
            caller: input.caller_arn,
            context: input.context_entries,
            handling: input.resource_handling_option,
            of_group: principal.is_none(),
        };
        let simulation = Simulation::new(cx, granted, principal, question)?;
        Ok(results::page(&simulation, &paging))
    }

    pub(crate) async fn get_context_keys_for_custom_policy(
        &self,
        cx: &Context<'_>,
        input: GetContextKeysForCustomPolicyInput,
    ) -> Result<GetContextKeysForPolicyOutput> {
        cx.authorize(Ask::on_all("iam:GetContextKeysForCustomPolicy")).await?;

        Ok(context_keys(&question::inputs(&input.policy_input_list, "PolicyInputList")?))
    }

    pub(crate) async fn get_context_keys_for_principal_policy(
        &self,
        cx: &Context<'_>,
        input: GetContextKeysForPrincipalPolicyInput,
    ) -> Result<GetContextKeysForPolicyOutput> {
        let source = source(cx, &input.policy_source_arn).await?;
        cx.authorize(source.ask("iam:GetContextKeysForPrincipalPolicy")).await?;

        let (mut granted, _) = source.granted(cx).await?;
        granted.identity.extend(question::inputs(
            input.policy_input_list.as_deref().unwrap_or_default(),
            "PolicyInputList",
        )?);
        granted.identity.extend(granted.boundary.unwrap_or_default());
        Ok(context_keys(&granted.identity))
    }
}

/// Whose policies are asked about: an identity of the caller's account.
async fn source(cx: &Context<'_>, text: &str) -> Result<Source> {
    let account = cx.owner()?.account;
    let is_elsewhere =
        Arn::parse(text).is_ok_and(|arn| arn.service() == "iam" && arn.account() != Some(account));
    if is_elsewhere {
        let message = format!("Invalid Entity Arn: {text} does not belong to account {account}.");
        return Err(api::iam::faults::invalid_input(message).into());
    }
    Source::named(cx, text).await
}

/// The name of the user or role that holds a principal's inline policies.
fn holder(principal: &Principal) -> Option<&str> {
    match principal {
        Principal::User(user) => Some(user.name()),
        Principal::AssumedRole(role) => Some(role.role_name()),
        _ => None,
    }
}

fn context_keys(policies: &[Named]) -> GetContextKeysForPolicyOutput {
    let mut names: Vec<String> = Vec::new();
    for key in policies.iter().flat_map(|named| named.policy.context_keys()) {
        if !names.iter().any(|name| name.eq_ignore_ascii_case(key.as_str())) {
            names.push(key.as_str().to_owned());
        }
    }
    GetContextKeysForPolicyOutput { context_key_names: Some(names) }
}

/// A document that came with the call, by its place in its list from 1.
fn input(text: &str, list: &str, number: usize) -> Result<Named> {
    let parsed = Policy::parse(text).map_err(|cause| {
        api::iam::faults::invalid_input(format!("Invalid Input for {list}.{number}: {cause}"))
    })?;
    Ok(Named::new(SourceKind::Input, &format!("{list}.{number}"), parsed.into()))
}
