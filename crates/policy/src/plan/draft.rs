//! How a plan is written.

use super::read::{
    ALL, END, EVERYTHING, EXACT, EXCEPTS_RESOURCES, GUARD_KINDS, HAS_CONDITIONS, HAS_GUARDS, IF_ABSENT, MORE,
    NAMES_PRINCIPALS, ODD, PREFIX, SOME, SPLIT, WIDE_PLACE,
};
use super::{Place, Side};
use crate::Action;
use crate::condition::Clause;
use crate::decision::Layer;
use crate::document::{Effect, Polarity, Statement};
use crate::matching::{ResourceForm, ResourcePattern};
use crate::set::Bundle;

/// What the levels of a layer say about an action.
#[derive(Default)]
pub(crate) struct Levels {
    /// The rules that deny, of all levels.
    denies: Vec<u8>,
    levels: Vec<Draft>,
}

/// What allows on one level.
#[derive(Default)]
struct Draft {
    /// The statement that allows everything.
    pass: Option<Place>,
    allows: Vec<u8>,
}

/// The beginning of a plan.
pub(super) fn begin(side: Side, action: &Action) -> Vec<u8> {
    let mut plan = Vec::with_capacity(256);
    plan.push(side.number());
    push_run(&mut plan, action.folded().as_bytes());
    plan
}

pub(super) fn add_group(plan: &mut Vec<u8>, layer: Layer, said: Levels) {
    plan.push(layer as u8);
    push_run(plan, &said.denies);
    for level in said.levels {
        match level.pass {
            Some(place) => {
                plan.push(ALL);
                push_wide(plan, place);
            }
            None => {
                plan.push(SOME);
                push_run(plan, &level.allows);
            }
        }
    }
    plan.push(END);
}

impl Levels {
    /// What policies say, level by level from the root.
    pub(crate) fn of<'p>(levels: impl Iterator<Item = &'p Bundle>, layer: Layer, action: &Action) -> Self {
        let mut this = Self::default();
        for (level, bundle) in (0u32..).zip(levels) {
            this.add(level, bundle, layer, action);
        }
        // Where everything is allowed on all levels, the last one speaks for them; where there is no level, none
        // allows anything.
        if this.levels.iter().all(|level| level.pass.is_some()) {
            this.levels = vec![this.levels.pop().unwrap_or_default()];
        }
        this
    }

    fn add(&mut self, level: u32, bundle: &Bundle, layer: Layer, action: &Action) {
        if let Some(pass) = bundle.pass(layer) {
            self.levels.push(Draft { pass: Some(Place { level, ..pass }), allows: Vec::new() });
            return;
        }
        let mut draft = Draft::default();
        let mut numbers = Vec::with_capacity(8);
        for (policy, named) in (0u32..).zip(bundle.policies()) {
            let statements = named.policy.statements();
            numbers.clear();
            named.policy.index.visit(statements, action, |number| numbers.push(number));
            numbers.sort_unstable();
            numbers.dedup();
            for statement in &numbers {
                let place = Place { level, policy, statement: *statement };
                let Some(statement) = usize::try_from(*statement).ok().and_then(|at| statements.get(at))
                else {
                    continue;
                };
                match statement.effect {
                    Effect::Deny => drop(push_rule(&mut self.denies, statement, place, layer)),
                    Effect::Allow if draft.pass.is_some() => {}
                    Effect::Allow => {
                        let marks = push_rule(&mut draft.allows, statement, place, layer);
                        if marks.is_some_and(|marks| marks & !WIDE_PLACE == EVERYTHING) {
                            draft.pass = Some(place);
                        }
                    }
                }
            }
        }
        self.levels.push(draft);
    }
}

/// Writes a rule and tells its marks; nothing of a statement that can never apply in its layer.
fn push_rule(rules: &mut Vec<u8>, statement: &Statement, place: Place, layer: Layer) -> Option<u8> {
    let mut rest = Vec::with_capacity(64);
    let mut marks = mark_principals(statement, layer)?;
    if !push_place(&mut rest, place) {
        marks |= WIDE_PLACE;
    }
    let mut guards = Vec::new();
    // All of them must hold: the cheap ones are asked first.
    for clause in statement.ordered_conditions() {
        if !push_guard(&mut guards, clause) {
            marks |= HAS_CONDITIONS;
        }
    }
    if !guards.is_empty() {
        marks |= HAS_GUARDS;
        push_run(&mut rest, &guards);
    }
    let bare = rest.len();
    match &statement.resources {
        _ if statement.takes_everything() => marks |= EVERYTHING,
        // Only a resource's own policy may leave it out: it means that resource.
        None if layer == Layer::Resource => marks |= EVERYTHING,
        None => return None,
        Some(resources) if resources.polarity == Polarity::AllBut => marks |= EVERYTHING | EXCEPTS_RESOURCES,
        Some(resources) => {
            for (index, pattern) in (0u32..).zip(&resources.patterns) {
                push_pattern(&mut rest, pattern, index, layer);
            }
            if rest.len() == bare {
                return None;
            }
        }
    }
    rules.push(marks);
    push_run(rules, &rest);
    Some(marks)
}

/// Whether the principals of a statement have to be looked at; `None` where it speaks to nobody.
fn mark_principals(statement: &Statement, layer: Layer) -> Option<u8> {
    match &statement.principals {
        Some(element) if layer.is_addressed() => {
            let to_everyone = element.polarity == Polarity::Listed
                && element.patterns.iter().any(|pattern| pattern.is_everyone());
            Some(if to_everyone { 0 } else { NAMES_PRINCIPALS })
        }
        None if layer.is_addressed() => None,
        None => Some(0),
        // No such policy can be stored. Should one come all the same, it can only take away.
        Some(_) => (statement.effect == Effect::Deny).then_some(0),
    }
}

/// Writes what a clause needs at least, if that is simple, and tells whether that is all.
fn push_guard(guards: &mut Vec<u8>, clause: &Clause) -> bool {
    let Some(guard) = clause.guard() else { return false };
    let kind =
        GUARD_KINDS.iter().position(|kind| *kind == guard.kind).and_then(|kind| u8::try_from(kind).ok());
    let (Some(kind), Ok(key)) = (kind, u8::try_from(guard.key)) else { return false };
    let mut texts = Vec::new();
    for text in guard.texts {
        push_run(&mut texts, text.as_bytes());
    }
    // A long list is better left where it is.
    if texts.len() > MAX_GUARD {
        return false;
    }
    guards.extend([kind | if guard.holds_if_absent { IF_ABSENT } else { 0 }, key]);
    push_run(guards, &texts);
    guard.is_all
}

/// Writes a pattern; nothing of one that matches nothing in its layer.
fn push_pattern(patterns: &mut Vec<u8>, pattern: &ResourcePattern, index: u32, layer: Layer) {
    let pieces = match pattern.form(layer) {
        ResourceForm::Nothing => return,
        ResourceForm::Glob(glob) => glob.pieces(),
        ResourceForm::Open => None,
    };
    match pieces.as_deref() {
        Some([text]) => {
            patterns.push(EXACT);
            push_run(patterns, text.as_bytes());
        }
        Some([text, ""]) => {
            patterns.push(PREFIX);
            push_run(patterns, text.as_bytes());
        }
        Some([first, middle @ .., last]) => {
            let mut between = Vec::new();
            for piece in middle {
                push_run(&mut between, piece.as_bytes());
            }
            patterns.push(SPLIT);
            push_run(patterns, first.as_bytes());
            push_run(patterns, last.as_bytes());
            push_run(patterns, &between);
        }
        Some([]) | None => {
            patterns.push(ODD);
            push_number(patterns, index);
            push_run(patterns, pattern.literal_prefix().as_bytes());
        }
    }
}

/// More bytes than this are not copied for one clause.
const MAX_GUARD: usize = 128;

/// Writes a place, in few bytes if it can be, and tells whether it could.
fn push_place(bytes: &mut Vec<u8>, place: Place) -> bool {
    let Place { level, policy, statement } = place;
    match (u8::try_from(level), u8::try_from(policy), u8::try_from(statement)) {
        (Ok(level), Ok(policy), Ok(statement)) => bytes.extend([level, policy, statement]),
        _ => {
            push_wide(bytes, place);
            return false;
        }
    }
    true
}

fn push_wide(bytes: &mut Vec<u8>, place: Place) {
    for number in [place.level, place.policy, place.statement] {
        bytes.extend(number.to_le_bytes());
    }
}

// INVARIANT: documents are bounded, so that no plan comes near four billion bytes.
fn push_run(bytes: &mut Vec<u8>, run: &[u8]) {
    push_number(bytes, u32::try_from(run.len()).unwrap_or(u32::MAX));
    bytes.extend(run);
}

fn push_number(bytes: &mut Vec<u8>, number: u32) {
    let mut rest = number;
    loop {
        let [low, ..] = rest.to_le_bytes();
        rest >>= 7;
        if rest == 0 {
            return bytes.push(low & !MORE);
        }
        bytes.push(low | MORE);
    }
}

#[cfg(test)]
pub(super) fn place(place: Place) -> Vec<u8> {
    let mut bytes = Vec::new();
    push_place(&mut bytes, place);
    bytes
}
