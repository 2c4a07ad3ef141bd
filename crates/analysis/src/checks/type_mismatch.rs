//! An operator of another type than the key's values.

use super::prelude::*;
use catalog::KeyType;

use super::facts::known_key;

pub(super) const CHECK: Check = Check::new("TYPE_MISMATCH", Warning, Look::Clause(look));

fn look(subject: &Subject<'_>, _: &Statement<'_>, clause: &Clause<'_>, found: &mut Found<'_>) {
    let (Some(key), Some(family)) = (known_key(subject.catalog, clause.key), clause.family()) else { return };
    let (allowed, fits) = match key.key_type() {
        // A family of keys holds whatever its service puts there, ARNs among them.
        KeyType::String => ("String", family == Family::String || (key.is_family() && family == Family::Arn)),
        // The Epoch's seconds are a number too.
        KeyType::Date => ("Date", matches!(family, Family::Date | Family::Numeric)),
        KeyType::Numeric => ("Numeric", family == Family::Numeric),
        KeyType::Bool => ("Bool", family == Family::Bool),
        KeyType::IpAddress => ("IpAddress", family == Family::IpAddress),
        // `StringLike` has a check of its own.
        KeyType::Arn => ("Arn", matches!(family, Family::Arn | Family::String)),
        KeyType::Binary => ("Binary", family == Family::Binary),
    };
    if !fits && family != Family::Null {
        let details = format!(
            "The values of {} are of type {allowed}: use such an operator instead of {}.",
            clause.key, clause.operator
        );
        found.at_all(&[clause.operator_span, clause.key_span], details);
    }
}
