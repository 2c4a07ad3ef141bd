//! What one layer says about a request.

use std::sync::Arc;

use crate::decision::{Layer, LayerResult, StatementRef};
use crate::document::{Effect, Polarity, Statement};
use crate::glob;
use crate::matching::Reach;
use crate::plan::{Guard, Level, Pattern, Place, Rule, Rules, Walk};
use crate::prepared::Ready;
use crate::set::Bundle;
use crate::template::Fit;
use crate::{PolicySet, Principal, texts};

/// The layers, to be asked about a request.
pub(crate) struct Scan<'s> {
    set: &'s PolicySet,
    request: &'s Ready<'s>,
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

    /// The same of a level.
    #[inline]
    fn at(mut self, level: u32) -> Self {
        if let Some(deciding) = &mut self.deciding {
            deciding.level = level;
        }
        self
    }
}

impl<'s> Scan<'s> {
    pub(crate) fn new(set: &'s PolicySet, request: &'s Ready<'s>) -> Self {
        Self { set, request }
    }

    /// Asks every level of a layer. A deny on any level denies; an allow is needed on each.
    #[inline]
    pub(crate) fn ask(&self, layer: Layer, bundles: &[Arc<Bundle>]) -> Found {
        let mut all = Found::of(LayerResult::Silent, None);
        for (level, bundle) in (0u32..).zip(bundles) {
            let found = self.ask_level(layer, bundle);
            all.reach = found.reach.or(all.reach);
            let found = found.at(level);
            match (all.result, found.result) {
                (LayerResult::Deny, _) => {}
                (_, LayerResult::Deny) => (all.result, all.deciding) = (found.result, found.deciding),
                (LayerResult::Silent, _) if level > 0 => {}
                (_, result) => (all.result, all.deciding) = (result, found.deciding),
            }
        }
        all
    }

    #[inline]
    fn ask_level(&self, layer: Layer, bundle: &Arc<Bundle>) -> Found {
        if let Some(place) = bundle.pass(layer) {
            let found = Found::of(LayerResult::Allow, Some(place.of(layer)));
            return Found { reach: Some(Reach::Direct), ..found };
        }
        bundle.with_plan(layer, self.request.question.action, |mut plan| {
            let denies = plan.layer().map_or(Rules::default(), |(_, denies)| denies);
            self.ask_plan(layer, denies, &mut plan, || std::slice::from_ref(bundle))
        })
    }

    /// Asks a layer as a plan has it, which is left behind its last level. The bundles are its levels.
    #[inline]
    pub(crate) fn ask_plan<'b>(
        &self,
        layer: Layer,
        mut denies: Rules<'_>,
        plan: &mut Walk<'_>,
        bundles: impl Fn() -> &'b [Arc<Bundle>],
    ) -> Found {
        let asked = Asked { scan: self, layer, bundles };
        // The first deny is the one that a decision shows.
        let deny = denies.find(|rule| asked.reach(*rule).is_some());
        let mut found = Found::of(LayerResult::NotApplicable, None);
        while let Some(level) = plan.level() {
            // One silent level silences its layer. How a resource's policy reaches the principal counts beside a
            // deny too.
            if found.result == LayerResult::Silent || (deny.is_some() && !layer.is_addressed()) {
                continue;
            }
            match asked.find_allow(level) {
                Some((place, reach)) => {
                    found.result = LayerResult::Allow;
                    found.deciding = Some(place.of(layer));
                    found.reach = Some(reach);
                }
                None => {
                    found.result = LayerResult::Silent;
                    found.deciding = None;
                }
            }
        }
        if let Some(deny) = deny {
            found.result = LayerResult::Deny;
            found.deciding = Some(deny.place().of(layer));
        }
        found
    }
}

/// A layer whose rules are gone over.
struct Asked<'s, B> {
    scan: &'s Scan<'s>,
    layer: Layer,
    /// Its levels: what the places of the rules refer to. Most rules need not be looked up.
    bundles: B,
}

impl<'b, B: Fn() -> &'b [Arc<Bundle>]> Asked<'_, B> {
    #[inline]
    fn find_allow(&self, level: Level<'_>) -> Option<(Place, Reach)> {
        let rules = match level {
            Level::All(place) => return Some((place, Reach::Direct)),
            Level::Some(rules) => rules,
        };
        let mut best = None;
        for rule in rules {
            let Some(reach) = self.reach(rule) else { continue };
            if best.is_none_or(|(_, found)| found < reach) {
                best = Some((rule, reach));
            }
            // Nothing reaches further.
            if reach == Reach::Direct {
                break;
            }
        }
        best.map(|(rule, reach)| (rule.place(), reach))
    }

    /// How a rule reaches the principal, if it applies.
    #[inline]
    fn reach(&self, rule: Rule<'_>) -> Option<Reach> {
        if !rule.takes_everything() && !rule.patterns().any(|pattern| self.takes(rule, pattern)) {
            return None;
        }
        let (listed, mut guards) = rule.needs();
        if !guards.all(|guard| self.holds(guard)) {
            return None;
        }
        let reach = match listed {
            Some(listed) => {
                let principal = self.scan.request.question.principal;
                listed.filter_map(|whom| whom.reach(principal)).max()?
            }
            None => Reach::Direct,
        };
        if !rule.asks_for_more() {
            return Some(reach);
        }
        let statement = self.statement(rule)?;
        let Scan { set, request } = self.scan;
        if rule.excepts_resources() && !takes_resource(statement, request, self.layer) {
            return None;
        }
        let reach = if rule.excepts_principals() {
            let principal = request.question.principal;
            principal_reach(statement, principal, self.layer, is_bounded(set, principal))?
        } else {
            reach
        };
        (!rule.has_conditions() || statement.conditions_hold(request.question.keys)).then_some(reach)
    }

    #[inline]
    fn holds(&self, guard: Guard<'_>) -> bool {
        let found = self.scan.request.question.keys.lookup_wanted(guard.key);
        guard.kind.admits(found, guard.holds_if_absent, guard.texts)
    }

    /// Whether a rule's pattern matches the resource.
    #[inline]
    fn takes(&self, rule: Rule<'_>, pattern: Pattern<'_>) -> bool {
        let resource = self.scan.request.question.resource.as_str();
        let text = resource.as_bytes();
        match pattern {
            Pattern::Exact(exact) => texts::are_same(text, exact),
            Pattern::Prefix(prefix) => texts::begins(text, prefix),
            Pattern::Split { first, last, between } => glob::is_split(text, first, between, last),
            Pattern::Odd { index, prefix } => texts::begins(text, prefix) && self.fits(rule, index, resource),
        }
    }

    #[cold]
    fn fits(&self, rule: Rule<'_>, index: u32, resource: &str) -> bool {
        let statement = self.statement(rule);
        let patterns =
            statement.and_then(|statement| statement.resources.as_ref()).map(|element| &element.patterns);
        let pattern = patterns.and_then(|patterns| patterns.get(usize::try_from(index).ok()?));
        let keys = self.scan.request.question.keys;
        pattern.is_some_and(|pattern| pattern.fit(resource, keys, self.layer) == Fit::Match)
    }

    #[inline]
    fn statement(&self, rule: Rule<'_>) -> Option<&'b Statement> {
        let place = rule.place();
        let bundle = (self.bundles)().get(usize::try_from(place.level).ok()?)?;
        let named = bundle.policies().get(usize::try_from(place.policy).ok()?)?;
        named.policy.statements.get(usize::try_from(place.statement).ok()?)
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
        (layer, principals) if layer.is_addressed() => {
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
    if statement.takes_everything() {
        return true;
    }
    // Only a resource's own policy may leave it out: it means that resource.
    let Some(resources) = &statement.resources else { return layer == Layer::Resource };
    let text = request.question.resource.as_str();
    let keys = request.question.keys;
    match resources.polarity {
        Polarity::Listed => {
            resources.patterns.iter().any(|pattern| pattern.fit(text, keys, layer) == Fit::Match)
        }
        // An entry whose variable has no value takes the whole statement with it.
        Polarity::AllBut => {
            resources.patterns.iter().all(|pattern| pattern.fit(text, keys, layer) == Fit::Miss)
        }
    }
}
