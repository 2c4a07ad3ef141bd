//! Several bounds where one decides.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("REDUNDANT_CONDITION_VALUE_NUM", Suggestion, Look::Clause(look));

fn look(_: &Subject<'_>, _: &Statement<'_>, clause: &Clause<'_>, found: &mut Found<'_>) {
    let Some(test) = clause.test.filter(|test| test.family() == Family::Numeric) else { return };
    let which = match test.operator() {
        "NumericLessThan" | "NumericLessThanEquals" => "greatest",
        "NumericGreaterThan" | "NumericGreaterThanEquals" => "least",
        _ => return,
    };
    if clause.values().len() > 1 {
        let details = format!(
            "Of the values of {} under {} only the {which} counts: keep that one.",
            clause.key, clause.operator
        );
        found.at(clause.node.span, details);
    }
}
