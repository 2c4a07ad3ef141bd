//! A trust policy with `NotPrincipal`.

use super::prelude::*;

pub(super) const CHECK: Check =
    Check::new("ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL", Error, Look::Statement(look));

fn look(subject: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    if let Some(member) = statement.member("NotPrincipal").filter(|_| subject.is_trust()) {
        found.at(member.key_span, "A trust policy has no NotPrincipal: list whom to trust with Principal.");
    }
}
