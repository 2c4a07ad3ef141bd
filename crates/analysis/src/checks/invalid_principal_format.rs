//! A principal element that is neither `*` nor pairs of kind and names.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("INVALID_PRINCIPAL_FORMAT", Error, Look::Statement(look));

fn look(subject: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    let Some(member) = statement.principal_element() else { return };
    let good = member.value.as_object().is_some() || member.value.as_str() == Some("*");
    if !good && matches!(subject.policy_type, PolicyType::Resource | PolicyType::ResourceControl) {
        found.at(
            member.value.span,
            "Principals are written as pairs of kind and names, such as {\"AWS\": \"123456789012\"}.",
        );
    }
}
