//! A Sid with characters that it may not have.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("UNSUPPORTED_SID", Error, Look::Statement(look));

fn look(subject: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    let Some(node) = statement.get("Sid").filter(|_| is_strict(subject)) else { return };
    let good = node.as_str().is_none_or(|sid| sid.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    if !good {
        found.at(node.span, "A Sid has letters and digits only: [a-z, A-Z, 0-9]");
    }
}

/// Whether IAM or Organizations keeps the policy: their Sids are alphanumeric and unique.
pub(super) fn is_strict(subject: &Subject<'_>) -> bool {
    subject.policy_type != PolicyType::Resource || subject.is_trust()
}
