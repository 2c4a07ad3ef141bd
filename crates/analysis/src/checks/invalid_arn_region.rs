//! The region of a resource's ARN is no region.

use super::arn::Parts;
use super::facts::may_be_region;
use super::prelude::*;

pub(super) const CHECK: Check = Check::new("INVALID_ARN_REGION", Error, Look::Resource(look));

fn look(_: &Subject<'_>, _: &Statement<'_>, entry: Entry<'_>, found: &mut Found<'_>) {
    let Some(parts) = Parts::of(entry) else { return };
    let region = &parts.region;
    if !region.is_empty() && !may_be_region(region) {
        found.at(
            entry.span,
            format!("There is no Region `{region}` for this resource: name one that there is."),
        );
    }
}
