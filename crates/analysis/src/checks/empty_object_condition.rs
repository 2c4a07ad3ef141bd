//! A condition block, or an operator, without anything in it.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("EMPTY_OBJECT_CONDITION", Suggestion, Look::Statement(look));

fn look(_: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    let Some(node) = statement.get("Condition") else { return };
    let Some(operators) = node.as_object() else { return };
    let empty = operators.iter().map(|operator| &operator.value).chain([node]);
    for node in empty.filter(|node| node.as_object().is_some_and(<[_]>::is_empty)) {
        found.at(node.span, "The block is empty and asks nothing: fill it, or leave it out.");
    }
}
