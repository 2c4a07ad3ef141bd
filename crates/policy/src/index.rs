//! Which statements of a bundle may speak of an action, without looking at the others.

use compact_str::CompactString;

use crate::Action;
use crate::document::{Effect, Polarity, Statement};
use crate::glob::Glob;
use crate::matching::ActionTarget;
use crate::set::Named;

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

#[derive(Debug, Default)]
struct Entries {
    /// Statements that list `*`.
    every: Box<[Slot]>,
    /// Statements with `NotAction`: they speak of whatever they do not list.
    all_but: Box<[Slot]>,
    /// Sorted by hash.
    services: Box<[Service]>,
}

/// What is said about one service.
#[derive(Debug)]
struct Service {
    hash: u64,
    name: CompactString,
    /// Whole actions by hash, sorted.
    exact: Box<[(u64, Slot)]>,
    /// Patterns over the name.
    patterns: Box<[(Glob, Slot)]>,
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
            for (names, slot) in &service.patterns {
                if names.matches(action.name())
                    && let Some(found) = visit_slot(*slot, true)
                {
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

impl Entries {
    fn of(policies: &[Named], effect: Effect) -> Self {
        let mut every = Vec::new();
        let mut all_but = Vec::new();
        let mut exact = Vec::new();
        let mut patterns = Vec::new();
        for (policy, named) in (0u32..).zip(policies) {
            for (number, statement) in (0u32..).zip(&named.policy.statements) {
                if statement.effect != effect {
                    continue;
                }
                let slot = Slot { policy, statement: number };
                if statement.actions.polarity == Polarity::AllBut {
                    all_but.push(slot);
                    continue;
                }
                if statement
                    .actions
                    .patterns
                    .iter()
                    .any(|pattern| matches!(pattern.target(), ActionTarget::Every))
                {
                    every.push(slot);
                    continue;
                }
                for pattern in &statement.actions.patterns {
                    match pattern.target() {
                        ActionTarget::Exact { service_hash, hash, service, .. } => {
                            exact.push((*service_hash, service, *hash, slot));
                        }
                        ActionTarget::Names { service_hash, service, names } => {
                            patterns.push((*service_hash, service, names, slot));
                        }
                        ActionTarget::Every | ActionTarget::Nothing => {}
                    }
                }
            }
        }
        let mut names: Vec<(u64, &CompactString)> = exact.iter().map(|entry| (entry.0, entry.1)).collect();
        names.extend(patterns.iter().map(|entry| (entry.0, entry.1)));
        names.sort_unstable();
        names.dedup();
        let services = names.into_iter().map(|(hash, name)| {
            let mut exact: Vec<(u64, Slot)> =
                exact.iter().filter(|entry| entry.1 == name).map(|entry| (entry.2, entry.3)).collect();
            exact.sort_by_key(|(hash, _)| *hash);
            let patterns =
                patterns.iter().filter(|entry| entry.1 == name).map(|entry| (entry.2.clone(), entry.3));
            Service { hash, name: name.clone(), exact: exact.into(), patterns: patterns.collect() }
        });
        let services = services.collect();
        Self { every: every.into(), all_but: all_but.into(), services }
    }

    fn service(&self, action: &Action) -> Option<&Service> {
        let hash = action.service_hash();
        let start = self.services.partition_point(|service| service.hash < hash);
        let same_hash = self.services.iter().skip(start).take_while(|service| service.hash == hash);
        same_hash.into_iter().find(|service| service.name == action.service())
    }
}
