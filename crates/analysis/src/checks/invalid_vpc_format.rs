//! A VPC, or an endpoint of one, that does not have the form of its id.

use super::prelude::*;

pub(super) const CHECKS: [Check; 2] = [
    Check::new(
        "INVALID_VPC_FORMAT",
        Error,
        Look::Value(|_, clause, value, found| {
            look(clause, value, "aws:SourceVpc", "vpc-", found);
        }),
    ),
    Check::new(
        "INVALID_VPCE_FORMAT",
        Error,
        Look::Value(|_, clause, value, found| {
            look(clause, value, "aws:SourceVpce", "vpce-", found);
        }),
    ),
];

fn look(clause: &Clause<'_>, value: Entry<'_>, key: &str, prefix: &str, found: &mut Found<'_>) {
    let open = value.text.contains("${") || (clause.is_like() && has_wildcards(value.text));
    let id = value.text.strip_prefix(prefix);
    let good = id
        .is_some_and(|id| [8, 17].contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    if clause.is_about(key) && clause.is(Family::String) && !open && !good {
        found.at(value.span, format!("An id for {key} is '{prefix}' and 8 or 17 letters and digits."));
    }
}
