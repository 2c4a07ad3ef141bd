//! `${}`.

use super::prelude::*;
use super::variables;

pub(super) const CHECK: Check = Check::new("EMPTY_VARIABLE", Error, Look::Document(look));

fn look(subject: &Subject<'_>, found: &mut Found<'_>) {
    for variable in variables::places(subject).into_iter().flat_map(variables::of) {
        if variable.is_closed && variable.key().trim().is_empty() {
            found.at(
                variable.span,
                "The policy variable is empty: name a key between the braces, or leave it out.",
            );
        }
    }
}
