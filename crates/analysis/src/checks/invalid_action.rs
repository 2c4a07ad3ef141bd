//! An action that no service has.

use super::facts::{expand, nearest};
use super::prelude::*;

pub(super) const CHECK: Check = Check::new("INVALID_ACTION", Error, Look::Action(look));

fn look(subject: &Subject<'_>, _: &Statement<'_>, entry: Entry<'_>, found: &mut Found<'_>) {
    let Some((prefix, name)) = entry.text.split_once(':') else {
        return found.at(
            entry.span,
            format!("There is no action `{}`: an action is written service:Name.", entry.text),
        );
    };
    let Some(service) = subject.catalog.service(prefix) else { return };
    if name == "*" || !expand(subject.catalog, entry.text).is_empty() {
        return;
    }
    let names = service.actions().iter().map(|action| action.name());
    let details = match nearest(name, names).filter(|_| !has_wildcards(name)) {
        Some(near) => format!("There is no action `{}`. Was `{prefix}:{near}` meant?", entry.text),
        None => format!("There is no action `{}`.", entry.text),
    };
    found.at(entry.span, details);
}
