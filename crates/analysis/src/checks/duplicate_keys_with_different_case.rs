//! A condition key that stands twice under one operator, in different capitals.

use super::prelude::*;

pub(super) const CHECK: Check =
    Check::new("DUPLICATE_KEYS_WITH_DIFFERENT_CASE", Error, Look::Statement(look));

fn look(_: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    for (number, clause) in statement.clauses.iter().enumerate() {
        let before = statement.clauses.iter().take(number);
        let first = before
            .filter(|other| other.operator_span == clause.operator_span)
            .find(|other| other.is_about(clause.key));
        if let Some(first) = first {
            let details = format!(
                "Capitals do not tell keys apart: {} stands twice under {}.",
                clause.key, clause.operator
            );
            found.at_all(&[first.key_span, clause.key_span], details);
        }
    }
}
