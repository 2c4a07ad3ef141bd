//! A condition key that no action of its statement carries: the clause never holds, or always does.

use super::facts::{carries, crosses_services, expand, known_key};
use super::prelude::*;
use super::unsupported_action_for_condition_key::lacking;

pub(super) const CHECK: Check = Check::new("CONDITION_KEY_NEVER_CARRIED", Warning, Look::Clause(look));

fn look(subject: &Subject<'_>, statement: &Statement<'_>, clause: &Clause<'_>, found: &mut Found<'_>) {
    let catalog = subject.catalog;
    let Some((prefix, _)) = clause.key.split_once(':') else { return };
    let depends = catalog.service(prefix).is_some() || PER_ACTION.iter().any(|key| clause.is_about(key));
    let known = known_key(catalog, clause.key).is_some() && !crosses_services(clause.key);
    if !depends || !known || !lacking(catalog, statement, clause).is_empty() {
        return;
    }
    let entries = statement.actions();
    // What the catalog does not know, and `*`, may carry anything.
    let actions: Option<Vec<_>> = entries
        .iter()
        .map(|entry| Some(expand(catalog, entry.text)).filter(|actions| !actions.is_empty()))
        .collect();
    let Some(actions) = actions.filter(|actions| !actions.is_empty()) else { return };
    // Which actions tell the tags of a session is said of the actions that assume roles alone.
    if actions.iter().flatten().any(|known| known.0.prefix() == "sts" || carries(*known, clause.key)) {
        return;
    }
    let outcome = if clause.holds_without_key() { "always holds" } else { "never holds" };
    let details = format!(
        "No request for the actions of this statement carries {}: the condition {outcome}.",
        clause.key
    );
    found.at(clause.key_span, details);
}

/// Global keys that only some actions carry.
const PER_ACTION: &[&str] = &["aws:RequestTag/", "aws:TagKeys", "aws:ResourceTag/"];
