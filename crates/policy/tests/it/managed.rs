//! What AWS itself writes must be read.

use policy::{Policy, validate};

#[test]
fn every_aws_managed_policy_parses_and_passes_iam_s_checks() {
    let policies = catalog::managed_policies();
    assert!(policies.len() > 1_000);
    let mut refused = Vec::new();
    for managed in policies {
        Policy::parse(managed.document()).unwrap_or_else(|error| panic!("{}: {error}", managed.name()));
        if TEMPLATES.contains(&managed.name()) {
            continue;
        }
        if let Err(malformed) = validate::identity_policy(managed.document()) {
            refused.push(format!("{}: {malformed} ({:?})", managed.name(), malformed.detail));
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

/// Policies of service-linked roles that name `role-template/…`, which IAM's own text for
/// customers does not list.
const TEMPLATES: [&str; 2] =
    ["AWSCloudWatchOmniServiceRolePolicy", "AWSObservabilityAdminTelemetryEnablementServiceRolePolicy"];
