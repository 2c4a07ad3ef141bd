//! A wildcard in a principal's name.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("UNSUPPORTED_WILDCARD_IN_PRINCIPAL", Error, Look::Principal(look));

fn look(_: &Subject<'_>, _: &Statement<'_>, entry: PrincipalEntry<'_>, found: &mut Found<'_>) {
    let is_everybody = entry.kind == "AWS" && entry.text == "*";
    if has_wildcards(entry.text) && !is_everybody {
        found.at(entry.span, format!("Names of kind {} take no wildcards: name the principal.", entry.kind));
    }
}
