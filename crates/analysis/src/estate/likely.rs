//! Witnesses that look like what happens: an action that there is, on a resource that it takes.
//!
//! What is allowed at all is asked of every request that can be written down. Where something is, one that can happen is
//! looked for with what is left; the answer does not hang on it.

use std::sync::Arc;

use catalog::Catalog;
use policy::{Action, Policy, PolicySet, Request};
use types::Arn;

use super::Answer;
use crate::budget::Budget;
use crate::compare::{Requests, allows, minus_over};
use crate::stack::{Asker, stack_minus};

/// A request of somebody that one stack of policies allows and another does not.
pub(super) fn stack_minus_likely(
    a: &PolicySet,
    b: &PolicySet,
    asker: &Asker,
    scope: Option<&Policy>,
    (catalog, budget): (&Catalog, Budget),
) -> Answer {
    let Some(any) = stack_minus(a, b, asker, scope, Requests::Any, budget)? else { return Ok(None) };
    match stack_minus(a, b, asker, scope, Requests::Realistic(catalog), short(budget)) {
        Ok(Some(likely)) => Ok(Some(likely)),
        Ok(None) | Err(_) => Ok(Some(spelled(catalog, any))),
    }
}

/// A request with which somebody assumes a role that one trust policy allows and another does not.
pub(super) fn trust_minus_likely(
    a: &Arc<Policy>,
    b: &Arc<Policy>,
    role: &Arn,
    (catalog, budget): (&Catalog, Budget),
) -> Answer {
    let Some(any) = minus_over(a, b, true, Requests::Any, budget)? else { return Ok(None) };
    let likely = minus_over(a, b, true, Requests::Realistic(catalog), short(budget)).ok().flatten();
    let of_role = |request: Request| {
        let mut of_role = Request::new(request.principal.clone(), request.action.clone(), role.as_str());
        of_role.context = request.context.clone();
        of_role.resource_account = role.account();
        // A trust policy says nothing of resources; should one all the same, the request stays as it was found.
        if allows(a, &of_role, true) && !allows(b, &of_role, true) { of_role } else { request }
    };
    Ok(Some(of_role(spelled(catalog, likely.unwrap_or(any)))))
}

/// The request with its action as the service writes it.
pub(super) fn spelled(catalog: &Catalog, mut request: Request) -> Request {
    if let Ok(action) = Action::parse(&catalog.spelled(request.action.as_str())) {
        request.action = action;
    }
    request
}

/// What a likelier witness may cost.
fn short(budget: Budget) -> Budget {
    Budget { steps: budget.steps / 10, ..budget }
}
