//! An empty Sid.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("EMPTY_SID_VALUE", Suggestion, Look::Statement(look));

fn look(_: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    if let Some(node) = statement.get("Sid").filter(|node| node.as_str() == Some("")) {
        found.at(node.span, "The Sid is empty: fill it, or leave it out.");
    }
}
