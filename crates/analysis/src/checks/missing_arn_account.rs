//! A resource's ARN lacks the account that its service's ARNs have.

use super::arn::Misfit;
use super::prelude::*;

pub(super) const CHECK: Check = Check::new("MISSING_ARN_ACCOUNT", Error, Look::Document(look));

fn look(subject: &Subject<'_>, found: &mut Found<'_>) {
    for ArnEntry { entry, parts, misfits } in subject.arns() {
        if misfits.contains(&Misfit::AccountMissing) && parts.account.is_empty() {
            let details = format!(
                "The ARN of the resource `{}` lacks its account: add the 12-digit ID.",
                parts.resource
            );
            found.at(entry.span, details);
        }
    }
}
