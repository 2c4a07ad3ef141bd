//! A policy variable where none is filled in.

use super::prelude::*;
use super::variables;

pub(super) const CHECK: Check = Check::new("VARIABLE_UNSUPPORTED_IN_ELEMENT", Error, Look::Statement(look));

fn look(_: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    for variable in variables::elsewhere(statement).into_iter().flat_map(variables::of) {
        let details = format!(
            "Policy variables are filled in resources and in the values of conditions only: take {} out.",
            variable.inside
        );
        found.at(variable.span, details);
    }
}
