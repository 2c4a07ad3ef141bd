//! A trust policy that trusts everybody.

use super::prelude::*;

pub(super) const CHECK: Check =
    Check::new("ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL", Error, Look::Statement(look));

fn look(subject: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    let node = statement.get("Principal").filter(|_| subject.is_trust());
    if let Some(node) = node.filter(|node| node.as_str() == Some("*")) {
        found.at(
            node.span,
            "The Principal \"*\" of a trust policy is everybody everywhere: name whom to trust.",
        );
    }
}
