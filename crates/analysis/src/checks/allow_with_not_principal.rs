//! All but some are let in.

use super::prelude::*;

pub(super) const CHECK: Check =
    Check::new("ALLOW_WITH_NOT_PRINCIPAL", SecurityWarning, Look::Statement(look));

fn look(subject: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    let member = statement.member("NotPrincipal").filter(|_| statement.allows());
    if let Some(member) = member.filter(|_| subject.policy_type == PolicyType::Resource) {
        found.at(member.key_span, "This lets in everybody but those, callers without a name included: list whom to let in with Principal.");
    }
}
