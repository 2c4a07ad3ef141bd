//! A value that is no number.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("TYPE_MISMATCH_NUMBER", Warning, Look::Value(look));

fn look(_: &Subject<'_>, clause: &Clause<'_>, value: Entry<'_>, found: &mut Found<'_>) {
    let good = value.text.parse::<f64>().is_ok_and(f64::is_finite) || value.text.contains("${");
    if clause.is(Family::Numeric) && !good {
        found.at(value.span, format!("{} takes a number.", clause.operator));
    }
}
