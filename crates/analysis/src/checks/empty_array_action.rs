//! An empty list of actions.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("EMPTY_ARRAY_ACTION", Suggestion, Look::Statement(look));

fn look(_: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    for node in ["Action", "NotAction"].into_iter().filter_map(|element| statement.get(element)) {
        if node.items().is_empty() {
            found.at(node.span, "The list has no action, so the statement does nothing: name some.");
        }
    }
}
