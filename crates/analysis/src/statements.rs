//! Statements that change nothing: dead or redundant, by proof.

use std::collections::BTreeMap;

use policy::{Effect, Policy};

use crate::boxes::{Block, Clauses, Compiler, Source};
use crate::budget::{Budget, Exhausted, Meter};
use crate::compare::{is_addressed, layer};
use crate::principals;
use crate::search::{Search, Universe};
use crate::split::Branch;

/// A statement without which a document would mean the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idle {
    /// Its place among the statements, from 0.
    pub statement: usize,
    /// Why.
    pub reason: IdleReason,
}

/// Why a statement changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdleReason {
    /// No request satisfies it.
    Unsatisfiable,
    /// All that it allows is denied by these statements: they decide first.
    Denied {
        /// Their places.
        by: Vec<usize>,
    },
    /// All that it says these statements of the same effect say too.
    Redundant {
        /// Their places.
        by: Vec<usize>,
    },
}

/// The statements of a document that are dead or redundant, each taken by itself: of two that say the same, the
/// first stays and the second is named. `Err` stands for statements of which it could not be decided.
#[must_use]
pub fn idle_statements(policy: &Policy, budget: Budget) -> Vec<Result<Idle, (usize, Exhausted)>> {
    let mut found: Vec<Result<Idle, (usize, Exhausted)>> = Vec::new();
    let mut gone: Vec<usize> = Vec::new();
    // From the last to the first, so that the first of equals stays; what is gone covers nothing.
    for statement in (0..policy.statements().len()).rev() {
        match reason(policy, statement, &gone, budget) {
            Ok(None) => {}
            Ok(Some(reason)) => {
                gone.push(statement);
                found.push(Ok(Idle { statement, reason }));
            }
            Err(exhausted) => found.push(Err((statement, exhausted))),
        }
    }
    found.reverse();
    found
}

fn reason(
    policy: &Policy,
    statement: usize,
    gone: &[usize],
    budget: Budget,
) -> Result<Option<IdleReason>, Exhausted> {
    let addressed = is_addressed(policy);
    let sources: Vec<Source<'_>> = Source::of(policy, layer(addressed)).collect();
    let mut universe = Universe::default();
    let mut is_complete = true;
    if addressed {
        let (principals, all_there) = principals::of([&sources, &[]]);
        universe.principals = Some(principals);
        is_complete = all_there;
    }
    // Variables are left open: what is proven then holds whatever they stand for.
    let branch = Branch::default();
    let (mut clauses, mut symbols) = (Clauses::default(), BTreeMap::new());
    let mut compiler =
        Compiler { clauses: &mut clauses, branch: &branch, is_open: true, symbols: &mut symbols };
    let blocks = compiler.compile(&sources);
    let mut meter = Meter::new(budget);
    let mut search = Search::new(clauses, &branch, &symbols, &universe, &mut meter);
    let Some(mine) = blocks.iter().find(|block| block.source.number == statement) else {
        return Ok(Some(IdleReason::Unsatisfiable));
    };
    let others = |effect: Effect| -> Vec<&Block<'_>> {
        let counts = |block: &&Block<'_>| {
            block.effect == effect && block.source.number != statement && !gone.contains(&block.source.number)
        };
        blocks.iter().filter(counts).collect()
    };
    let denies = others(Effect::Deny);
    let found = if covered(&mut search, mine, &[])?.is_some() {
        Some(IdleReason::Unsatisfiable)
    } else if mine.effect == Effect::Allow {
        match covered(&mut search, mine, &denies)? {
            Some(by) => Some(IdleReason::Denied { by }),
            None => {
                let all: Vec<&Block<'_>> = others(Effect::Allow).into_iter().chain(denies).collect();
                covered(&mut search, mine, &all)?.map(|by| IdleReason::Redundant { by })
            }
        }
    } else {
        covered(&mut search, mine, &denies)?.map(|by| IdleReason::Redundant { by })
    };
    if found.is_some() && (search.incomplete || !is_complete) {
        return Err(Exhausted::Method);
    }
    Ok(found)
}

/// The fewest of some statements, found by leaving out one after the other, that take all that a statement takes.
fn covered<'p>(
    search: &mut Search<'p, '_>,
    mine: &Block<'p>,
    by: &[&Block<'p>],
) -> Result<Option<Vec<usize>>, Exhausted> {
    if search.escape(&[mine], by)?.is_some() {
        return Ok(None);
    }
    let mut needed: Vec<&Block<'p>> = by.iter().copied().filter(|block| !block.avoids(mine)).collect();
    let mut at = 0;
    while at < needed.len() {
        let mut without = needed.clone();
        without.remove(at);
        if search.escape(&[mine], &without)?.is_none() { needed = without } else { at += 1 }
    }
    Ok(Some(needed.iter().map(|block| block.source.number).collect()))
}
