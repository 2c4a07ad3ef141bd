//! A condition key that its service does not have.

use super::facts::{crosses_services, is_provider, known_key};
use super::missing_tag_key_in_condition::family;
use super::prelude::*;

pub(super) const CHECK: Check = Check::new("INVALID_SERVICE_CONDITION_KEY", Error, Look::Clause(look));

fn look(subject: &Subject<'_>, _: &Statement<'_>, clause: &Clause<'_>, found: &mut Found<'_>) {
    let Some((prefix, name)) = clause.key.split_once(':') else { return };
    let Some(service) = subject.catalog.service(prefix).filter(|_| !name.is_empty()) else { return };
    let known = known_key(subject.catalog, clause.key).is_some()
        || is_provider(prefix)
        || crosses_services(clause.key)
        || family(subject.catalog, clause.key).is_some()
        || clause.key.contains("${");
    if !known {
        let details = format!("The service {} has no condition key {}.", service.prefix(), clause.key);
        found.at(clause.key_span, details);
    }
}
