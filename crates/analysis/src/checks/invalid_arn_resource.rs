//! The last part of a resource's ARN is like none of its service's.

use super::arn::Misfit;
use super::prelude::*;

pub(super) const CHECK: Check = Check::new("INVALID_ARN_RESOURCE", Error, Look::Document(look));

fn look(subject: &Subject<'_>, found: &mut Found<'_>) {
    for ArnEntry { entry, parts, misfits } in subject.arns() {
        if misfits.contains(&Misfit::Resource) {
            let details = format!(
                "No resource of `{}` has an ARN that ends like this: correct the last part.",
                parts.service
            );
            found.at(entry.span, details);
        }
    }
}
