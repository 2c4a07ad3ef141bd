//! An element and its negation in one statement.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("UNSUPPORTED_ELEMENT_COMBINATION", Error, Look::Statement(look));

fn look(_: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    for (one, other) in [("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal")]
    {
        if let (Some(first), Some(second)) = (statement.member(one), statement.member(other)) {
            let details = format!("A statement has {one} or {other}, not both: remove one.");
            found.at_all(&[first.key_span, second.key_span], details);
        }
    }
}
