//! Which statements of a policy may speak of an action, without looking at the others.

use crate::Action;
use crate::document::{Effect, Polarity, Statement};
use crate::matching::{ActionPattern, ActionTarget, PrincipalPattern};

/// The statements of a policy by what their action elements list. It is made with the policy, once.
#[derive(Debug, Default, Clone)]
pub(crate) struct Index {
    /// One per listed pattern, in their order.
    entries: Box<[Entry]>,
    /// For each hash, cut to the length (a power of two), the last entry with it.
    last: Box<[u32]>,
    /// Statements that speak of actions of any service: they list `*`, or have `NotAction`.
    wide: Box<[u32]>,
    /// Whether some statement denies something.
    pub(crate) denies: bool,
    pub(crate) passes: Passes<u32>,
}

/// Statements that allow everything, whatever the request: nothing more needs to be looked at
/// for an allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Passes<T> {
    /// One without principals, as identity and service control policies have them.
    pub(crate) unaddressed: Option<T>,
    /// One addressed to everyone, as resource policies have them.
    pub(crate) to_everyone: Option<T>,
}

/// A pattern that lists one action, or some of one service.
#[derive(Debug, Clone)]
struct Entry {
    /// Of the whole action or, where the name has wildcards, of the service.
    hash: u64,
    /// The entry before it whose hash is cut to the same.
    before: u32,
    statement: u32,
    pattern: u32,
}

impl Index {
    pub(crate) fn of(statements: &[Statement]) -> Self {
        let mut this = Self::default();
        let mut wide = Vec::new();
        let patterns = statements.iter().map(|statement| statement.actions.patterns.len()).sum();
        let mut entries = Vec::with_capacity(patterns);
        for (number, statement) in (0u32..).zip(statements) {
            this.denies |= statement.effect == Effect::Deny;
            if is_wide(statement) {
                wide.push(number);
                if statement.lists_every_action() {
                    this.passes.note(statement, number);
                }
                continue;
            }
            for (pattern, listed) in (0u32..).zip(&statement.actions.patterns) {
                let hash = match listed.target() {
                    ActionTarget::Exact { hash } => *hash,
                    ActionTarget::Names { service_hash, .. } => *service_hash,
                    ActionTarget::Every | ActionTarget::Nothing => continue,
                };
                entries.push(Entry { hash, before: NONE, statement: number, pattern });
            }
        }
        this.last = chain(&mut entries);
        this.entries = entries.into();
        this.wide = wide.into();
        this
    }

    /// Visits every statement that speaks of an action, some more than once.
    pub(crate) fn visit(&self, statements: &[Statement], action: &Action, mut visit: impl FnMut(u32)) {
        for number in &self.wide {
            if at(statements, *number).is_some_and(|statement| speaks_of(statement, action)) {
                visit(*number);
            }
        }
        for hash in [action.hash(), action.service_hash()] {
            let mut next = at(&self.last, cut(hash, self.last.len()));
            while let Some(entry) = next.and_then(|number| at(&self.entries, *number)) {
                // Equal hashes are no proof.
                if entry.hash == hash
                    && let Some(statement) = at(statements, entry.statement)
                    && let Some(pattern) = at(&statement.actions.patterns, entry.pattern)
                    && pattern.matches(action)
                {
                    visit(entry.statement);
                }
                next = Some(&entry.before);
            }
        }
    }
}

impl<T: Copy> Passes<T> {
    /// Notes a statement that is known to speak of the actions in question, if it allows them without more ado.
    pub(crate) fn note(&mut self, statement: &Statement, place: T) {
        let certain = statement.effect == Effect::Allow
            && statement.conditions.is_empty()
            && statement.takes_everything();
        if !certain {
            return;
        }
        match &statement.principals {
            None => self.unaddressed = self.unaddressed.or(Some(place)),
            Some(element)
                if element.polarity == Polarity::Listed
                    && element.patterns.iter().any(PrincipalPattern::is_everyone) =>
            {
                self.to_everyone = self.to_everyone.or(Some(place));
            }
            Some(_) => {}
        }
    }
}

impl<T> Default for Passes<T> {
    fn default() -> Self {
        Self { unaddressed: None, to_everyone: None }
    }
}

impl Statement {
    fn lists_every_action(&self) -> bool {
        let every = |pattern: &ActionPattern| matches!(pattern.target(), ActionTarget::Every);
        self.actions.polarity == Polarity::Listed && self.actions.patterns.iter().any(every)
    }
}

/// Whether a statement speaks of actions of any service.
fn is_wide(statement: &Statement) -> bool {
    statement.actions.polarity == Polarity::AllBut || statement.lists_every_action()
}

/// Whether a statement's action element takes an action.
pub(crate) fn speaks_of(statement: &Statement, action: &Action) -> bool {
    let listed = statement.actions.patterns.iter().any(|pattern| pattern.matches(action));
    listed == (statement.actions.polarity == Polarity::Listed)
}

/// Chains the entries by their hashes and tells where each chain ends.
fn chain(entries: &mut [Entry]) -> Box<[u32]> {
    if entries.is_empty() {
        return Box::default();
    }
    let mut last = vec![NONE; entries.len().next_power_of_two()];
    let length = last.len();
    for (number, entry) in (0u32..).zip(entries) {
        if let Some(end) = usize::try_from(cut(entry.hash, length)).ok().and_then(|place| last.get_mut(place))
        {
            entry.before = std::mem::replace(end, number);
        }
    }
    last.into()
}

/// No entry.
const NONE: u32 = u32::MAX;

/// A hash, cut to below a power of two.
#[inline]
fn cut(hash: u64, length: usize) -> u32 {
    u32::try_from(hash & (length as u64).wrapping_sub(1) & u64::from(u32::MAX)).unwrap_or_default()
}

#[inline]
fn at<T>(all: &[T], number: u32) -> Option<&T> {
    all.get(usize::try_from(number).ok()?)
}

#[cfg(test)]
mod tests;
