//! A statement without resources, where it needs them.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("MISSING_RESOURCE", Error, Look::Statement(look));

fn look(subject: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    let missing = statement.get("Resource").is_none() && statement.get("NotResource").is_none();
    if missing && !subject.is_trust() {
        found.at(statement.span, "The statement needs a Resource or a NotResource.");
    }
}
