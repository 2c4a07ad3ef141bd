//! A resource control policy that speaks to some principals only.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("RCP_SYNTAX_ERROR_PRINCIPAL", Error, Look::Statement(look));

fn look(subject: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    if subject.policy_type != PolicyType::ResourceControl {
        return;
    }
    let Some(member) = statement.principal_element() else { return };
    if member.key == "NotPrincipal" || member.value.as_str() != Some("*") {
        found.at(
            member.value.span,
            "An RCP speaks to everybody: its Principal is \"*\", and it has no NotPrincipal.",
        );
    }
}
