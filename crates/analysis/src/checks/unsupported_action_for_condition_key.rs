//! Actions, named one by one, whose requests never carry a service's condition key of the same statement.

use super::facts::{carries, crosses_services, expand, known_key};
use super::prelude::*;
use catalog::Catalog;

pub(super) const CHECK: Check = Check::new("UNSUPPORTED_ACTION_FOR_CONDITION_KEY", Error, Look::Clause(look));

fn look(subject: &Subject<'_>, statement: &Statement<'_>, clause: &Clause<'_>, found: &mut Found<'_>) {
    let lacking = lacking(subject.catalog, statement, clause);
    if lacking.is_empty() {
        return;
    }
    let names: Vec<&str> = lacking.iter().map(|entry| entry.text).collect();
    let mut spans = vec![clause.key_span];
    spans.extend(lacking.iter().map(|entry| entry.span));
    let details = format!(
        "Requests for {} never carry the condition key {}: move those actions to a statement without it.",
        names.join(", "),
        clause.key
    );
    found.at_all(&spans, details);
}

/// The actions without wildcards that never carry a clause's key, if it is a service's own.
pub(super) fn lacking<'d>(
    catalog: &Catalog,
    statement: &Statement<'d>,
    clause: &Clause<'d>,
) -> Vec<Entry<'d>> {
    let is_own = clause.key.split_once(':').is_some_and(|(prefix, _)| catalog.service(prefix).is_some());
    if !is_own || known_key(catalog, clause.key).is_none() || crosses_services(clause.key) {
        return Vec::new();
    }
    let named = statement.actions().into_iter().filter(|entry| !has_wildcards(entry.text));
    named
        .filter(|entry| expand(catalog, entry.text).iter().any(|known| !carries(*known, clause.key)))
        .collect()
}
