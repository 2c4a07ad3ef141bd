//! `Null` behind a set qualifier.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("NULL_WITH_QUALIFIER", Suggestion, Look::Clause(look));

fn look(_: &Subject<'_>, _: &Statement<'_>, clause: &Clause<'_>, found: &mut Found<'_>) {
    if clause.is(Family::Null) && !clause.is_qualified(Qualifier::Single) {
        found.at(
            clause.operator_span,
            "Null asks about a key and not about its values: leave the qualifier out.",
        );
    }
}
