//! A resource's ARN has fewer than six parts.

use super::arn::starred;
use super::prelude::*;

pub(super) const CHECK: Check = Check::new("MISSING_ARN_FIELD", Error, Look::Resource(look));

fn look(_: &Subject<'_>, _: &Statement<'_>, entry: Entry<'_>, found: &mut Found<'_>) {
    let text = starred(entry.text);
    if (text == "arn" || text.starts_with("arn:")) && text.split(':').count() < 6 {
        found.at(entry.span, "An ARN has at least 6 parts: arn:partition:service:region:account:resource");
    }
}
