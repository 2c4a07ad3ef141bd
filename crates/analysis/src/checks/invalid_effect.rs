//! An effect other than `Allow` and `Deny`.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("INVALID_EFFECT", Error, Look::Statement(look));

fn look(_: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    let Some(node) = statement.get("Effect") else { return };
    if let Some(effect) = node.as_str().filter(|effect| !["Allow", "Deny"].contains(effect)) {
        found.at(node.span, format!("The effect is Allow or Deny, not {effect}."));
    }
}
