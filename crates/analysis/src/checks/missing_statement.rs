//! A policy without statements.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("MISSING_STATEMENT", Error, Look::Document(look));

fn look(subject: &Subject<'_>, found: &mut Found<'_>) {
    if subject.node.as_object().is_none() {
        return;
    }
    match subject.node.get("Statement") {
        None => found.at(subject.node.span, "The policy needs a Statement."),
        Some(node) if node.items().is_empty() => {
            found.at(node.span, "The policy needs a statement in the list.")
        }
        Some(_) => {}
    }
}
