//! A resource's ARN has an account where its service's ARNs have none.

use super::arn::Misfit;
use super::prelude::*;

pub(super) const CHECK: Check = Check::new("ARN_ACCOUNT_NOT_ALLOWED", Error, Look::Document(look));

fn look(subject: &Subject<'_>, found: &mut Found<'_>) {
    for ArnEntry { entry, parts, misfits } in subject.arns() {
        if misfits.contains(&Misfit::AccountNotAllowed) {
            found.at(
                entry.span,
                format!("ARNs of `{}` like this one have no account ID: leave it out.", parts.service),
            );
        }
    }
}
