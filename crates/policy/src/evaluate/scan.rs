//! What one layer says about a request.

use crate::decision::{Layer, LayerResult, StatementRef};
use crate::document::{Effect, Polarity, Statement};
use crate::matching::Reach;
use crate::set::Bundle;
use crate::template::Fit;
use crate::{PolicySet, Principal, Request};

/// A layer to be asked.
pub(crate) struct Scan<'s> {
    pub(crate) set: &'s PolicySet,
    pub(crate) request: &'s Request,
    pub(crate) layer: Layer,
}

/// A layer's answer.
pub(crate) struct Found {
    pub(crate) result: LayerResult,
    pub(crate) deciding: Option<StatementRef>,
    /// How the allowing statements reach the principal, at best.
    pub(crate) reach: Option<Reach>,
}

impl Scan<'_> {
    /// Asks every level. A deny on any level denies; an allow is needed on each.
    pub(crate) fn run(&self) -> Found {
        let mut deny = None;
        let mut allow = None;
        let mut reach = None;
        let mut all_allow = true;
        let mut levels = 0;
        for (level, bundle) in (0u32..).zip(self.set.bundles(self.layer)) {
            levels += 1;
            deny = deny.or_else(|| self.find_deny(level, bundle));
            match self.find_allow(level, bundle) {
                Some((place, reached)) => {
                    allow = Some(place);
                    reach = Some(reached);
                }
                None => all_allow = false,
            }
        }
        let (result, deciding) = match deny {
            Some(place) => (LayerResult::Deny, Some(place)),
            None if all_allow && levels > 0 => (LayerResult::Allow, allow),
            None => (LayerResult::Silent, None),
        };
        Found { result, deciding, reach }
    }

    fn find_deny(&self, level: u32, bundle: &Bundle) -> Option<StatementRef> {
        let action = &self.request.action;
        bundle.index().find(bundle.policies(), Effect::Deny, action, |slot, statement| {
            self.applies(statement)?;
            Some(self.place(level, slot))
        })
    }

    fn find_allow(&self, level: u32, bundle: &Bundle) -> Option<(StatementRef, Reach)> {
        let mut best = None;
        let action = &self.request.action;
        let direct = bundle.index().find(bundle.policies(), Effect::Allow, action, |slot, statement| {
            let reach = self.applies(statement)?;
            if best.is_none_or(|(_, found)| found < reach) {
                best = Some((self.place(level, slot), reach));
            }
            // Nothing reaches further.
            (reach == Reach::Direct).then_some(())
        });
        debug_assert!(direct.is_none() || best.is_some());
        best
    }

    fn place(&self, level: u32, slot: crate::index::Slot) -> StatementRef {
        StatementRef { layer: self.layer, level, policy: slot.policy, statement: slot.statement }
    }

    fn applies(&self, statement: &Statement) -> Option<Reach> {
        applies(statement, self.request, self.layer, is_bounded(self.set, &self.request.principal))
    }
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
    request: &Request,
    layer: Layer,
    bounded: bool,
) -> Option<Reach> {
    if !takes_resource(statement, request, layer) {
        return None;
    }
    let reach = principal_reach(statement, request, layer, bounded)?;
    let holds = statement.conditions.iter().all(|clause| clause.holds(&request.context));
    holds.then_some(reach)
}

/// How a statement's principal element reaches the principal.
pub(crate) fn principal_reach(
    statement: &Statement,
    request: &Request,
    layer: Layer,
    bounded: bool,
) -> Option<Reach> {
    match (layer, &statement.principals) {
        (Layer::Resource | Layer::Endpoint | Layer::ResourceControl, principals) => {
            principals.as_ref()?.takes(&request.principal, statement.effect, bounded)
        }
        (_, None) => Some(Reach::Direct),
        // No such policy can be stored. Should one come all the same, it can only take away.
        (_, Some(_)) => (statement.effect == Effect::Deny).then_some(Reach::Direct),
    }
}

/// Whether a statement's resource element takes the resource.
pub(crate) fn takes_resource(statement: &Statement, request: &Request, layer: Layer) -> bool {
    // Only a resource's own policy may leave it out: it means that resource.
    let Some(resources) = &statement.resources else { return layer == Layer::Resource };
    let mut fits = resources
        .patterns
        .iter()
        .map(|pattern| pattern.fit(request.resource.as_str(), &request.context, layer));
    match resources.polarity {
        Polarity::Listed => fits.any(|fit| fit == Fit::Match),
        // An entry whose variable has no value takes the whole statement with it.
        Polarity::AllBut => fits.all(|fit| fit == Fit::Miss),
    }
}
