//! A service may come on anybody's behalf.

use super::prelude::*;

pub(super) const CHECK: Check =
    Check::new("RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL", SecurityWarning, Look::Principal(look));

// A trust policy's services mostly carry no source, and AWS's own examples name none.
fn look(subject: &Subject<'_>, statement: &Statement<'_>, entry: PrincipalEntry<'_>, found: &mut Found<'_>) {
    let restricted = statement.has_key(SOURCES) || statement.has_key(INSTEAD);
    if is_open(subject, statement, entry) && !restricted {
        let details = format!("{} comes on behalf of anybody: test {}.", entry.text, SOURCES.join(", "));
        found.at(entry.span, details);
    }
}

/// Whether an entry lets a service in, in a resource policy that is no trust policy.
pub(super) fn is_open(subject: &Subject<'_>, statement: &Statement<'_>, entry: PrincipalEntry<'_>) -> bool {
    subject.policy_type == PolicyType::Resource
        && !subject.is_trust()
        && statement.allows()
        && statement.get("Principal").is_some()
        && entry.kind == "Service"
}

/// What says on whose behalf a service comes.
pub(super) const SOURCES: &[&str] =
    &["aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths"];

/// What people test instead.
pub(super) const INSTEAD: &[&str] =
    &["aws:referer", "aws:SourceIp", "aws:SourceVpc", "aws:SourceVpce", "aws:UserAgent"];
