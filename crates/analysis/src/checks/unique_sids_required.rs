//! A Sid that stands twice, in a policy where it may not.

use super::prelude::*;
use super::unsupported_sid::is_strict;

pub(super) const CHECK: Check = Check::new("UNIQUE_SIDS_REQUIRED", Error, Look::Document(look));

fn look(subject: &Subject<'_>, found: &mut Found<'_>) {
    if is_strict(subject) {
        for spans in repeated(subject) {
            found.at_all(&spans, "In such a policy no two statements have the same Sid: change one.");
        }
    }
}

/// Where Sids stand that stand more than once.
pub(super) fn repeated(subject: &Subject<'_>) -> Vec<Vec<policy::Span>> {
    let mut places = std::collections::BTreeMap::<&str, Vec<policy::Span>>::new();
    for node in subject.statements.iter().filter_map(|statement| statement.get("Sid")) {
        if let Some(sid) = node.as_str().filter(|sid| !sid.is_empty()) {
            places.entry(sid).or_default().push(node.span);
        }
    }
    places.into_values().filter(|spans| spans.len() > 1).collect()
}
