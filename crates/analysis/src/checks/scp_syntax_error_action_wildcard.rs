//! A service control policy's action with a wildcard where none may stand.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("SCP_SYNTAX_ERROR_ACTION_WILDCARD", Error, Look::Action(look));

// Since September 2025 a wildcard may stand anywhere in an action's name; before the colon it still may not.
fn look(subject: &Subject<'_>, _: &Statement<'_>, entry: Entry<'_>, found: &mut Found<'_>) {
    if subject.policy_type != PolicyType::ServiceControl {
        return;
    }
    let service = entry.text.split(':').next().unwrap_or_default();
    if has_wildcards(service) {
        found.at(
            entry.span,
            format!(
                "In an SCP a wildcard stands in the action's name, not before it: update {}.",
                entry.text
            ),
        );
    }
}
