//! A value that is neither true nor false.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("TYPE_MISMATCH_BOOLEAN", Warning, Look::Value(look));

fn look(_: &Subject<'_>, clause: &Clause<'_>, value: Entry<'_>, found: &mut Found<'_>) {
    let good = ["true", "false"].iter().any(|word| value.text.eq_ignore_ascii_case(word))
        || value.text.contains("${");
    if (clause.is(Family::Bool) || clause.is(Family::Null)) && !good {
        found.at(value.span, format!("{} takes true or false.", clause.operator));
    }
}
