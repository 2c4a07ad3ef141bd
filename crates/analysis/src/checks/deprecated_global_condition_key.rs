//! A global key that has a successor, where the old one still works.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("DEPRECATED_GLOBAL_CONDITION_KEY", Warning, Look::Clause(look));

// AWS has two findings for the same key and does not say when which; who attaches the policy decides here.
fn look(subject: &Subject<'_>, _: &Statement<'_>, clause: &Clause<'_>, found: &mut Found<'_>) {
    let of_principals = matches!(subject.policy_type, PolicyType::Identity | PolicyType::ServiceControl);
    if of_principals && is_old(clause.key) {
        found.at(clause.key_span, format!("{} is an old name: write aws:PrincipalArn.", clause.key));
    }
}

/// Whether a key is `aws:ARN`.
pub(super) fn is_old(key: &str) -> bool {
    key.eq_ignore_ascii_case("aws:ARN")
}
