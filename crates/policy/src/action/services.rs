//! What of AWS's services resource control policies bind (AWS: "Resource control policies",
//! the services that support them and what they do not restrict).

use std::sync::LazyLock;

use crate::numbers::Numbers;

/// Whether resource control policies bind an action, given in any case with the hash of its service.
pub(super) fn are_bound_by_resource_control(service: &str, hash: u64, name: &str) -> bool {
    let is_bound = BOUND_NUMBERS.find(service, hash).is_some();
    is_bound && !(name.eq_ignore_ascii_case("RetireGrant") && service.eq_ignore_ascii_case("kms"))
}

static BOUND_NUMBERS: LazyLock<Numbers> = LazyLock::new(|| Numbers::of(BOUND.into_iter()));

/// The services' prefixes, sorted.
const BOUND: [&str; 62] = [
    "aoss",
    "appconfig",
    "appstream",
    "autoscaling",
    "autoscaling-plans",
    "budgets",
    "clouddirectory",
    "cloudfront",
    "cloudsearch",
    "cloudtrail-data",
    "codeartifact",
    "codebuild",
    "codecommit",
    "codepipeline",
    "cognito-identity",
    "cognito-idp",
    "comprehend",
    "comprehendmedical",
    "compute-optimizer",
    "cost-optimization-hub",
    "dax",
    "dsql",
    "dynamodb",
    "ecr",
    "ecr-public",
    "events",
    "firehose",
    "fis",
    "fms",
    "gamelift",
    "health",
    "inspector-scan",
    "kendra",
    "kinesisvideo",
    "kms",
    "logs",
    "memorydb",
    "networkmonitor",
    "notifications",
    "opensearch",
    "pca-connector-ad",
    "personalize",
    "polly",
    "pricing",
    "resource-groups",
    "rolesanywhere",
    "s3",
    "secretsmanager",
    "servicediscovery",
    "signin",
    "sqs",
    "sts",
    "support",
    "swf",
    "textract",
    "timestream-influxdb",
    "transcribe",
    "transfer",
    "translate",
    "wafv2",
    "workspaces",
    "xray",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_the_catalog_s_services() {
        let catalog = catalog::services().iter().filter(|service| service.takes_resource_control_policies());
        let mut prefixes: Vec<&str> = catalog.map(catalog::Service::prefix).collect();
        prefixes.sort_unstable();
        assert_eq!(prefixes, BOUND);
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(BOUND.is_sorted());
        let bound = |action: &str| crate::Action::parse(action).unwrap().is_bound_by_resource_control();
        assert!(bound("s3:GetObject") && bound("xray:X") && bound("KMS:Decrypt"));
        assert!(!bound("ec2:x") && !bound("own:x") && !bound("kms:RetireGrant"));
    }
}
