//! A principal named by its unique id.

use super::prelude::*;

pub(super) const CHECKS: [Check; 2] = [
    Check::new(
        "INVALID_ROLE_REFERENCE",
        Warning,
        Look::Principal(|_, _, entry, found| {
            look(entry, "AROA", "role", found);
        }),
    ),
    Check::new(
        "INVALID_USER_REFERENCE",
        Warning,
        Look::Principal(|_, _, entry, found| {
            look(entry, "AIDA", "user", found);
        }),
    ),
];

fn look(entry: PrincipalEntry<'_>, prefix: &str, what: &str, found: &mut Found<'_>) {
    if entry.kind == "AWS" && entry.text.starts_with(prefix) {
        let details = format!(
            "{} is the unique id of a {what}, perhaps of one that is gone: write its ARN.",
            entry.text
        );
        found.at(entry.span, details);
    }
}
