//! Several values for an operator that asks yes or no.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("INVALID_CONDITION_MULTIPLE_BOOLEAN", Error, Look::Clause(look));

fn look(_: &Subject<'_>, _: &Statement<'_>, clause: &Clause<'_>, found: &mut Found<'_>) {
    if (clause.is(Family::Bool) || clause.is(Family::Null)) && clause.node.items().len() > 1 {
        found.at(clause.node.span, format!("{} takes one value, true or false.", clause.operator));
    }
}
