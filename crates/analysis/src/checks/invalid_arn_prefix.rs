//! A resource is no ARN: it does not begin with `arn`.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("INVALID_ARN_PREFIX", Error, Look::Resource(look));

fn look(_: &Subject<'_>, _: &Statement<'_>, entry: Entry<'_>, found: &mut Found<'_>) {
    let prefix = entry.text.split(':').next().unwrap_or_default();
    if !meets(prefix, "arn") && !prefix.contains("${") {
        found.at(entry.span, "A resource is an ARN or `*`: begin it with `arn:`.");
    }
}
