//! A resource control policy's action of a service that resource control policies do not reach.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("RCP_SYNTAX_ERROR_ACTION", Error, Look::Statement(look));

fn look(subject: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    if subject.policy_type != PolicyType::ResourceControl || !statement.denies() {
        return;
    }
    for entry in statement.actions() {
        let service = entry.text.split_once(':').and_then(|(prefix, _)| subject.catalog.service(prefix));
        if !service.is_some_and(|service| service.takes_resource_control_policies()) {
            found.at(
                entry.span,
                "An RCP reaches the resources of some services only, and names the service of each action.",
            );
        }
    }
}
