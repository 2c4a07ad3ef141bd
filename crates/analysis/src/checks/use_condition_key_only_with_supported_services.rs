//! A key that few services fill, in a statement about others too.

use super::prelude::*;

pub(super) const CHECK: Check =
    Check::new("USE_CONDITION_KEY_ONLY_WITH_SUPPORTED_SERVICES", Warning, Look::Clause(look));

fn look(_: &Subject<'_>, statement: &Statement<'_>, clause: &Clause<'_>, found: &mut Found<'_>) {
    let is_account = clause.is_about("aws:VpceAccount");
    if !is_account && !clause.is_about("aws:VpceOrgID") && !clause.is_about("aws:VpceOrgPaths") {
        return;
    }
    let supports =
        |prefix: &str| EVERY_KEY.contains(&prefix) || (!is_account && ORGANIZATION_KEYS.contains(&prefix));
    let scoped = statement.get("NotAction").is_none()
        && statement.actions().iter().all(|entry| {
            entry
                .text
                .split_once(':')
                .is_some_and(|(prefix, _)| supports(prefix.to_ascii_lowercase().as_str()))
        });
    if !scoped {
        found.at(
            clause.key_span,
            format!("Few services fill {}: keep the statement to the actions of those.", clause.key),
        );
    }
}

/// AWS: "AWS global condition context keys", availability of `aws:VpceAccount`.
const EVERY_KEY: &[&str] = &[
    "acm-pca",
    "apprunner",
    "applicationinsights",
    "athena",
    "cloudformation",
    "comprehendmedical",
    "compute-optimizer",
    "datasync",
    "discovery",
    "dynamodb",
    "ebs",
    "ecr",
    "ecs",
    "firehose",
    "gamelift",
    "healthlake",
    "iam",
    "iotfleetwise",
    "iotwireless",
    "kinesisanalytics",
    "kms",
    "lambda",
    "medical-imaging",
    "omics",
    "payment-cryptography",
    "polly",
    "rbin",
    "rekognition",
    "route53",
    "s3",
    "scheduler",
    "servicediscovery",
    "servicequotas",
    "shield",
    "ssm-contacts",
    "storagegateway",
    "textract",
    "transcribe",
    "transfer",
];

/// What `aws:VpceOrgID` and `aws:VpceOrgPaths` have besides.
const ORGANIZATION_KEYS: &[&str] = &[
    "b2bi",
    "cassandra",
    "cognito-identity",
    "dms",
    "ds-data",
    "identitystore",
    "iottwinmaker",
    "network-firewall",
    "pricing",
    "ses",
    "sms-voice",
    "sqs",
];
