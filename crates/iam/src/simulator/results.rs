//! What a simulation answers.

use std::collections::BTreeMap;

use api::iam::types::{
    EvaluationResult, OrganizationsDecisionDetail, PermissionsBoundaryDecisionDetail,
    PolicyEvaluationDecisionType, PolicySourceType, Position, ResourceSpecificResult, SimulatePolicyOutput,
    Statement,
};
use policy::{Explanation, Layer, LayerResult, Outcome, Request, SourceKind, StatementRef};
use service::Paging;

use super::question::Simulation;

/// A page of a simulation's results: one for each action, in the order of the call (AWS: `EvaluationResult`).
pub(super) fn page(simulation: &Simulation, paging: &Paging) -> SimulatePolicyOutput {
    let numbered = simulation.questions.iter().map(Vec::as_slice).enumerate().collect();
    let (shown, marker) = paging.slice(numbered, |(number, _)| format!("{number:08}"));
    let results = shown.into_iter().filter_map(|(_, requests)| result(simulation, requests)).collect();
    SimulatePolicyOutput { evaluation_results: Some(results), is_truncated: Some(marker.is_some()), marker }
}

/// The result for one action: on each resource, and over all of them.
fn result(simulation: &Simulation, requests: &[Request]) -> Option<EvaluationResult> {
    let first = requests.first()?;
    let (each, organizations): (Vec<_>, Vec<_>) =
        requests.iter().map(|request| on_resource(simulation, request)).unzip();
    let is_specific = requests.iter().any(|request| request.resource.as_str() != "*");
    let decision = each.iter().map(|one| one.eval_resource_decision).max_by_key(strictness)?;
    // Keys that a call lacks for one of its resources are told with that resource.
    let missing = each.iter().filter(|_| !is_specific).filter_map(|one| one.missing_context_values.clone());
    Some(EvaluationResult {
        eval_action_name: first.action.as_str().to_owned(),
        eval_resource_name: Some(resource_name(requests, first)),
        eval_decision: decision,
        matched_statements: Some(decisive(&each, decision)),
        missing_context_values: Some(missing.flatten().collect()),
        organizations_decision_detail: organizations_of(&organizations),
        permissions_boundary_decision_detail: boundary_of(&each),
        eval_decision_details: details_of(&each),
        resource_specific_results: is_specific.then_some(each),
    })
}

/// The result on one resource, and whether the organization allows it, where there is one.
fn on_resource(simulation: &Simulation, request: &Request) -> (ResourceSpecificResult, Option<bool>) {
    let explanation = policy::explain(&simulation.set, request);
    let organization = organization(&explanation);
    let result = ResourceSpecificResult {
        eval_resource_name: request.resource.as_str().to_owned(),
        eval_resource_decision: decision(explanation.decision.outcome()),
        matched_statements: Some(matched(simulation, request, &explanation)),
        missing_context_values: Some(explanation.missing_context_keys.clone()),
        // Where the organization refuses, the simulation ends there.
        eval_decision_details: details(request, &explanation).filter(|_| organization != Some(false)),
        permissions_boundary_decision_detail: boundary(&explanation),
    };
    (result, organization)
}

/// Whether the organization's service control policies allow it; none where there are none.
fn organization(explanation: &Explanation) -> Option<bool> {
    match explanation.decision.layer(Layer::ServiceControl) {
        LayerResult::NotApplicable => None,
        LayerResult::Allow => Some(true),
        LayerResult::Deny | LayerResult::Silent => Some(false),
    }
}

/// What the organization says over all resources (AWS: `OrganizationsDecisionDetail`).
fn organizations_of(each: &[Option<bool>]) -> Option<OrganizationsDecisionDetail> {
    let mut said = each.iter().flatten().peekable();
    said.peek()?;
    Some(OrganizationsDecisionDetail { allowed_by_organizations: Some(said.all(|allowed| *allowed)) })
}

/// The resource of a result: the one there is, or the form of the action's resources that the first one has.
fn resource_name(requests: &[Request], first: &Request) -> String {
    let name = first.resource.as_str();
    if let [_] = requests {
        return name.to_owned();
    }
    let Some(service) = catalog::service(first.action.service()) else { return "*".to_owned() };
    let usages = service.action(first.action.name()).into_iter().flat_map(|action| action.resources());
    let kinds = usages.filter_map(|usage| service.resource_type(usage.name()));
    let form = kinds.flat_map(|kind| kind.arn_formats()).find(|form| has_form(name, form));
    form.unwrap_or("*").to_owned()
}

/// Whether an ARN has a form such as `arn:${Partition}:s3:::${BucketName}/${ObjectName}`.
fn has_form(arn: &str, form: &str) -> bool {
    let mut literals = form.split("${").map(|part| part.split_once('}').map_or(part, |(_, behind)| behind));
    let start = literals.next().and_then(|start| arn.strip_prefix(start));
    start.is_some_and(|rest| {
        literals.try_fold(rest, |rest, literal| Some(rest.split_once(literal)?.1)).is_some()
    })
}

/// How much a decision refuses.
fn strictness(decision: &PolicyEvaluationDecisionType) -> u8 {
    match decision {
        PolicyEvaluationDecisionType::Allowed => 0,
        PolicyEvaluationDecisionType::ImplicitDeny => 1,
        PolicyEvaluationDecisionType::ExplicitDeny => 2,
    }
}

/// The statements that led to the decision over all resources, each once.
fn decisive(each: &[ResourceSpecificResult], decision: PolicyEvaluationDecisionType) -> Vec<Statement> {
    let mut statements: Vec<Statement> = Vec::new();
    for one in each.iter().filter(|one| one.eval_resource_decision == decision) {
        for statement in one.matched_statements.iter().flatten() {
            if !statements.contains(statement) {
                statements.push(statement.clone());
            }
        }
    }
    statements
}

/// What the boundary says over all resources.
fn boundary_of(each: &[ResourceSpecificResult]) -> Option<PermissionsBoundaryDecisionDetail> {
    let mut said = each.iter().filter_map(|one| one.permissions_boundary_decision_detail.as_ref()).peekable();
    said.peek()?;
    let allowed = said.all(|detail| detail.allowed_by_permissions_boundary == Some(true));
    Some(PermissionsBoundaryDecisionDetail { allowed_by_permissions_boundary: Some(allowed) })
}

/// Who said what over all resources: of each kind of policy the strictest.
fn details_of(each: &[ResourceSpecificResult]) -> Option<BTreeMap<String, PolicyEvaluationDecisionType>> {
    let mut all: Option<BTreeMap<String, PolicyEvaluationDecisionType>> = None;
    for details in each.iter().filter_map(|one| one.eval_decision_details.as_ref()) {
        let all = all.get_or_insert_default();
        for (kind, said) in details {
            let strictest = all.entry(kind.clone()).or_insert(*said);
            if strictness(said) > strictness(strictest) {
                *strictest = *said;
            }
        }
    }
    all
}

fn decision(outcome: Outcome) -> PolicyEvaluationDecisionType {
    match outcome {
        Outcome::Allowed => PolicyEvaluationDecisionType::Allowed,
        Outcome::ExplicitDeny => PolicyEvaluationDecisionType::ExplicitDeny,
        Outcome::ImplicitDeny => PolicyEvaluationDecisionType::ImplicitDeny,
    }
}

/// The statements that led to the decision: the denies where one decides, else those that allow. Where the
/// organization refuses, the others were not asked; where it does not, its own statements grant nothing.
fn matched(simulation: &Simulation, request: &Request, explanation: &Explanation) -> Vec<Statement> {
    let effect = match explanation.decision.outcome() {
        Outcome::ExplicitDeny => "Deny",
        Outcome::Allowed | Outcome::ImplicitDeny => "Allow",
    };
    let mut statements = Vec::new();
    for report in &explanation.layers {
        let Some(layer) = Layer::ALL.into_iter().find(|layer| layer.name() == report.layer) else { continue };
        if (layer == Layer::ServiceControl) != (organization(explanation) == Some(false)) {
            continue;
        }
        let led = |effect| layer != Layer::ServiceControl || effect == "Deny";
        for found in report.matched.iter().filter(|found| found.effect == effect && led(found.effect)) {
            let (policy, statement) = (found.policy_index, found.statement_index);
            let place = StatementRef { layer, level: found.level.unwrap_or_default(), policy, statement };
            statements.extend(self::statement(simulation, request, place));
        }
    }
    statements
}

fn statement(simulation: &Simulation, request: &Request, place: StatementRef) -> Option<Statement> {
    let found = simulation.set.statement(place)?;
    let policy = &found.source.policy;
    let kind = match found.source.kind {
        SourceKind::Resource | SourceKind::Trust => PolicySourceType::ResourcePolicy,
        _ => PolicySourceType::IamPolicy,
    };
    let start = policy.simulated_start(usize::try_from(place.statement).ok()?)?;
    Some(Statement {
        source_policy_id: Some(source_id(found.source, request)),
        source_policy_type: Some(kind),
        start_position: Some(position(start)),
        end_position: Some(position(policy.position(found.statement.span().end))),
    })
}

/// What IAM calls a policy here: a managed one by its name, an inline one together with whose it is.
fn source_id(source: &policy::Named, request: &Request) -> String {
    let name = source.name.rsplit('/').next().unwrap_or_default();
    let holder = match (source.kind, &request.principal) {
        (SourceKind::User, policy::Principal::User(user)) => Some(("user", user.name())),
        (SourceKind::Role, policy::Principal::AssumedRole(role)) => Some(("role", role.role_name())),
        (SourceKind::Group, _) => source.name.split_once('/').map(|(group, _)| ("group", group)),
        _ => None,
    };
    holder.map_or_else(|| name.to_owned(), |(kind, holder)| format!("{kind}_{holder}_{name}"))
}

fn position(place: policy::Position) -> Position {
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
