//! iam-rs: a layer at a time, combined as AWS combines them.

use anyhow::{Context as _, Result};
use iam_rs::{
    Arn, Context, ContextValue, Decision, IAMPolicy, IAMRequest, PolicyEvaluator, Principal, PrincipalId,
};

use crate::clock::Measured;
use crate::workload::{Ask, Held, Workload};

struct Case {
    identity: PolicyEvaluator,
    boundary: Option<PolicyEvaluator>,
    levels: Vec<PolicyEvaluator>,
    resource: Option<PolicyEvaluator>,
    request: IAMRequest,
}

pub fn measure(workload: &Workload) -> Result<Measured> {
    let policies: Vec<Option<IAMPolicy>> =
        workload.documents.iter().map(|text| IAMPolicy::from_json(text).ok()).collect();
    let mut cases = workload.asks.iter().map(|ask| case(workload, &policies, ask)).collect::<Vec<_>>();
    let renew = |case: &mut Case| case.request = case.request.clone();
    Ok(Measured::of(&mut cases, renew, |case| decide(case).unwrap_or('?')))
}

/// The request and its policies; `None` where one of them is beyond its parser.
fn case(workload: &Workload, policies: &[Option<IAMPolicy>], ask: &Ask) -> Option<Case> {
    let evaluator = |indices: &[usize]| -> Option<PolicyEvaluator> {
        let policies =
            indices.iter().map(|index| policies.get(*index)?.clone()).collect::<Option<Vec<_>>>()?;
        Some(PolicyEvaluator::with_policies(policies))
    };
    let principal = workload.principal(ask);
    let mut context = Context::new();
    for (key, held) in &ask.context {
        let value = match (key.as_str(), held) {
            ("aws:SecureTransport" | "aws:MultiFactorAuthPresent", Held::One(value)) => {
                ContextValue::Boolean(value == "true")
            }
            (_, Held::One(value)) => ContextValue::String(value.clone()),
            (_, Held::Many(values)) => ContextValue::StringList(values.clone()),
        };
        context.insert(key.clone(), value);
    }
    let who = Principal::Aws(PrincipalId::String(principal.arn.clone()));
    let resource = Arn::parse(&ask.resource).ok()?;
    Some(Case {
        identity: evaluator(&principal.identity)?,
        boundary: principal
            .boundary
            .map(|index| evaluator(&[index]).context("it parses"))
            .transpose()
            .ok()?,
        levels: workload.levels.iter().map(|level| evaluator(level)).collect::<Option<_>>()?,
        resource: match ask.resource_policy {
            Some(index) => Some(evaluator(&[index])?),
            None => None,
        },
        request: IAMRequest::new_with_context(who, ask.action.clone(), resource, context),
    })
}

fn decide(case: &mut Case) -> Option<char> {
    let ask =
        |evaluator: &PolicyEvaluator| evaluator.evaluate(&case.request).ok().map(|result| result.decision);
    let identity = ask(&case.identity)?;
    let boundary = match &case.boundary {
        Some(boundary) => Some(ask(boundary)?),
        None => None,
    };
    let resource = match &case.resource {
        Some(resource) => Some(ask(resource)?),
        None => None,
    };
    let levels = case.levels.iter().map(ask).collect::<Option<Vec<_>>>()?;
    let all = levels.iter().copied().chain([identity]).chain(boundary).chain(resource);
    if all.clone().any(|decision| decision == Decision::Deny) {
        return Some('e');
    }
    let within = boundary.is_none_or(|boundary| boundary == Decision::Allow);
    let granted = (identity == Decision::Allow && within) || resource == Some(Decision::Allow);
    let allowed = granted && levels.iter().all(|level| *level == Decision::Allow);
    Some(if allowed { 'a' } else { 'i' })
}
