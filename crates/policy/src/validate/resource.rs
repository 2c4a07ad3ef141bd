//! Checks of `Resource` and `NotResource`.

use super::element::Document;
use super::syntax::legacy;
use super::{Finding, Kind, Stage};
use crate::json::Node;

pub(super) fn check(kind: Kind, document: &Document<'_>, findings: &mut Vec<Finding>) {
    // What a trust policy does with resources is forbid them.
    if kind == Kind::Trust {
        return;
    }
    for statement in &document.statements {
        let node = statement.either("Resource", "NotResource");
        let required = kind != Kind::Resource;
        let Some(node) = node.filter(|node| !node.items().is_empty()) else {
            if required || node.is_some() {
                let span = node.map_or(statement.span, |node| node.span);
                findings.push(Finding::new(
                    Stage::HasResources,
                    "Policy statement must contain resources.",
                    span,
                ));
            }
            continue;
        };
        check_entries(node, findings);
    }
}

/// IAM looks at the entries in the order of their text, and reads them as ARNs in the older
/// way only when all of them pass.
fn check_entries(node: &Node, findings: &mut Vec<Finding>) {
    let mut entries: Vec<(&str, &Node)> =
        node.items().iter().filter_map(|item| Some((item.as_str()?, item))).collect();
    entries.sort_by_key(|(text, _)| *text);
    let before = findings.len();
    for (text, item) in &entries {
        if let Some(message) = fault(text) {
            findings.push(Finding::new(Stage::Resources, message, item.span));
        }
    }
    if findings.len() > before {
        return;
    }
    for (text, item) in entries {
        let short = text.split(':').count() < 6;
        let no_service = text != "*" && text.split(':').nth(2).is_none_or(str::is_empty);
        if no_service || (short && text.contains("::")) {
            findings.push(legacy("a resource has fewer than six parts or no service", item.span));
        }
    }
}

/// What is wrong with one entry.
fn fault(resource: &str) -> Option<String> {
    if resource == "*" {
        return None;
    }
    // IAM does not look at what stands before the first colon.
    let Some((_, rest)) = resource.split_once(':') else {
        return Some(format!("Resource {resource} must be in ARN format or \"*\"."));
    };
    let (partition, behind) = match rest.split_once(':') {
        Some((partition, behind)) => (partition, Some(behind)),
        None => (rest, None),
    };
    if !is_partition(partition) {
        return Some(partition_fault(partition, behind.unwrap_or_default()));
    }
    let Some(behind) = behind else { return Some(VENDOR.into()) };
    let (service, behind) = match behind.split_once(':') {
        Some((service, behind)) => (service, Some(behind)),
        None => (behind, None),
    };
    if service.contains(['*', '?']) {
        return Some(VENDOR.into());
    }
    // A short ARN says nothing of region and path.
    let mut parts = behind?.splitn(3, ':');
    let (region, _, path) = (parts.next()?, parts.next()?, parts.next()?);
    let starts_with = |starts: &[&str]| starts.iter().any(|start| path.starts_with(start));
    match service {
        "iam" if !region.is_empty() => {
            Some(format!("IAM resource {resource} cannot contain region information."))
        }
        "s3" if !region.is_empty() && !starts_with(&S3_REGIONAL) => {
            Some(format!("Resource {resource} can not contain region information."))
        }
        "iam"
            if !(path == "*"
                || path == "root"
                || starts_with(&IAM_PATHS)
                || starts_with(&["role-template/"])) =>
        {
            Some(format!("IAM resource path must either be \"*\" or start with {}.", IAM_PATHS.join(", ")))
        }
        _ => None,
    }
}

fn is_partition(text: &str) -> bool {
    let known = ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"];
    known.contains(&text) || text.contains('*')
}

/// IAM shows the resource with what is missing filled up.
fn partition_fault(partition: &str, behind: &str) -> String {
    let mut parts: Vec<&str> = behind.splitn(4, ':').collect();
    if parts == [""] {
        parts = vec!["*"];
    }
    parts.resize(4, "*");
    format!("Partition \"{partition}\" is not valid for resource \"arn:{partition}:{}\".", parts.join(":"))
}

/// What a resource of IAM may begin with.
const IAM_PATHS: [&str; 14] = [
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
    "delegation-request/",
];

/// What a resource of S3 that lives in a region begins with.
const S3_REGIONAL: [&str; 6] =
    ["accesspoint", "job/", "storage-lens", "async-request/", "access-grants/", "*"];

const VENDOR: &str = "Resource vendor must be fully qualified and cannot contain regexes.";
