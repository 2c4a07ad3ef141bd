//! `dynamodb:Attributes` without `dynamodb:Select`: who asks for no attribute in particular gets all.

use super::facts::speaks_of;
use super::prelude::*;

pub(super) const CHECK: Check =
    Check::new("DYNAMODB_ATTRIBUTES_WITHOUT_SELECT", SecurityWarning, Look::Clause(look));

fn look(_: &Subject<'_>, statement: &Statement<'_>, clause: &Clause<'_>, found: &mut Found<'_>) {
    let restricts = clause.is_about("dynamodb:Attributes") && !clause.is(Family::Null) && statement.allows();
    if !restricts || !READS.iter().any(|action| speaks_of(statement, action)) {
        return;
    }
    let mut selects = statement.about("dynamodb:Select").flat_map(Clause::values);
    if !selects.any(|value| value.text == "SPECIFIC_ATTRIBUTES") {
        let details = "Who reads without naming attributes gets all of them: set dynamodb:Select to SPECIFIC_ATTRIBUTES too.";
        found.at(clause.key_span, details);
    }
}

const READS: &[&str] = &["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan"];
