//! A statement of a resource's policy that speaks to nobody.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("MISSING_PRINCIPAL", Error, Look::Statement(look));

fn look(subject: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    let needs = matches!(subject.policy_type, PolicyType::Resource | PolicyType::ResourceControl);
    if needs && statement.principal_element().is_none() {
        found.at(statement.span, "The statement needs a Principal: whom it speaks to.");
    }
}
