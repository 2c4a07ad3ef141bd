//! A statement without an effect.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("MISSING_EFFECT", Error, Look::Statement(look));

fn look(_: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    if statement.get("Effect").is_none() {
        found.at(statement.span, "The statement needs an Effect: Allow or Deny.");
    }
}
