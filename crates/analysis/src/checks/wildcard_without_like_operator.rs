//! A wildcard under an operator that takes it for a letter.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("WILDCARD_WITHOUT_LIKE_OPERATOR", Warning, Look::Value(look));

fn look(_: &Subject<'_>, clause: &Clause<'_>, value: Entry<'_>, found: &mut Found<'_>) {
    let plain = value.text.replace("${*}", "").replace("${?}", "");
    if clause.is(Family::String) && !clause.is_like() && has_wildcards(&plain) {
        found.at(
            value.span,
            format!(
                "{} takes * and ? as they are: if wildcards were meant, use a Like operator.",
                clause.operator
            ),
        );
    }
}
