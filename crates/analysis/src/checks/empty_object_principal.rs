//! An empty principal element.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("EMPTY_OBJECT_PRINCIPAL", Suggestion, Look::Statement(look));

fn look(_: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    let Some(member) = statement.principal_element() else { return };
    if member.value.as_object().is_some_and(<[_]>::is_empty) {
        found.at(member.value.span, "There is no principal here, so the statement does nothing: name some.");
    }
}
