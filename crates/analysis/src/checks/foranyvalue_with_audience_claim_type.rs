//! `ForAnyValue` with the audience of a token.

use super::confirm_audience_claim_type::is_audience;
use super::prelude::*;

pub(super) const CHECK: Check =
    Check::new("FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE", SecurityWarning, Look::Clause(look));

fn look(_: &Subject<'_>, _: &Statement<'_>, clause: &Clause<'_>, found: &mut Found<'_>) {
    if is_audience(clause.key) && clause.is_qualified(Qualifier::Any) {
        let details = format!(
            "{} has one value, and ForAnyValue: lets in more than it seems: leave it out.",
            clause.key
        );
        found.at(clause.operator_span, details);
    }
}
