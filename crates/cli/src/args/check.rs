//! `policy check`.

use std::path::PathBuf;

use clap::Subcommand;

use super::OwnServices;

/// `policy check`: the custom checks of IAM Access Analyzer, by proof. Each document is a file, `-` for standard
/// input, a URL `file://…`, or JSON text; a file may also be a Terraform plan (`terraform show -json`), whose policies
/// are checked one by one.
#[derive(Debug, Subcommand)]
pub(crate) enum Check {
    /// Whether a document allows anything that another does not
    NoNewAccess {
        /// The document as it is [default for a Terraform plan: what each resource has now]
        #[arg(long = "existing-policy-document", visible_alias = "existing", value_name = "DOCUMENT")]
        existing: Option<String>,
        /// The document as it is to be, or a Terraform plan
        #[arg(long = "new-policy-document", visible_alias = "new", value_name = "DOCUMENT", required = true)]
        new: Vec<String>,
        /// What kind of policy they are [default: as they say]
        #[arg(long, value_enum, value_name = "TYPE", ignore_case = true)]
        policy_type: Option<PolicyType>,
        /// Count only requests that can happen: actions that exist, on resources that they take
        #[arg(long)]
        realistic: bool,
        #[command(flatten)]
        services: OwnServices,
        #[command(flatten)]
        report: Report,
    },
    /// Whether a document grants one of these actions on one of these resources
    AccessNotGranted {
        /// The documents, or Terraform plans
        #[arg(long = "policy-document", visible_alias = "policy", value_name = "DOCUMENT", required = true)]
        documents: Vec<String>,
        /// As the AWS CLI takes it: `actions=s3:GetObject,s3:PutObject,resources=arn:aws:s3:::b/*`, or JSON
        #[arg(long, value_name = "ACCESS", required_unless_present_any = ["actions", "resources"])]
        access: Vec<String>,
        /// Actions, as a statement lists them
        #[arg(long, value_name = "ACTION", value_delimiter = ',')]
        actions: Vec<String>,
        /// Resources, as a statement lists them
        #[arg(long, value_name = "ARN", value_delimiter = ',')]
        resources: Vec<String>,
        /// What kind of policy they are [default: as they say]
        #[arg(long, value_enum, value_name = "TYPE", ignore_case = true)]
        policy_type: Option<PolicyType>,
        #[command(flatten)]
        report: Report,
    },
    /// Whether a resource's policy lets anyone in
    NoPublicAccess {
        /// The documents, or Terraform plans
        #[arg(long = "policy-document", visible_alias = "policy", value_name = "DOCUMENT", required = true)]
        documents: Vec<String>,
        /// What the policy belongs to, for instance AWS::S3::Bucket [default: any resource]
        #[arg(long, value_name = "TYPE")]
        resource_type: Option<String>,
        #[command(flatten)]
        report: Report,
    },
}

/// How a check reports.
#[derive(Debug, clap::Args)]
pub(crate) struct Report {
    /// How to report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: CheckFormat,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
    /// Fail as well for what is not checked: blocks that a plan does not tell, policies that it attaches and does not
    /// hold, access control lists, shares
    #[arg(long)]
    pub(crate) strict: bool,
    /// Write the report to a file
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

impl Report {
    /// The form that was asked for.
    pub(crate) fn format(&self) -> CheckFormat {
        if self.json { CheckFormat::Json } else { self.format }
    }
}

/// Access Analyzer's types of policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum PolicyType {
    /// Of users, groups and roles
    #[value(name = "IDENTITY_POLICY")]
    Identity,
    /// Of resources; trust policies
    #[value(name = "RESOURCE_POLICY")]
    Resource,
}

/// How checks are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum CheckFormat {
    /// For people
    #[default]
    Text,
    /// As Access Analyzer answers
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// JUnit's XML
    Junit,
    /// Annotations of GitHub's workflows
    Github,
}
