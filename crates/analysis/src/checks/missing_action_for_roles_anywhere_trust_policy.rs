//! Roles Anywhere is trusted without all that it needs.

use super::facts::speaks_of;
use super::prelude::*;

pub(super) const CHECK: Check =
    Check::new("MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY", Error, Look::Document(look));

fn look(subject: &Subject<'_>, found: &mut Found<'_>) {
    let trusts = |statement: &&Statement<'_>| {
        let names = |entry: PrincipalEntry<'_>| {
            entry.kind == "Service" && entry.text == "rolesanywhere.amazonaws.com"
        };
        statement.allows() && statement.principals().into_iter().any(names)
    };
    let trusting: Vec<_> = subject.statements.iter().filter(trusts).filter(|_| subject.is_trust()).collect();
    let Some(first) = trusting.first() else { return };
    let missing: Vec<_> = NEEDED
        .iter()
        .copied()
        .filter(|action| !trusting.iter().any(|statement| speaks_of(statement, action)))
        .collect();
    if !missing.is_empty() {
        found.at(
            first.span,
            format!("rolesanywhere.amazonaws.com needs {} too: add it.", missing.join(" and ")),
        );
    }
}

const NEEDED: &[&str] = &["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"];
