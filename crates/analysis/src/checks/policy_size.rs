//! A document larger than its quota.

use super::prelude::*;
use policy::validate::Quota;

pub(super) const CHECKS: [Check; 5] = [
    Check::new(
        "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA",
        Warning,
        Look::Document(|subject, found| {
            look(subject, subject.policy_type == PolicyType::Identity, found);
        }),
    ),
    Check::new(
        "POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA",
        Warning,
        Look::Document(|subject, found| {
            look(subject, subject.policy_type == PolicyType::Resource && !subject.is_trust(), found);
        }),
    ),
    Check::new(
        "POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA",
        Warning,
        Look::Document(|subject, found| {
            look(subject, subject.is_trust(), found);
        }),
    ),
    Check::new(
        "POLICY_SIZE_EXCEEDS_SCP_QUOTA",
        Error,
        Look::Document(|subject, found| {
            look(subject, subject.policy_type == PolicyType::ServiceControl, found);
        }),
    ),
    Check::new(
        "POLICY_SIZE_EXCEEDS_RCP_QUOTA",
        Error,
        Look::Document(|subject, found| {
            look(subject, subject.policy_type == PolicyType::ResourceControl, found);
        }),
    ),
];

fn look(subject: &Subject<'_>, asked: bool, found: &mut Found<'_>) {
    let quota = quota(subject);
    let size = quota.size(subject.text);
    if asked && size > quota.limit {
        let details = format!(
            "The document has {size} characters; a {} may have {}: split it.",
            quota.name, quota.limit
        );
        found.at(subject.node.span, details);
    }
}

/// The quota of such a document.
pub(super) fn quota(subject: &Subject<'_>) -> Quota {
    match subject.policy_type {
        PolicyType::Identity => Quota::MANAGED,
        PolicyType::Resource if subject.is_trust() => Quota::TRUST,
        PolicyType::Resource => BUCKET,
        PolicyType::ServiceControl => Quota::SERVICE_CONTROL,
        PolicyType::ResourceControl => Quota::RESOURCE_CONTROL,
    }
}

/// A bucket's policy, the largest that the common kinds of resources have.
const BUCKET: Quota =
    Quota { name: "resource policy", limit: 20_480, counting: policy::validate::Counting::Everything };
