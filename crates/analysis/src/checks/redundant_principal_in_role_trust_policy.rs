//! A session of a role beside the role itself.

use super::prelude::*;

pub(super) const CHECK: Check =
    Check::new("REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY", Suggestion, Look::Principal(look));

fn look(subject: &Subject<'_>, statement: &Statement<'_>, entry: PrincipalEntry<'_>, found: &mut Found<'_>) {
    let Some((account, role)) = session(entry.text).filter(|_| subject.is_trust() && entry.kind == "AWS")
    else {
        return;
    };
    let is_parent = |other: &PrincipalEntry<'_>| {
        let Some(rest) = other.text.split_once(":iam::").map(|(_, rest)| rest) else { return false };
        let path = rest.strip_prefix(account).and_then(|rest| rest.strip_prefix(":role/"));
        path.and_then(|path| path.rsplit('/').next()) == Some(role)
    };
    if let Some(parent) = statement.principals().into_iter().find(is_parent) {
        let details = format!(
            "{} trusts every session of the role, {} among them: take the session out.",
            parent.text, entry.text
        );
        found.at(entry.span, details);
    }
}

/// Account and role of an assumed role's ARN.
fn session(text: &str) -> Option<(&str, &str)> {
    let (_, rest) = text.split_once(":sts::").or_else(|| text.split_once(":iam::"))?;
    let (account, rest) = rest.split_once(":assumed-role/")?;
    Some((account, rest.split('/').next()?))
}
