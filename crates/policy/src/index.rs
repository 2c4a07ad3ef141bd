//! Which statements of a bundle may speak of an action, without looking at the others.

use crate::document::{Effect, Polarity, Statement};
use crate::glob::Glob;
use crate::matching::{ActionPattern, ActionTarget};
use crate::set::Named;
use crate::{Action, key};

/// The statements of a bundle by effect and action.
#[derive(Debug, Default)]
pub(crate) struct Index {
    deny: Entries,
    allow: Entries,
}

/// A statement of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) policy: u32,
    pub(crate) statement: u32,
}

#[derive(Debug)]
struct Entries {
    /// Whether there is nothing below: most policies deny nothing.
    is_empty: bool,
    /// Statements that list `*`.
    every: Box<[Slot]>,
    /// Statements with `NotAction`: they speak of whatever they do not list.
    all_but: Box<[Slot]>,
    services: Box<[Service]>,
    /// Where a service stands, by hash: twice as many places as services at least, a power of
    /// two, the next free one where one is taken.
    places: Box<[u32]>,
}

/// What is said about one service.
#[derive(Debug)]
struct Service {
    hash: u64,
    name: Box<str>,
    /// Whole actions by hash, sorted.
    exact: Box<[(u64, Slot)]>,
    /// Patterns over the name.
    patterns: Box<[NamePattern]>,
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
        Self { deny: Entries::of(policies, Effect::Deny), allow: Entries::of(policies, Effect::Allow) }
    }

    /// Visits every statement with an effect that speaks of an action, some more than once,
    /// until one is what is sought.
    #[inline]
    pub(crate) fn find<'p, T>(
        &self,
        policies: &'p [Named],
        effect: Effect,
        action: &Action,
        mut visit: impl FnMut(Slot, &'p Statement) -> Option<T>,
    ) -> Option<T> {
        let entries = self.entries(effect);
        if entries.is_empty {
            return None;
        }
        let mut visit_slot = |slot: Slot, sure: bool| {
            let statement = statement(policies, slot)?;
            if sure || speaks_of(statement, action) { visit(slot, statement) } else { None }
        };
        for slot in &entries.every {
            if let Some(found) = visit_slot(*slot, true) {
                return Some(found);
            }
        }
        if let Some(service) = entries.service(action) {
            let hash = action.hash();
            let start = service.exact.partition_point(|(entry, _)| *entry < hash);
            for (_, slot) in service.exact.iter().skip(start).take_while(|(entry, _)| *entry == hash) {
                // Equal hashes are no proof.
                if let Some(found) = visit_slot(*slot, false) {
                    return Some(found);
                }
            }
            let head = action.head();
            for pattern in &service.patterns {
                let fits = head & pattern.mask == pattern.head && pattern.names.matches(action.name());
                if fits && let Some(found) = visit_slot(pattern.slot, true) {
                    return Some(found);
                }
            }
        }
        for slot in &entries.all_but {
            if let Some(found) = visit_slot(*slot, false) {
                return Some(found);
            }
        }
        None
    }

    fn entries(&self, effect: Effect) -> &Entries {
        match effect {
            Effect::Allow => &self.allow,
            Effect::Deny => &self.deny,
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

impl Default for Entries {
    fn default() -> Self {
        Self::of(&[], Effect::Allow)
    }
}

impl Entries {
    fn of(policies: &[Named], effect: Effect) -> Self {
        let mut every = Vec::new();
        let mut all_but = Vec::new();
        let mut listed: Vec<Listed<'_>> = Vec::new();
        for (policy, named) in (0u32..).zip(policies) {
            for (number, statement) in (0u32..).zip(&named.policy.statements) {
                if statement.effect != effect {
                    continue;
                }
                let slot = Slot { policy, statement: number };
                let patterns = || statement.actions.patterns.iter().map(ActionPattern::target);
                if statement.actions.polarity == Polarity::AllBut {
                    all_but.push(slot);
                } else if patterns().any(|target| matches!(target, ActionTarget::Every)) {
                    every.push(slot);
                } else {
                    listed.extend(patterns().filter_map(|target| Listed::new(target, slot)));
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
        let is_empty = every.is_empty() && all_but.is_empty() && services.is_empty();
        Self { is_empty, every: every.into(), all_but: all_but.into(), services: services.into(), places }
    }

    fn service(&self, action: &Action) -> Option<&Service> {
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
}

/// One entry of an action element.
struct Listed<'p> {
    service_hash: u64,
    service: &'p str,
    names: Names<'p>,
    slot: Slot,
}

enum Names<'p> {
    Exact(u64),
    Pattern(&'p Glob),
}

impl<'p> Listed<'p> {
    fn new(target: &'p ActionTarget, slot: Slot) -> Option<Self> {
        match target {
            ActionTarget::Exact { service_hash, service, hash, .. } => {
                Some(Self { service_hash: *service_hash, service, names: Names::Exact(*hash), slot })
            }
            ActionTarget::Names { service_hash, service, names } => {
                Some(Self { service_hash: *service_hash, service, names: Names::Pattern(names), slot })
            }
            ActionTarget::Every | ActionTarget::Nothing => None,
        }
    }
}

impl Service {
    fn of(name: &str, group: &[Listed<'_>]) -> Self {
        let own = || group.iter().filter(|entry| entry.service == name);
        let exact = own().filter_map(|entry| match entry.names {
            Names::Exact(hash) => Some((hash, entry.slot)),
            Names::Pattern(_) => None,
        });
        let mut exact: Vec<(u64, Slot)> = exact.collect();
        exact.sort_by_key(|(hash, _)| *hash);
        let patterns = own().filter_map(|entry| match entry.names {
            Names::Exact(_) => None,
            Names::Pattern(names) => Some(NamePattern::new(names, entry.slot)),
        });
        let hash = group.first().map_or(0, |entry| entry.service_hash);
        Self { hash, name: name.into(), exact: exact.into(), patterns: patterns.collect() }
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
