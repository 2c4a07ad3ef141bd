//! A key of many values under an operator for one.

use super::facts::known_key;
use super::prelude::*;

pub(super) const CHECK: Check = Check::new("MISSING_QUALIFIER", Error, Look::Clause(look));

fn look(subject: &Subject<'_>, _: &Statement<'_>, clause: &Clause<'_>, found: &mut Found<'_>) {
    let many = known_key(subject.catalog, clause.key).is_some_and(|key| key.is_multivalued());
    if many && clause.is_qualified(Qualifier::Single) && !clause.is(Family::Null) {
        let details = format!(
            "A request may have several values for {}: put ForAnyValue: or ForAllValues: before {}.",
            clause.key, clause.operator
        );
        found.at_all(&[clause.operator_span, clause.key_span], details);
    }
}
