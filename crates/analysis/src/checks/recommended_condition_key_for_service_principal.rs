//! A service's access held back by a key that is not made for that.

use super::prelude::*;
use super::restrict_access_to_service_principal::{INSTEAD, SOURCES, is_open};

pub(super) const CHECK: Check =
    Check::new("RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL", Suggestion, Look::Principal(look));

fn look(subject: &Subject<'_>, statement: &Statement<'_>, entry: PrincipalEntry<'_>, found: &mut Found<'_>) {
    if !is_open(subject, statement, entry) || statement.has_key(SOURCES) {
        return;
    }
    for clause in statement.clauses.iter().filter(|clause| INSTEAD.iter().any(|key| clause.is_about(key))) {
        let details = format!(
            "To hold {} to your own affairs test {} instead of {}.",
            entry.text,
            SOURCES.join(", "),
            clause.key
        );
        found.at_all(&[entry.span, clause.key_span], details);
    }
}
