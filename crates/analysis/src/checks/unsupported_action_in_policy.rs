//! An action that the resource to which the policy is attached does not know.

use super::facts::{expand, means};
use super::prelude::*;

pub(super) const CHECK: Check = Check::new("UNSUPPORTED_ACTION_IN_POLICY", Error, Look::Action(look));

fn look(subject: &Subject<'_>, _: &Statement<'_>, entry: Entry<'_>, found: &mut Found<'_>) {
    let Some(resource_type) = subject.resource_type.filter(|_| subject.policy_type == PolicyType::Resource)
    else {
        return;
    };
    let supported = match resource_type.scope() {
        None => ROLE_ACTIONS.iter().any(|action| means(entry.text, action)),
        Some((service, types)) => expand(subject.catalog, entry.text).iter().any(|(of, action)| {
            of.prefix() == service && action.resources().any(|usage| types.contains(&usage.name()))
        }),
    };
    if !supported {
        let details =
            format!("A policy of an {} cannot speak of the action `{}`.", resource_type.as_str(), entry.text);
        found.at(entry.span, details);
    }
}

/// What a trust policy can speak of.
const ROLE_ACTIONS: &[&str] = &[
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:SetContext",
    "sts:SetSourceIdentity",
    "sts:TagSession",
];
