//! An action of a service that there is not.

use super::facts::nearest;
use super::prelude::*;

pub(super) const CHECK: Check = Check::new("INVALID_SERVICE_IN_ACTION", Error, Look::Action(look));

fn look(subject: &Subject<'_>, _: &Statement<'_>, entry: Entry<'_>, found: &mut Found<'_>) {
    let Some((prefix, _)) = entry.text.split_once(':') else { return };
    if has_wildcards(prefix) || subject.catalog.service(prefix).is_some() {
        return;
    }
    let near = nearest(prefix, subject.catalog.services().map(|service| service.prefix()));
    let hint = near.map_or_else(String::new, |near| format!(" Was `{near}` meant?"));
    found.at(entry.span, format!("There is no service `{prefix}` whose actions could be named.{hint}"));
}
