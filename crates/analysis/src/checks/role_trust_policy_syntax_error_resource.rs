//! A trust policy with resources.

use super::prelude::*;

pub(super) const CHECK: Check =
    Check::new("ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE", Error, Look::Statement(look));

fn look(subject: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    for member in ["Resource", "NotResource"].into_iter().filter_map(|element| statement.member(element)) {
        if subject.is_trust() {
            found.at(
                member.key_span,
                format!("A trust policy is about its role alone: take {} out.", member.key),
            );
        }
    }
}
