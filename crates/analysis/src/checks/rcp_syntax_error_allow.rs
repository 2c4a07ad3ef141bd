//! A resource control policy that allows less than everything.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("RCP_SYNTAX_ERROR_ALLOW", Error, Look::Statement(look));

fn look(subject: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    if subject.policy_type != PolicyType::ResourceControl || !statement.allows() {
        return;
    }
    let is_star = |element: &str| {
        statement
            .get(element)
            .is_some_and(|node| matches!(node.items(), [only] if only.as_str() == Some("*")))
    };
    if !(is_star("Principal") && is_star("Resource") && statement.get("Condition").is_none()) {
        found.at(
            statement.span,
            "An RCP that allows has the Principal \"*\", the Resource \"*\" and no Condition.",
        );
    }
}
