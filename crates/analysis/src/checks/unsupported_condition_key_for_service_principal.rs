//! A key about a principal of an account, in a statement that speaks to services alone.

use super::prelude::*;

pub(super) const CHECK: Check =
    Check::new("UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL", Error, Look::Statement(look));

fn look(subject: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    let principals = statement.principals();
    let services_alone = !principals.is_empty() && principals.iter().all(|entry| entry.kind == "Service");
    if subject.policy_type != PolicyType::Resource || statement.get("Principal").is_none() || !services_alone
    {
        return;
    }
    let of_account = |clause: &&Clause<'_>| {
        !clause.holds_without_key() && !clause.is(Family::Null) && KEYS.iter().any(|key| clause.is_about(key))
    };
    let clauses: Vec<_> = statement.clauses.iter().filter(of_account).collect();
    if !clauses.is_empty() {
        let names: Vec<&str> = clauses.iter().map(|clause| clause.key).collect();
        let spans: Vec<_> = clauses.iter().map(|clause| clause.key_span).collect();
        found.at_all(
            &spans,
            format!("Requests of services never carry {}: the statement never applies.", names.join(", ")),
        );
    }
}

const KEYS: &[&str] = &[
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalTag/",
    "aws:PrincipalType",
    "aws:userid",
    "aws:username",
];
