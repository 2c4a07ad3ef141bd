//! A resource control policy with `NotAction`.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("RCP_SYNTAX_ERROR_NOTACTION", Error, Look::Statement(look));

fn look(subject: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    let member = statement.member("NotAction").filter(|_| subject.policy_type == PolicyType::ResourceControl);
    if let Some(member) = member {
        found.at(member.key_span, "RCPs have no NotAction: list the actions with Action.");
    }
}
