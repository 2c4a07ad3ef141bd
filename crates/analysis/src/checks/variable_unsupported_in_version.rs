//! A policy variable in a version of the language that has none.

use super::prelude::*;
use super::variables;

pub(super) const CHECK: Check = Check::new("VARIABLE_UNSUPPORTED_IN_VERSION", Error, Look::Document(look));

fn look(subject: &Subject<'_>, found: &mut Found<'_>) {
    if subject.version() == Some("2012-10-17") {
        return;
    }
    for variable in variables::places(subject).into_iter().flat_map(variables::of) {
        found
            .at(variable.span, "Policy variables exist in version 2012-10-17 only; here this is plain text.");
    }
}
