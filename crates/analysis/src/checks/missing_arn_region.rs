//! A resource's ARN lacks the region that its service's ARNs have.

use super::arn::Misfit;
use super::prelude::*;

pub(super) const CHECK: Check = Check::new("MISSING_ARN_REGION", Error, Look::Document(look));

fn look(subject: &Subject<'_>, found: &mut Found<'_>) {
    for ArnEntry { entry, parts, misfits } in subject.arns() {
        if misfits.contains(&Misfit::RegionMissing) && parts.region.is_empty() {
            found.at(
                entry.span,
                format!("ARNs of `{}` like this one name a Region: add it, or a `*`.", parts.service),
            );
        }
    }
}
