//! What policies say about one action, written out in one piece.
//!
//! Principals ask for few actions again and again. So what a decision about an action needs of all the policies
//! is worked out when it is first asked for, and kept: the statements that speak of it, in the order in which they
//! are asked, each with its place and the literals of its resources. It is one run of bytes, read from the front:
//! what takes the time of a decision is waiting for memory, and this way a decision touches two or three lines
//! of the cache instead of two dozen. Statements themselves are looked at where they except principals or resources,
//! have resources with variables or `?`, or have conditions of which the guards that stand here hold and are not all.
//!
//! ```text
//! plan    = side byte, name of the action short, group*
//! group   = layer byte, denies: long of rule*, level*, 2 byte, long of nothing
//! level   = 1 byte, long of place | 0 byte, long of rule*    something on every level must allow; 1: all is allowed
//! rule    = marks byte, level byte, policy byte, statement byte, lengths of both in two bytes each, needs, pattern*
//!           | marks byte, 7 bytes, place, lengths of both in four bytes each, needs, pattern*    as the marks say
//!           every guard must hold, and a pattern match unless the marks say otherwise
//! needs   = guard* | principals: long of whom*, guard*        as the marks say; one of the principals must be it
//! whom    = account byte, short | root byte, short of (partition, account) | role byte, short of (partition,
//!           account, name) | exactly, service or provider byte, short      a list within a short is of shorts
//! guard   = key, kind byte, short of short*
//! key     = number of a global key byte | 255 byte, hash in eight bytes, mark in eight bytes, name short
//! place   = numbers of level, policy and statement, four bytes each
//! pattern = exact or prefix byte, short | split byte, short of (first, last, between*: each a short)
//!           | odd byte, short, index in four bytes
//! short   = length in two bytes, the lowest first, as many bytes
//! long    = length in four bytes, as many bytes
//! ```

mod draft;
mod read;

use crate::Action;
use crate::decision::{Layer, StatementRef};
use crate::set::Bundle;
use crate::tiers::Tiers;

pub(crate) use draft::Levels;
pub(crate) use read::{Guard, Level, Pattern, Rule, Rules, Walk, Wanted};

/// The statements of one layer or of all of a principal's side that speak of one action.
#[derive(Debug)]
pub(crate) struct Plan(Box<[u8]>);

/// Whose plans they are: bundles that stand in more than one layer have plans for each.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Side {
    /// All layers of a principal's side.
    Own,
    /// One layer.
    Layer(Layer),
}

/// Where a statement of a layer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) level: u32,
    pub(crate) policy: u32,
    pub(crate) statement: u32,
}

impl Place {
    /// The place in a set.
    #[inline]
    pub(crate) fn of(self, layer: Layer) -> StatementRef {
        StatementRef { layer, level: self.level, policy: self.policy, statement: self.statement }
    }
}

impl Side {
    #[inline]
    fn number(self) -> u8 {
        match self {
            Self::Own => u8::MAX,
            Self::Layer(layer) => layer as u8,
        }
    }
}

impl Plan {
    /// The plan of a layer that has one level.
    pub(crate) fn of_bundle(layer: Layer, bundle: &Bundle, action: &Action) -> Self {
        let mut plan = draft::begin(Side::Layer(layer), action);
        draft::add_group(&mut plan, layer, Levels::of(std::iter::once(bundle), layer, action));
        Self(plan.into())
    }

    /// The plan of several layers, each with its levels.
    pub(crate) fn of_layers(layers: impl Iterator<Item = (Layer, Levels)>, action: &Action) -> Self {
        let mut plan = draft::begin(Side::Own, action);
        for (layer, levels) in layers {
            draft::add_group(&mut plan, layer, levels);
        }
        Self(plan.into())
    }

    /// What it says, layer by layer.
    #[inline]
    pub(crate) fn walk(&self) -> Walk<'_> {
        Walk::over(&self.0)
    }

    /// The same, if it is the plan of that side for that action.
    #[inline]
    fn walk_of(&self, side: Side, action: &Action) -> Option<Walk<'_>> {
        read::of(&self.0, side, action)
    }
}

/// The plans of one owner by action, kept when they are first made and never changed or dropped while it lives:
/// reading them takes no lock. There is room for a bounded number; beyond it a plan is made for the one decision.
#[derive(Debug)]
pub(crate) struct Plans<const NEAR: usize>(Tiers<Plan, NEAR>);

impl<const NEAR: usize> Default for Plans<NEAR> {
    fn default() -> Self {
        Self(Tiers::default())
    }
}

impl<const NEAR: usize> Plans<NEAR> {
    /// Hands over the plan for an action, kept or made anew.
    #[inline]
    pub(crate) fn with<T>(
        &self,
        side: Side,
        action: &Action,
        make: impl FnOnce() -> Plan,
        then: impl FnOnce(Walk<'_>) -> T,
    ) -> T {
        match self.0.find(action.hash(), |plan| plan.walk_of(side, action)) {
            Some(plan) => then(plan),
            None => self.with_new(action, make(), then),
        }
    }

    #[cold]
    fn with_new<T>(&self, action: &Action, plan: Plan, then: impl FnOnce(Walk<'_>) -> T) -> T {
        let result = then(plan.walk());
        self.0.keep(action.hash(), plan);
        result
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests;
