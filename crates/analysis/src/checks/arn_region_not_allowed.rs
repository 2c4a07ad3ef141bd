//! A resource's ARN has a region where its service's ARNs have none.

use super::arn::Misfit;
use super::prelude::*;

pub(super) const CHECK: Check = Check::new("ARN_REGION_NOT_ALLOWED", Error, Look::Document(look));

fn look(subject: &Subject<'_>, found: &mut Found<'_>) {
    for ArnEntry { entry, parts, misfits } in subject.arns() {
        if misfits.contains(&Misfit::RegionNotAllowed) {
            found.at(
                entry.span,
                format!("ARNs of `{}` like this one have no Region: leave it out.", parts.service),
            );
        }
    }
}
