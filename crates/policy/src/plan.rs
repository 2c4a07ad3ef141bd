//! What the policies of a bundle say about one action, worked out when it is first asked for.
//!
//! Principals ask for few actions again and again. So a bundle keeps for each action that was asked for the
//! statements that speak of it, and the next decision looks at nothing else. Where the policies do not tell the
//! actions of a service apart, one plan is for all of them. What is kept is never changed or dropped while the
//! bundle lives: reading it takes no lock. There is room for a bounded number of plans; beyond it a plan is made
//! for the one decision.

use crate::Action;
use crate::action::Block;
use crate::decision::{Layer, StatementRef};
use crate::document::{Effect, Statement};
use crate::index::Passes;
use crate::set::Named;
use crate::tiers::Tiers;

/// The statements of a bundle that speak of one action.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The denies and behind them the allows, each in the order of the documents.
    slots: Box<[Slot]>,
    denies: usize,
    passes: Passes<Slot>,
}

/// A statement of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Slot {
    pub(crate) policy: u32,
    pub(crate) statement: u32,
}

impl Plan {
    pub(crate) fn of(policies: &[Named], action: &Action) -> Self {
        let mut found = Vec::with_capacity(8);
        for (policy, named) in (0u32..).zip(policies) {
            let statements = named.policy.statements();
            named.policy.index.visit(statements, action, |statement| {
                let denies = statements.get(place(statement)).is_some_and(|one| one.effect == Effect::Deny);
                found.push((!denies, Slot { policy, statement }));
            });
        }
        found.sort_unstable();
        found.dedup();
        let denies = found.iter().take_while(|(allows, _)| !allows).count();
        let slots: Box<[Slot]> = found.into_iter().map(|(_, slot)| slot).collect();
        let mut passes = Passes::default();
        for slot in slots.iter().skip(denies) {
            if let Some(statement) = slot.statement(policies) {
                passes.note(statement, *slot);
            }
        }
        Self { slots, denies, passes }
    }

    /// The statements that deny the action something.
    #[inline]
    pub(crate) fn denies(&self) -> &[Slot] {
        self.slots.get(..self.denies).unwrap_or_default()
    }

    /// The statements that allow the action something.
    #[inline]
    pub(crate) fn allows(&self) -> &[Slot] {
        self.slots.get(self.denies..).unwrap_or_default()
    }

    /// The statements that allow the action everything.
    #[inline]
    pub(crate) fn passes(&self) -> &Passes<Slot> {
        &self.passes
    }
}

impl Slot {
    /// The place of the statement in a set.
    #[inline]
    pub(crate) fn place(self, layer: Layer, level: u32) -> StatementRef {
        StatementRef { layer, level, policy: self.policy, statement: self.statement }
    }

    /// The statement itself.
    #[inline]
    pub(crate) fn statement(self, policies: &[Named]) -> Option<&Statement> {
        policies.get(place(self.policy))?.policy.statements.get(place(self.statement))
    }
}

/// Plans by action.
#[derive(Debug)]
pub(crate) struct ByAction<P>(Tiers<(Block, P)>);

impl<P> Default for ByAction<P> {
    fn default() -> Self {
        Self(Tiers::default())
    }
}

impl<P> ByAction<P> {
    /// Hands over the plan for an action, kept or made anew.
    #[inline]
    pub(crate) fn with<T>(&self, action: &Action, make: impl FnOnce() -> P, then: impl FnOnce(&P) -> T) -> T {
        if let Some(plan) = self.kept(action) {
            return then(plan);
        }
        let plan = make();
        let result = then(&plan);
        self.keep(action, plan);
        result
    }

    #[inline]
    fn kept(&self, action: &Action) -> Option<&P> {
        self.0.find(action.hash(), |(block, _)| block == action.block()).map(|(_, plan)| plan)
    }

    #[cold]
    fn keep(&self, action: &Action, plan: P) {
        if !action.is_longer_than_its_block() {
            self.0.keep(action.hash(), (*action.block(), plan));
        }
    }
}

/// The plans of one bundle.
#[derive(Debug, Default)]
pub(crate) struct Plans {
    /// By number of the service; none in a place means that its actions have plans of their own.
    services: Tiers<(u16, Option<Plan>)>,
    actions: ByAction<Plan>,
}

impl Plans {
    /// Hands over the plan for an action, kept or made anew. `parts` says whether the policies tell the actions of
    /// the action's service apart.
    #[inline]
    pub(crate) fn with<T>(
        &self,
        action: &Action,
        make: impl FnOnce() -> Plan,
        parts: impl FnOnce() -> bool,
        then: impl FnOnce(&Plan) -> T,
    ) -> T {
        if let Some(plan) = self.kept(action) {
            return then(plan);
        }
        let plan = make();
        let result = then(&plan);
        self.keep(action, plan, parts());
        result
    }

    #[inline]
    fn kept(&self, action: &Action) -> Option<&Plan> {
        if let Some(service) = action.service_number()
            && let Some((_, Some(plan))) = self.service(service, action)
        {
            return Some(plan);
        }
        self.actions.kept(action)
    }

    #[inline]
    fn service(&self, number: u16, action: &Action) -> Option<&(u16, Option<Plan>)> {
        self.services.find(action.service_hash(), |(kept, _)| *kept == number)
    }

    #[cold]
    fn keep(&self, action: &Action, plan: Plan, parts: bool) {
        match action.service_number() {
            Some(service) if !parts => self.services.keep(action.service_hash(), (service, Some(plan))),
            service => {
                if let Some(service) = service
                    && self.service(service, action).is_none()
                {
                    self.services.keep(action.service_hash(), (service, None));
                }
                self.actions.keep(action, plan);
            }
        }
    }
}

#[inline]
fn place(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
