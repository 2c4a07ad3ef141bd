//! Whether a caller has the permissions that a request asks for (AWS: "GetDelegationRequest", which calls the result
//! approximate).

use api::iam::types::PermissionCheckResultType;
use authz::Ask;
use catalog::Catalog;
use directory::DelegationRequest;
use policy::{Action, ActionPattern, Effect, Polarity, Policy, PolicySet, Statement};
use service::{Context, Error, Result};

/// Asks the engine for each action on each resource that the request's permissions allow, as they are written.
/// What stands under conditions, on either side, may hold or not: that is unsure.
pub(super) async fn of_caller(
    cx: &Context<'_>,
    request: &DelegationRequest,
) -> Result<PermissionCheckResultType> {
    let catalog = cx.authorizer().catalog(cx.read(), cx.owner()?).await?;
    let wanted = Policy::parse(&request.policy).map_err(Error::internal)?;
    let mut is_sure = true;
    let mut questions = 0;
    for statement in wanted.statements().iter().filter(|statement| statement.effect() == Effect::Allow) {
        let Some(pairs) = pairs(&catalog, statement) else {
            is_sure = false;
            continue;
        };
        is_sure &= statement.conditions().is_empty();
        for (action, resource) in pairs {
            questions += 1;
            if questions > MOST_QUESTIONS {
                return Ok(PermissionCheckResultType::Unsure);
            }
            let mut ask = Ask::on_all(action);
            ask.resource = resource.to_owned();
            let caller = cx.caller()?;
            let verdict = cx.authorizer().verdict(cx.read(), caller, &cx.call().origin, &ask).await?;
            if !verdict.decision.is_allowed() {
                return Ok(PermissionCheckResultType::Denied);
            }
            is_sure &= !has_conditions(&verdict.policies);
        }
    }
    Ok(if is_sure { PermissionCheckResultType::Allowed } else { PermissionCheckResultType::Unsure })
}

/// The actions and resources of a statement; none where it says what it does not mean.
fn pairs<'s>(catalog: &Catalog, statement: &'s Statement) -> Option<Vec<(String, &'s str)>> {
    let resources = statement.resources()?;
    if statement.actions().polarity() == Polarity::AllBut || resources.polarity() == Polarity::AllBut {
        return None;
    }
    let mut pairs = Vec::new();
    for pattern in statement.actions().patterns() {
        for action in actions(catalog, pattern) {
            pairs.extend(resources.patterns().iter().map(|resource| (action.clone(), resource.as_str())));
        }
    }
    Some(pairs)
}

/// The actions that a pattern means: itself, or those of the catalog that it matches.
fn actions(catalog: &Catalog, pattern: &ActionPattern) -> Vec<String> {
    if !pattern.as_str().contains(['*', '?']) {
        return vec![pattern.as_str().to_owned()];
    }
    let every = catalog.services().flat_map(|service| {
        service.actions().iter().map(move |action| format!("{}:{}", service.prefix(), action.name()))
    });
    every.filter(|name| Action::parse(name).is_ok_and(|action| pattern.matches(&action))).collect()
}

/// Whether any statement of the caller's side stands under a condition.
fn has_conditions(set: &PolicySet) -> bool {
    [&set.identity, &set.boundary, &set.session].into_iter().flatten().any(|bundle| {
        let statements = bundle.policies().iter().flat_map(|named| named.policy.statements());
        statements.into_iter().any(|statement| !statement.conditions().is_empty())
    })
}

/// More than so many questions are not asked: the answer is an approximation anyway.
const MOST_QUESTIONS: usize = 5000;
