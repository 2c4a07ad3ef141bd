//! A resource that the resource to which the policy is attached is not, nor holds.

use super::arn::Parts;
use super::prelude::*;

pub(super) const CHECK: Check = Check::new("UNSUPPORTED_RESOURCE_ARN_IN_POLICY", Error, Look::Resource(look));

fn look(subject: &Subject<'_>, _: &Statement<'_>, entry: Entry<'_>, found: &mut Found<'_>) {
    let Some(resource_type) = subject.resource_type.filter(|_| subject.policy_type == PolicyType::Resource)
    else {
        return;
    };
    let (Some((service, types)), Some(parts)) = (resource_type.scope(), Parts::of(entry)) else { return };
    if !parts.may_be(service, types) {
        found.at(
            entry.span,
            format!("A policy of an {} cannot speak of this resource.", resource_type.as_str()),
        );
    }
}
