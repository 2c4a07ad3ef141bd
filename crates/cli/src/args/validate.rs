//! `policy validate`.

use std::path::PathBuf;

use super::{FindingsFormat, OwnServices, PolicyKind};

/// `policy validate`: the checks of IAM Access Analyzer and more, and what IAM itself refuses. Ends with exit code 1
/// where there is an error.
#[derive(Debug, clap::Args)]
pub(crate) struct Validate {
    /// Policy documents; `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// What kind of policy they are
    #[arg(long, value_enum, default_value_t)]
    pub(crate) kind: PolicyKind,
    /// The same by AWS's names: IDENTITY_POLICY, RESOURCE_POLICY, SERVICE_CONTROL_POLICY, RESOURCE_CONTROL_POLICY
    #[arg(long, value_name = "TYPE", value_parser = policy_type, conflicts_with = "kind")]
    pub(crate) policy_type: Option<analysis::checks::PolicyType>,
    /// What a resource policy is attached to, such as AWS::S3::Bucket
    #[arg(long, visible_alias = "validate-policy-resource-type", value_name = "TYPE", value_parser = resource_type)]
    pub(crate) resource_type: Option<analysis::checks::ResourceType>,
    /// What the policies' principal used, an action a line: wildcards beyond it are found
    #[arg(long, value_name = "FILE")]
    pub(crate) used: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) services: OwnServices,
    /// How to report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: FindingsFormat,
}

fn policy_type(name: &str) -> Result<analysis::checks::PolicyType, String> {
    use analysis::checks::PolicyType;
    PolicyType::parse(name).ok_or_else(|| one_of(PolicyType::ALL.iter().map(|known| known.as_str())))
}

fn resource_type(name: &str) -> Result<analysis::checks::ResourceType, String> {
    use analysis::checks::ResourceType;
    ResourceType::parse(name).ok_or_else(|| one_of(ResourceType::ALL.iter().map(|known| known.as_str())))
}

fn one_of<'n>(names: impl Iterator<Item = &'n str>) -> String {
    format!("there are: {}", names.collect::<Vec<_>>().join(", "))
}
