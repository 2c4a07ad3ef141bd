//! A policy variable that is not closed.

use super::prelude::*;
use super::variables;

pub(super) const CHECK: Check = Check::new("MISSING_BRACE_IN_VARIABLE", Error, Look::Document(look));

fn look(subject: &Subject<'_>, found: &mut Found<'_>) {
    for variable in variables::places(subject).into_iter().flat_map(variables::of) {
        if !variable.is_closed {
            found.at(variable.span, "The policy variable has no end: put } behind it.");
        }
    }
}
