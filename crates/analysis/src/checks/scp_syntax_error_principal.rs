//! A service control policy with principals.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("SCP_SYNTAX_ERROR_PRINCIPAL", Error, Look::Statement(look));

fn look(subject: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    let member = statement.principal_element().filter(|_| subject.policy_type == PolicyType::ServiceControl);
    if let Some(member) = member {
        found.at(
            member.key_span,
            format!("SCPs have no principals: remove {}, or test aws:PrincipalArn.", member.key),
        );
    }
}
