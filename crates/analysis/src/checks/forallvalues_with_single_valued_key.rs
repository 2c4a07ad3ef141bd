//! `ForAllValues` with a key of one value, in a statement that allows: it holds without the key.

use super::confirm_audience_claim_type::is_audience;
use super::facts::known_key;
use super::prelude::*;

pub(super) const CHECK: Check =
    Check::new("FORALLVALUES_WITH_SINGLE_VALUED_KEY", SecurityWarning, Look::Clause(look));

fn look(subject: &Subject<'_>, statement: &Statement<'_>, clause: &Clause<'_>, found: &mut Found<'_>) {
    let single = known_key(subject.catalog, clause.key).is_some_and(|key| !key.is_multivalued());
    let all = clause.is_qualified(Qualifier::All) && !clause.is(Family::Null);
    if single && all && statement.allows() && !is_audience(clause.key) {
        let details = format!(
            "{} has one value, and ForAllValues: holds without it: leave ForAllValues: out.",
            clause.key
        );
        found.at(clause.node.span, details);
    }
}
