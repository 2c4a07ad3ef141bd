//! The account of a resource's ARN is no account.

use super::arn::{Parts, is_literal_account};
use super::prelude::*;

pub(super) const CHECK: Check = Check::new("INVALID_ARN_ACCOUNT", Error, Look::Resource(look));

fn look(subject: &Subject<'_>, _: &Statement<'_>, entry: Entry<'_>, found: &mut Found<'_>) {
    let Some(parts) = Parts::of(entry) else { return };
    let account = &parts.account;
    let is_id = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    if !account.is_empty()
        && !is_id
        && !has_wildcards(account)
        && !is_literal_account(subject.catalog, &parts.service, account)
    {
        found.at(entry.span, format!("`{account}` is no account ID: those have 12 digits."));
    }
}
