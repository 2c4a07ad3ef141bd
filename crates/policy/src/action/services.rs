//! What of AWS's services resource control policies bind (AWS: "Resource control policies",
//! the services that support them and what they do not restrict).

/// Whether resource control policies bind an action, given in lower case.
pub(super) fn are_bound_by_resource_control(service: &str, name: &str) -> bool {
    (service, name) != ("kms", "retiregrant") && BOUND.binary_search(&service).is_ok()
}

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
        assert!(
            are_bound_by_resource_control("s3", "getobject") && !are_bound_by_resource_control("ec2", "x")
        );
    }
}
