//! An entry of a statement's resources whose resources another entry names too.

use super::prelude::*;
use super::redundant_action::redundant;

pub(super) const CHECK: Check = Check::new("REDUNDANT_RESOURCE", Suggestion, Look::Statement(look));

fn look(_: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    let entries = statement.all_resources();
    let redundant = redundant(&entries, str::to_owned);
    if redundant.is_empty() {
        return;
    }
    let spans: Vec<_> = redundant.iter().map(|entry| entry.span).collect();
    let details =
        format!("{} of the resources are named by other entries too: look at the wildcards.", spans.len());
    found.at_all(&spans, details);
}
