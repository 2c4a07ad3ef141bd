//! Which statements of a bundle may speak of an action, without looking at the others.

use crate::document::{Effect, Polarity, Statement};
use crate::glob::Glob;
use crate::matching::{ActionPattern, ActionTarget, PrincipalPattern, ResourcePattern};
use crate::set::Named;
use crate::{Action, key};

/// The statements of a bundle by action and effect.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// What speaks of actions of any service.
    any: Both<Wide>,
    services: Box<[Service]>,
    /// Where a service stands, by hash: twice as many places as services at least, a power of
    /// two, the next free one where one is taken.
    places: Box<[u32]>,
    passes: Passes,
}

/// Statements that allow everything, whatever the request: nothing more needs to be looked at
/// for an allow.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Passes {
    /// One without principals, as identity and service control policies have them.
    pub(crate) unaddressed: Option<Slot>,
    /// One addressed to everyone, as resource policies have them.
    pub(crate) to_everyone: Option<Slot>,
}

/// A statement of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) policy: u32,
    pub(crate) statement: u32,
}

/// Something for each effect.
#[derive(Debug, Default)]
struct Both<T> {
    deny: T,
    allow: T,
}

/// Statements that speak of actions of any service.
#[derive(Debug, Default)]
struct Wide {
    /// Those that list `*`.
    every: Vec<Slot>,
    /// Those with `NotAction`: they speak of whatever they do not list.
    all_but: Vec<Slot>,
}

/// What is said about one service.
#[derive(Debug)]
pub(crate) struct Service {
    hash: u64,
    name: Box<str>,
    listed: Both<Names>,
}

/// Actions of one service.
#[derive(Debug, Default)]
struct Names {
    /// Whole actions by hash, sorted.
    exact: Vec<(u64, Slot)>,
    /// Patterns over the name.
    patterns: Vec<NamePattern>,
}

/// A pattern over the names of a service's actions.
#[derive(Debug)]
struct NamePattern {
    /// What the first eight bytes of a name must be, as far as the pattern says.
    head: u64,
    mask: u64,
    names: Glob,
    slot: Slot,
}

impl Index {
    pub(crate) fn of(policies: &[Named]) -> Self {
        let mut any: Both<Wide> = Both::default();
        let mut passes = Passes::default();
        let mut listed: Vec<Listed<'_>> = Vec::new();
        for (policy, named) in (0u32..).zip(policies) {
            for (number, statement) in (0u32..).zip(&named.policy.statements) {
                let slot = Slot { policy, statement: number };
                passes.note(statement, slot);
                let patterns = || statement.actions.patterns.iter().map(ActionPattern::target);
                if statement.actions.polarity == Polarity::AllBut {
                    any.of_mut(statement.effect).all_but.push(slot);
                } else if patterns().any(|target| matches!(target, ActionTarget::Every)) {
                    any.of_mut(statement.effect).every.push(slot);
                } else {
                    listed
                        .extend(patterns().filter_map(|target| Listed::new(target, statement.effect, slot)));
                }
            }
        }
        listed.sort_by_key(|entry| entry.service_hash);
        // Names that share a hash by chance lie mixed: each gets its own service all the same.
        let mut services: Vec<Service> = Vec::new();
        for group in listed.chunk_by(|one, other| one.service_hash == other.service_hash) {
            let mut names: Vec<&str> = group.iter().map(|entry| entry.service).collect();
            names.sort_unstable();
            names.dedup();
            services.extend(names.into_iter().map(|name| Service::of(name, group)));
        }
        let places = places(&services);
        Self { any, services: services.into(), places, passes }
    }

    /// The statements that allow everything.
    pub(crate) fn passes(&self) -> &Passes {
        &self.passes
    }

    /// What is said about an action's service.
    #[inline]
    pub(crate) fn service(&self, action: &Action) -> Option<&Service> {
        let hash = action.service_hash();
        let mut place = hash;
        loop {
            let at = *self.places.get(wrap(place, self.places.len()))?;
            // A free place ends the search; there is always one.
            let service = self.services.get(usize::try_from(at).ok()?)?;
            if service.hash == hash && *service.name == *action.service() {
                return Some(service);
            }
            place = place.wrapping_add(1);
        }
    }

    /// Visits every statement with an effect that speaks of an action, some more than once,
    /// until one is what is sought. `service` is what [`Index::service`] gave for the action.
    #[inline]
    pub(crate) fn find<'p, T>(
        &self,
        policies: &'p [Named],
        effect: Effect,
        (action, service): (&Action, Option<&Service>),
        mut visit: impl FnMut(Slot, &'p Statement) -> Option<T>,
    ) -> Option<T> {
        let wide = self.any.of(effect);
        for slot in &wide.every {
            if let Some(found) = statement(policies, *slot).and_then(|statement| visit(*slot, statement)) {
                return Some(found);
            }
        }
        if let Some(service) = service {
            let names = service.listed.of(effect);
            if !names.exact.is_empty() {
                let hash = action.hash();
                let start = names.exact.partition_point(|(entry, _)| *entry < hash);
                for (_, slot) in names.exact.iter().skip(start).take_while(|(entry, _)| *entry == hash) {
                    let Some(statement) = statement(policies, *slot) else { continue };
                    // Equal hashes are no proof.
                    if speaks_of(statement, action)
                        && let Some(found) = visit(*slot, statement)
                    {
                        return Some(found);
                    }
                }
            }
            let head = action.head();
            for pattern in &names.patterns {
                let fits = head & pattern.mask == pattern.head && pattern.names.matches(action.name());
                if fits
                    && let Some(statement) = statement(policies, pattern.slot)
                    && let Some(found) = visit(pattern.slot, statement)
                {
                    return Some(found);
                }
            }
        }
        for slot in &wide.all_but {
            let Some(statement) = statement(policies, *slot) else { continue };
            if speaks_of(statement, action)
                && let Some(found) = visit(*slot, statement)
            {
                return Some(found);
            }
        }
        None
    }
}

impl<T> Both<T> {
    #[inline]
    fn of(&self, effect: Effect) -> &T {
        match effect {
            Effect::Allow => &self.allow,
            Effect::Deny => &self.deny,
        }
    }

    fn of_mut(&mut self, effect: Effect) -> &mut T {
        match effect {
            Effect::Allow => &mut self.allow,
            Effect::Deny => &mut self.deny,
        }
    }
}

impl Passes {
    fn note(&mut self, statement: &Statement, slot: Slot) {
        let lists = |polarity: Polarity| polarity == Polarity::Listed;
        let resources = statement.resources.as_ref();
        let all = statement.effect == Effect::Allow
            && statement.conditions.is_empty()
            && lists(statement.actions.polarity)
            && statement
                .actions
                .patterns
                .iter()
                .any(|pattern| matches!(pattern.target(), ActionTarget::Every))
            && resources.is_some_and(|element| {
                lists(element.polarity) && element.patterns.iter().any(ResourcePattern::is_every)
            });
        if !all {
            return;
        }
        match &statement.principals {
            None => self.unaddressed = self.unaddressed.or(Some(slot)),
            Some(element)
                if lists(element.polarity) && element.patterns.iter().any(PrincipalPattern::is_everyone) =>
            {
                self.to_everyone = self.to_everyone.or(Some(slot));
            }
            Some(_) => {}
        }
    }
}

/// Whether a statement's action element takes an action.
pub(crate) fn speaks_of(statement: &Statement, action: &Action) -> bool {
    let listed = statement.actions.patterns.iter().any(|pattern| pattern.matches(action));
    listed == (statement.actions.polarity == Polarity::Listed)
}

fn statement(policies: &[Named], slot: Slot) -> Option<&Statement> {
    let policy = policies.get(usize::try_from(slot.policy).ok()?)?;
    policy.policy.statements.get(usize::try_from(slot.statement).ok()?)
}

/// One entry of an action element.
struct Listed<'p> {
    service_hash: u64,
    service: &'p str,
    effect: Effect,
    target: ListedTarget<'p>,
    slot: Slot,
}

enum ListedTarget<'p> {
    Exact(u64),
    Pattern(&'p Glob),
}

impl<'p> Listed<'p> {
    fn new(target: &'p ActionTarget, effect: Effect, slot: Slot) -> Option<Self> {
        let (service_hash, service, target) = match target {
            ActionTarget::Exact { service_hash, hash, action } => {
                let (service, _) = action.split_once(':')?;
                (*service_hash, service, ListedTarget::Exact(*hash))
            }
            ActionTarget::Names { service_hash, service, names } => {
                (*service_hash, &**service, ListedTarget::Pattern(names))
            }
            ActionTarget::Every | ActionTarget::Nothing => return None,
        };
        Some(Self { service_hash, service, effect, target, slot })
    }
}

impl Service {
    fn of(name: &str, group: &[Listed<'_>]) -> Self {
        let mut listed: Both<Names> = Both::default();
        for entry in group.iter().filter(|entry| entry.service == name) {
            let names = listed.of_mut(entry.effect);
            match entry.target {
                ListedTarget::Exact(hash) => names.exact.push((hash, entry.slot)),
                ListedTarget::Pattern(pattern) => names.patterns.push(NamePattern::new(pattern, entry.slot)),
            }
        }
        for names in [&mut listed.deny, &mut listed.allow] {
            names.exact.sort_by_key(|(hash, _)| *hash);
            names.exact.shrink_to_fit();
            names.patterns.shrink_to_fit();
        }
        let hash = group.first().map_or(0, |entry| entry.service_hash);
        Self { hash, name: name.into(), listed }
    }
}

/// The table of places; empty where there are no services.
fn places(services: &[Service]) -> Box<[u32]> {
    if services.is_empty() {
        return Box::default();
    }
    let mut places = vec![FREE; (services.len() * 2).next_power_of_two()];
    let length = places.len();
    for (at, service) in (0u32..).zip(services) {
        let mut place = service.hash;
        while let Some(slot) = places.get_mut(wrap(place, length)) {
            if *slot == FREE {
                *slot = at;
                break;
            }
            place = place.wrapping_add(1);
        }
    }
    places.into()
}

/// No service stands here.
const FREE: u32 = u32::MAX;

/// A place in a table whose length is a power of two.
#[inline]
fn wrap(place: u64, length: usize) -> usize {
    usize::try_from(place & (length as u64).wrapping_sub(1)).unwrap_or_default()
}

impl NamePattern {
    fn new(names: &Glob, slot: Slot) -> Self {
        let prefix = names.literal_prefix().as_bytes();
        let mask = match prefix.len() {
            8.. => u64::MAX,
            bytes => (1 << (8 * bytes)) - 1,
        };
        Self { head: key::head(prefix) & mask, mask, names: names.clone(), slot }
    }
}

#[cfg(test)]
mod tests;
