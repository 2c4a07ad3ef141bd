//! A policy variable under an operator that does not fill it in.

use super::prelude::*;
use super::variables;

pub(super) const CHECK: Check = Check::new("INVALID_VARIABLE_FOR_OPERATOR", Error, Look::Value(look));

fn look(_: &Subject<'_>, clause: &Clause<'_>, value: Entry<'_>, found: &mut Found<'_>) {
    let fills = clause.test.is_none() || clause.is(Family::String) || clause.is(Family::Arn);
    for variable in variables::of(value).into_iter().filter(|_| !fills) {
        found.at(variable.span, "Only operators of strings and of ARNs fill policy variables in.");
    }
}
