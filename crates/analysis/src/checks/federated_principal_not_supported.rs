//! An identity provider, where only a trust policy could speak to one.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("FEDERATED_PRINCIPAL_NOT_SUPPORTED", Error, Look::Principal(look));

fn look(subject: &Subject<'_>, _: &Statement<'_>, entry: PrincipalEntry<'_>, found: &mut Found<'_>) {
    if entry.kind == "Federated" && subject.policy_type == PolicyType::Resource && !subject.is_trust() {
        found.at(
            entry.span,
            "Only the trust policy of a role speaks to an identity provider: name the role instead.",
        );
    }
}
