//! A key of the prefix `aws:` that there is not.

use super::deprecated_global_condition_key::is_old;
use super::facts::{known_key, nearest};
use super::missing_tag_key_in_condition::family;
use super::prelude::*;

pub(super) const CHECK: Check = Check::new("INVALID_GLOBAL_CONDITION_KEY", Error, Look::Clause(look));

fn look(subject: &Subject<'_>, _: &Statement<'_>, clause: &Clause<'_>, found: &mut Found<'_>) {
    let key = clause.key;
    let is_global = key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:")) && key.len() > 4;
    if !is_global
        || known_key(subject.catalog, key).is_some()
        || is_old(key)
        || family(subject.catalog, key).is_some()
        || key.contains("${")
    {
        return;
    }
    let names = catalog::global_condition_keys().iter().map(|known| known.name());
    let hint = nearest(key, names).map_or_else(String::new, |near| format!(" Was {near} meant?"));
    found.at(clause.key_span, format!("There is no condition key {key}.{hint}"));
}
