//! What one layer says about a request.

use crate::decision::{Layer, LayerResult, StatementRef};
use crate::document::{Effect, Polarity, Statement};
use crate::index::{Service, Slot};
use crate::matching::Reach;
use crate::set::Bundle;
use crate::template::Fit;
use crate::{PolicySet, Principal, Request};

/// The layers, to be asked about a request.
pub(crate) struct Scan<'s> {
    set: &'s PolicySet,
    request: &'s Request,
    bounded: bool,
}

/// A layer's answer.
pub(crate) struct Found {
    pub(crate) result: LayerResult,
    pub(crate) deciding: Option<StatementRef>,
    /// How the allowing statements reach the principal, at best.
    pub(crate) reach: Option<Reach>,
}

impl<'s> Scan<'s> {
    pub(crate) fn new(set: &'s PolicySet, request: &'s Request) -> Self {
        Self { set, request, bounded: is_bounded(set, &request.principal) }
    }

    /// Asks every level of a layer. A deny on any level denies; an allow is needed on each.
    pub(crate) fn ask(&self, layer: Layer) -> Found {
        let mut deny = None;
        let mut allow = None;
        let mut reach = None;
        let mut all_allow = true;
        for (level, bundle) in (0u32..).zip(self.set.bundles(layer)) {
            let asked = Asked {
                scan: self,
                layer,
                level,
                bundle,
                service: bundle.index().service(&self.request.action),
            };
            deny = deny.or_else(|| asked.find_deny());
            match asked.find_allow() {
                Some((place, reached)) => {
                    allow = Some(place);
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
}

/// One level of a layer.
struct Asked<'a> {
    scan: &'a Scan<'a>,
    layer: Layer,
    level: u32,
    bundle: &'a Bundle,
    service: Option<&'a Service>,
}

impl Asked<'_> {
    fn find_deny(&self) -> Option<StatementRef> {
        let action = (&self.scan.request.action, self.service);
        self.bundle.index().find(self.bundle.policies(), Effect::Deny, action, |slot, statement| {
            self.applies(statement)?;
            Some(self.place(slot))
        })
    }

    fn find_allow(&self) -> Option<(StatementRef, Reach)> {
        let passes = self.bundle.index().passes();
        let pass = if is_addressed(self.layer) { passes.to_everyone } else { passes.unaddressed };
        if let Some(slot) = pass {
            return Some((self.place(slot), Reach::Direct));
        }
        let mut best = None;
        let action = (&self.scan.request.action, self.service);
        let direct =
            self.bundle.index().find(self.bundle.policies(), Effect::Allow, action, |slot, statement| {
                let reach = self.applies(statement)?;
                if best.is_none_or(|(_, found)| found < reach) {
                    best = Some((self.place(slot), reach));
                }
                // Nothing reaches further.
                (reach == Reach::Direct).then_some(())
            });
        debug_assert!(direct.is_none() || best.is_some());
        best
    }

    fn place(&self, slot: Slot) -> StatementRef {
        StatementRef { layer: self.layer, level: self.level, policy: slot.policy, statement: slot.statement }
    }

    #[inline]
    fn applies(&self, statement: &Statement) -> Option<Reach> {
        applies(statement, self.scan.request, self.layer, self.scan.bounded)
    }
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
        (layer, principals) if is_addressed(layer) => {
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
