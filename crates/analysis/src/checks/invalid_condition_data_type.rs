//! Values of one key that are of different JSON types.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("INVALID_CONDITION_DATA_TYPE", Error, Look::Clause(look));

fn look(_: &Subject<'_>, _: &Statement<'_>, clause: &Clause<'_>, found: &mut Found<'_>) {
    let mut kinds = clause.node.items().iter().map(|item| item.kind());
    let first = kinds.next();
    if kinds.any(|kind| Some(kind) != first) {
        found.at(clause.node.span, "The values of a key are all of one JSON type.");
    }
}
