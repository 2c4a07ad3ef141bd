//! A wildcard stands in the name of a service.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("WILDCARD_IN_SERVICE_NAME", Suggestion, Look::Statement(look));

fn look(_: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    let in_action =
        |entry: &Entry<'_>| entry.text.split_once(':').is_some_and(|(prefix, _)| has_wildcards(prefix));
    let in_arn = |entry: &Entry<'_>| {
        entry.text.starts_with("arn:") && entry.text.split(':').nth(2).is_some_and(has_wildcards)
    };
    let actions = statement.all_actions().into_iter().filter(in_action);
    for entry in actions.chain(statement.all_resources().into_iter().filter(in_arn)) {
        found.at(
            entry.span,
            "A wildcard in a service's name takes in services that nobody thought of: name the service.",
        );
    }
}
