//! `*` as a value: what the operator asks then is whether the key is there, or nothing.

use super::prelude::*;

pub(super) const CHECKS: [Check; 4] = [
    Check::new(
        "EQUIVALENT_TO_NULL_FALSE",
        Suggestion,
        Look::Clause(|_, _, clause, found| {
            look(clause, Meaning::Present, found);
        }),
    ),
    Check::new(
        "EQUIVALENT_TO_NULL_TRUE",
        Suggestion,
        Look::Clause(|_, _, clause, found| {
            look(clause, Meaning::Absent, found);
        }),
    ),
    Check::new(
        "REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION",
        Suggestion,
        Look::Clause(|_, _, clause, found| {
            look(clause, Meaning::Always, found);
        }),
    ),
    Check::new(
        "REDUNDANT_STATEMENT_DUE_TO_WILDCARD_IN_CONDITION",
        Suggestion,
        Look::Clause(|_, _, clause, found| {
            look(clause, Meaning::Never, found);
        }),
    ),
];

#[derive(PartialEq)]
enum Meaning {
    Present,
    Absent,
    Always,
    Never,
}

fn look(clause: &Clause<'_>, asked: Meaning, found: &mut Found<'_>) {
    let every = |entry: &Entry<'_>| !entry.text.is_empty() && entry.text.bytes().all(|byte| byte == b'*');
    if !clause.is(Family::String) || !clause.is_like() || !clause.values().iter().any(every) {
        return;
    }
    let meaning = match (clause.is_negated(), clause.holds_without_key()) {
        (false, false) => Meaning::Present,
        (false, true) => Meaning::Always,
        (true, true) => Meaning::Absent,
        (true, false) => Meaning::Never,
    };
    if meaning != asked {
        return;
    }
    let (operator, key) = (clause.operator, clause.key);
    let details = match meaning {
        Meaning::Present => {
            format!("{operator} with * asks only whether {key} is there: write Null with {{{key}: false}}.")
        }
        Meaning::Absent => {
            format!("{operator} with * asks only whether {key} is missing: write Null with {{{key}: true}}.")
        }
        Meaning::Always => format!("{key} under {operator} always matches: take the key out."),
        Meaning::Never => {
            format!("{key} under {operator} never matches, and so the statement never applies.")
        }
    };
    found.at(clause.key_span, details);
}
