//! A statement without actions.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("MISSING_ACTION", Error, Look::Statement(look));

fn look(_: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    if statement.get("Action").is_none() && statement.get("NotAction").is_none() {
        found.at(statement.span, "The statement needs an Action or a NotAction.");
    }
}
