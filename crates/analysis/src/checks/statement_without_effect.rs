//! Statements without which the policy would mean the same, by proof.

use crate::{Idle, IdleReason};

use super::prelude::*;

pub(super) const CHECKS: [Check; 2] = [
    Check::new(
        "DEAD_STATEMENT",
        Warning,
        Look::Document(|subject, found| {
            look(subject, found, |reason, name| match reason {
                IdleReason::Unsatisfiable => Some("No request satisfies this statement.".to_owned()),
                IdleReason::Denied { by } => Some(format!(
                    "All that this statement allows is denied by {}: it never decides.",
                    name(by)
                )),
                IdleReason::Redundant { .. } => None,
            });
        }),
    ),
    Check::new(
        "COVERED_STATEMENT",
        Suggestion,
        Look::Document(|subject, found| {
            look(subject, found, |reason, name| match reason {
                IdleReason::Redundant { by } => Some(format!(
                    "All that this statement says is said by {}: without it the policy means the same.",
                    name(by)
                )),
                IdleReason::Unsatisfiable | IdleReason::Denied { .. } => None,
            });
        }),
    ),
];

fn look(
    subject: &Subject<'_>,
    found: &mut Found<'_>,
    tell: impl Fn(&IdleReason, &dyn Fn(&[usize]) -> String) -> Option<String>,
) {
    let Some(policy) = &subject.policy else { return };
    for Idle { statement, reason } in subject.idle() {
        let name = |by: &[usize]| names(subject, by);
        let (Some(details), Some(place)) = (tell(reason, &name), policy.statements().get(*statement)) else {
            continue;
        };
        found.at(place.span(), details);
    }
}

fn names(subject: &Subject<'_>, by: &[usize]) -> String {
    let name = |number: &usize| {
        let sid = subject.statements.get(*number).and_then(|statement| statement.get("Sid")?.as_str());
        sid.filter(|sid| !sid.is_empty())
            .map_or_else(|| format!("statement {number}"), |sid| format!("`{sid}`"))
    };
    by.iter().map(name).collect::<Vec<_>>().join(" and ")
}
