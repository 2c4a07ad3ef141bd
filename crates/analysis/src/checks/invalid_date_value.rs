//! A date as seconds since 1970.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("INVALID_DATE_VALUE", Warning, Look::Value(look));

fn look(_: &Subject<'_>, clause: &Clause<'_>, value: Entry<'_>, found: &mut Found<'_>) {
    let is_seconds = !value.text.is_empty() && value.text.bytes().all(|byte| byte.is_ascii_digit());
    if clause.is(Family::Date) && is_seconds {
        found.at(
            value.span,
            format!(
                "{} counts seconds, which few can read and leap seconds shift: write YYYY-MM-DD.",
                value.text
            ),
        );
    }
}
