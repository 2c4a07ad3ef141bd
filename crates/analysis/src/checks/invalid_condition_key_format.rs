//! A condition key that does not have the form of one.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("INVALID_CONDITION_KEY_FORMAT", Error, Look::Clause(look));

fn look(_: &Subject<'_>, _: &Statement<'_>, clause: &Clause<'_>, found: &mut Found<'_>) {
    let good =
        clause.key.split_once(':').is_some_and(|(prefix, name)| !prefix.is_empty() && !name.is_empty());
    if !good {
        found.at(clause.key_span, "A condition key is written service:keyname.");
    }
}
