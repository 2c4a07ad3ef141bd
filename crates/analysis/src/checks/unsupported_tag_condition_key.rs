//! `aws:ResourceTag` with actions whose resources have no tags that a request would carry.

use super::prelude::*;
use std::collections::BTreeSet;

use super::facts::{carries, expand};

pub(super) const CHECKS: [Check; 4] = [
    Check::new(
        "DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
        SecurityWarning,
        Look::Clause(|subject, statement, clause, found| {
            if statement.denies() {
                listed(subject, statement, clause, "are not denied by this statement", found);
            }
        }),
    ),
    Check::new(
        "ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
        Suggestion,
        Look::Clause(|subject, statement, clause, found| {
            if statement.allows() {
                listed(subject, statement, clause, "are not allowed by this statement", found);
            }
        }),
    ),
    Check::new(
        "DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
        SecurityWarning,
        Look::Clause(|_, statement, clause, found| {
            if statement.denies() {
                excepted(statement, clause, "not denied", found);
            }
        }),
    ),
    Check::new(
        "ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
        Suggestion,
        Look::Clause(|_, statement, clause, found| {
            if statement.allows() {
                excepted(statement, clause, "not allowed", found);
            }
        }),
    ),
];

fn listed(
    subject: &Subject<'_>,
    statement: &Statement<'_>,
    clause: &Clause<'_>,
    what: &str,
    found: &mut Found<'_>,
) {
    if !asks_for_tag(clause) {
        return;
    }
    let mut services = BTreeSet::new();
    let mut spans = vec![clause.key_span];
    for entry in statement.actions() {
        let actions = expand(subject.catalog, entry.text);
        if !actions.is_empty() && !actions.iter().any(|known| carries(*known, clause.key)) {
            services.extend(actions.iter().map(|(service, _)| service.prefix()));
            spans.push(entry.span);
        }
    }
    if !services.is_empty() {
        let names: Vec<_> = services.into_iter().collect();
        let details = format!(
            "Requests for these actions of {} never carry {}, and {what}: move them to a statement without the key.",
            names.join(", "),
            clause.key
        );
        found.at_all(&spans, details);
    }
}

fn excepted(statement: &Statement<'_>, clause: &Clause<'_>, what: &str, found: &mut Found<'_>) {
    let Some(member) = statement.member("NotAction").filter(|_| asks_for_tag(clause)) else { return };
    let details = format!(
        "Requests for many of the actions that NotAction leaves never carry {}, and are {what}: list actions with Action.",
        clause.key
    );
    found.at_all(&[member.key_span, clause.key_span], details);
}

fn asks_for_tag(clause: &Clause<'_>) -> bool {
    clause.is_about("aws:ResourceTag/") && !clause.holds_without_key()
}
