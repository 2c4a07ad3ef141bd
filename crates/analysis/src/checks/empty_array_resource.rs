//! An empty list of resources.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("EMPTY_ARRAY_RESOURCE", Suggestion, Look::Statement(look));

fn look(_: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    for node in ["Resource", "NotResource"].into_iter().filter_map(|element| statement.get(element)) {
        if node.items().is_empty() {
            found.at(node.span, "The list has no resource, so the statement does nothing: name some.");
        }
    }
}
