//! A kind of principal that there is not.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("INVALID_PRINCIPAL_KEY", Error, Look::Statement(look));

fn look(_: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    let Some(member) = statement.principal_element() else { return };
    for kind in member.value.as_object().unwrap_or_default() {
        if policy::PrincipalKind::parse(&kind.key).is_none() {
            found.at(
                kind.key_span,
                format!(
                    "There are no principals of kind {}: write AWS, CanonicalUser, Federated or Service.",
                    kind.key
                ),
            );
        }
    }
}
