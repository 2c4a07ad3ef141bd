//! What a simulation answers.

use std::collections::BTreeMap;

use api::iam::types::{
    EvaluationResult, PermissionsBoundaryDecisionDetail, PolicyEvaluationDecisionType, PolicySourceType,
    Position, ResourceSpecificResult, SimulatePolicyOutput, Statement,
};
use policy::explain::{Place, StatementReport};
use policy::{Explanation, Layer, LayerResult, Outcome, Request};
use service::Paging;

use super::question::Simulation;

/// A page of a simulation's results: one for each action on each resource, in the order of the call.
pub(super) fn page(simulation: &Simulation, paging: &Paging) -> SimulatePolicyOutput {
    let numbered: Vec<(usize, &Request)> = simulation.requests.iter().enumerate().collect();
    let (shown, marker) = paging.slice(numbered, |(number, _)| format!("{number:08}"));
    let results = shown.into_iter().map(|(_, request)| result(simulation, request)).collect();
    SimulatePolicyOutput { evaluation_results: Some(results), is_truncated: Some(marker.is_some()), marker }
}

fn result(simulation: &Simulation, request: &Request) -> EvaluationResult {
    let explanation = policy::explain(&simulation.set, request);
    let decision = decision(explanation.decision.outcome());
    let matched: Vec<Statement> = matched(&explanation);
    let boundary = boundary(&explanation);
    let missing = explanation.missing_context_keys.clone();
    let details = details(request, &explanation);
    let is_specific = request.resource.as_str() != "*";
    let specific = is_specific.then(|| {
        vec![ResourceSpecificResult {
            eval_resource_name: request.resource.as_str().to_owned(),
            eval_resource_decision: decision,
            matched_statements: Some(matched.clone()),
            missing_context_values: Some(missing.clone()),
            eval_decision_details: details.clone(),
            permissions_boundary_decision_detail: boundary.clone(),
        }]
    });
    EvaluationResult {
        eval_action_name: request.action.as_str().to_owned(),
        eval_resource_name: Some(request.resource.as_str().to_owned()),
        eval_decision: decision,
        matched_statements: Some(matched),
        missing_context_values: Some(missing),
        organizations_decision_detail: None,
        permissions_boundary_decision_detail: boundary,
        eval_decision_details: details,
        resource_specific_results: specific,
    }
}

fn decision(outcome: Outcome) -> PolicyEvaluationDecisionType {
    match outcome {
        Outcome::Allowed => PolicyEvaluationDecisionType::Allowed,
        Outcome::ExplicitDeny => PolicyEvaluationDecisionType::ExplicitDeny,
        Outcome::ImplicitDeny => PolicyEvaluationDecisionType::ImplicitDeny,
    }
}

/// The statements that led to the decision: the denies where one decides, else those that allow.
fn matched(explanation: &Explanation) -> Vec<Statement> {
    let reports = || explanation.layers.iter().flat_map(|layer| &layer.matched);
    let effect = match explanation.decision.outcome() {
        Outcome::ExplicitDeny => "Deny",
        Outcome::Allowed | Outcome::ImplicitDeny => "Allow",
    };
    reports().filter(|report| report.effect == effect).map(statement).collect()
}

fn statement(report: &StatementReport) -> Statement {
    Statement {
        source_policy_id: Some(report.policy.rsplit('/').next().unwrap_or_default().to_owned()),
        source_policy_type: PolicySourceType::parse(report.policy_kind),
        start_position: Some(position(report.start)),
        end_position: Some(position(report.end)),
    }
}

fn position(place: Place) -> Position {
    let number = |of: u32| i32::try_from(of).ok();
    Position { line: number(place.line), column: number(place.column) }
}

/// Only where there is a boundary (AWS: `PermissionsBoundaryDecisionDetail`).
fn boundary(explanation: &Explanation) -> Option<PermissionsBoundaryDecisionDetail> {
    let allowed = match explanation.decision.layer(Layer::Boundary) {
        LayerResult::NotApplicable => return None,
        LayerResult::Allow => true,
        LayerResult::Deny | LayerResult::Silent => false,
    };
    Some(PermissionsBoundaryDecisionDetail { allowed_by_permissions_boundary: Some(allowed) })
}

/// Who said what, across accounts only; there, but empty, within one account; absent for `*`
/// (AWS: `EvalDecisionDetails`).
fn details(
    request: &Request,
    explanation: &Explanation,
) -> Option<BTreeMap<String, PolicyEvaluationDecisionType>> {
    if request.resource.as_str() == "*" {
        return None;
    }
    let is_cross_account = request.principal.owner().map(|owner| owner.account) != request.resource_owner();
    let said = |layer| match explanation.decision.layer(layer) {
        LayerResult::Allow => PolicyEvaluationDecisionType::Allowed,
        LayerResult::Deny => PolicyEvaluationDecisionType::ExplicitDeny,
        LayerResult::Silent | LayerResult::NotApplicable => PolicyEvaluationDecisionType::ImplicitDeny,
    };
    let mut details = BTreeMap::new();
    if is_cross_account {
        details.insert("IAM Policy".to_owned(), said(Layer::Identity));
        details.insert("Resource Policy".to_owned(), said(Layer::Resource));
    }
    Some(details)
}
