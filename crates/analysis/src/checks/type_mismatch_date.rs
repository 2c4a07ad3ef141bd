//! A value that is no date.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("TYPE_MISMATCH_DATE", Warning, Look::Value(look));

fn look(_: &Subject<'_>, clause: &Clause<'_>, value: Entry<'_>, found: &mut Found<'_>) {
    let good = policy::condition::is_writable_date(value.text) || value.text.contains("${");
    if clause.is(Family::Date) && !good {
        found.at(value.span, "This is no date: write YYYY-MM-DD, or with the time as ISO 8601 has it.");
    }
}
