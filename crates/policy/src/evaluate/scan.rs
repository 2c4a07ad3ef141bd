//! What one layer says about a request.

use std::sync::Arc;

use crate::decision::{Layer, LayerResult, StatementRef};
use crate::document::{Effect, Polarity, Statement};
use crate::matching::Reach;
use crate::plan::{Plan, Slot};
use crate::prepared::Ready;
use crate::set::Bundle;
use crate::template::Fit;
use crate::{PolicySet, Principal};

/// The layers, to be asked about a request.
pub(crate) struct Scan<'s> {
    request: &'s Ready<'s>,
    bounded: bool,
}

/// A layer's answer.
pub(crate) struct Found {
    pub(crate) result: LayerResult,
    pub(crate) deciding: Option<StatementRef>,
    /// How the allowing statements reach the principal, at best.
    pub(crate) reach: Option<Reach>,
}

impl Found {
    #[inline]
    pub(crate) fn of(result: LayerResult, deciding: Option<StatementRef>) -> Self {
        Self { result, deciding, reach: None }
    }
}

impl<'s> Scan<'s> {
    pub(crate) fn new(set: &PolicySet, request: &'s Ready<'s>) -> Self {
        Self { request, bounded: is_bounded(set, request.question.principal) }
    }

    /// Asks every level of a layer. A deny on any level denies; an allow is needed on each.
    #[inline]
    pub(crate) fn ask(&self, layer: Layer, bundles: &[Arc<Bundle>]) -> Found {
        let mut deny = None;
        let mut allow = None;
        let mut reach = None;
        let mut all_allow = true;
        for (level, bundle) in (0u32..).zip(bundles) {
            let answer = self.ask_level(layer, bundle);
            let place = |slot: Slot| slot.place(layer, level);
            deny = deny.or_else(|| answer.deny.map(place));
            match answer.allow {
                Some((slot, reached)) => {
                    allow = Some(place(slot));
                    reach = Some(reached);
                }
                None => all_allow = false,
            }
        }
        let (result, deciding) = match deny {
            Some(place) => (LayerResult::Deny, Some(place)),
            None if all_allow && allow.is_some() => (LayerResult::Allow, allow),
            None => (LayerResult::Silent, None),
        };
        Found { result, deciding, reach }
    }

    #[inline]
    fn ask_level(&self, layer: Layer, bundle: &Bundle) -> Answer {
        let passes = bundle.passes();
        let pass = if is_addressed(layer) { passes.to_everyone } else { passes.unaddressed };
        if let Some(slot) = pass {
            return Answer { deny: None, allow: Some((slot, Reach::Direct)) };
        }
        let action = self.request.question.action;
        bundle.with_plan(action, |plan| Answer {
            deny: self.find_deny(layer, bundle, plan),
            allow: self.find_allow(layer, bundle, plan),
        })
    }

    #[inline]
    fn find_deny(&self, layer: Layer, bundle: &Bundle, plan: &Plan) -> Option<Slot> {
        let denies = |slot: &Slot| {
            let statement = slot.statement(bundle.policies());
            statement.is_some_and(|statement| self.applies(statement, layer).is_some())
        };
        plan.denies().iter().copied().find(denies)
    }

    #[inline]
    fn find_allow(&self, layer: Layer, bundle: &Bundle, plan: &Plan) -> Option<(Slot, Reach)> {
        let passes = plan.passes();
        let pass = if is_addressed(layer) { passes.to_everyone } else { passes.unaddressed };
        if let Some(slot) = pass {
            return Some((slot, Reach::Direct));
        }
        let mut best = None;
        for slot in plan.allows() {
            let Some(statement) = slot.statement(bundle.policies()) else { continue };
            let Some(reach) = self.applies(statement, layer) else { continue };
            if best.is_none_or(|(_, found)| found < reach) {
                best = Some((*slot, reach));
            }
            // Nothing reaches further.
            if reach == Reach::Direct {
                break;
            }
        }
        best
    }

    #[inline]
    pub(crate) fn applies(&self, statement: &Statement, layer: Layer) -> Option<Reach> {
        applies(statement, self.request, layer, self.bounded)
    }
}

/// What one level of a layer says.
struct Answer {
    deny: Option<Slot>,
    allow: Option<(Slot, Reach)>,
}

/// Whether the policies of a layer say whom they speak to.
fn is_addressed(layer: Layer) -> bool {
    matches!(layer, Layer::Resource | Layer::Endpoint | Layer::ResourceControl)
}

/// Whether a principal has a permissions boundary.
pub(crate) fn is_bounded(set: &PolicySet, principal: &Principal) -> bool {
    let can =
        matches!(principal, Principal::User(_) | Principal::AssumedRole(_) | Principal::FederatedUser(_));
    can && set.boundary.is_some()
}

/// Whether a statement that speaks of the action applies to the rest of the request, and how
/// it reaches the principal.
#[inline]
pub(crate) fn applies(
    statement: &Statement,
    request: &Ready<'_>,
    layer: Layer,
    bounded: bool,
) -> Option<Reach> {
    if !takes_resource(statement, request, layer) {
        return None;
    }
    let reach = principal_reach(statement, request.question.principal, layer, bounded)?;
    statement.conditions_hold(request.question.keys).then_some(reach)
}

/// How a statement's principal element reaches the principal.
#[inline]
pub(crate) fn principal_reach(
    statement: &Statement,
    principal: &Principal,
    layer: Layer,
    bounded: bool,
) -> Option<Reach> {
    match (layer, &statement.principals) {
        (layer, principals) if is_addressed(layer) => {
            principals.as_ref()?.takes(principal, statement.effect, bounded)
        }
        (_, None) => Some(Reach::Direct),
        // No such policy can be stored. Should one come all the same, it can only take away.
        (_, Some(_)) => (statement.effect == Effect::Deny).then_some(Reach::Direct),
    }
}

/// Whether a statement's resource element takes the resource.
#[inline]
pub(crate) fn takes_resource(statement: &Statement, request: &Ready<'_>, layer: Layer) -> bool {
    if statement.scope.is_everything() {
        return true;
    }
    // Only a resource's own policy may leave it out: it means that resource.
    let Some(resources) = &statement.resources else { return layer == Layer::Resource };
    let text = request.question.resource.as_str();
    let keys = request.question.keys;
    match resources.polarity {
        Polarity::Listed => {
            let hinted = statement.scope.hints().iter().zip(&resources.patterns);
            let mut admitted = hinted.filter(|(hint, _)| hint.admits(text.as_bytes()));
            admitted.any(|(_, pattern)| pattern.fit(text, keys, layer) == Fit::Match)
        }
        // An entry whose variable has no value takes the whole statement with it.
        Polarity::AllBut => {
            resources.patterns.iter().all(|pattern| pattern.fit(text, keys, layer) == Fit::Miss)
        }
    }
}
