//! An empty list of principals.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("EMPTY_ARRAY_PRINCIPAL", Suggestion, Look::Statement(look));

fn look(_: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    let Some(member) = statement.principal_element() else { return };
    for kind in member.value.as_object().unwrap_or_default() {
        if kind.value.items().is_empty() {
            found.at(kind.value.span, "The list has no principal, so the statement does nothing: name some.");
        }
    }
}
