//! An identity policy with principals.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("UNSUPPORTED_PRINCIPAL", Error, Look::Statement(look));

fn look(subject: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    let member = statement.principal_element().filter(|_| subject.policy_type == PolicyType::Identity);
    if let Some(member) = member {
        let details = format!(
            "A policy of type {} speaks to whom it is attached to: remove {}.",
            subject.policy_type.as_str(),
            member.key
        );
        found.at(member.key_span, details);
    }
}
