//! `who-can`, `what-can`, `paths` and `diff`: questions over a directory.

use std::path::PathBuf;

use types::AccountId;

use super::{Data, OwnServices};

/// Whom a question is about: the directory of a server, running or not, or what AWS says of an account.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Asked {
    #[command(flatten)]
    pub(crate) data: Data,
    /// Ask about these outputs of `aws iam get-account-authorization-details` instead: whole ones, or pages
    #[arg(long, value_name = "FILE")]
    pub(crate) authorization_details: Vec<PathBuf>,
    /// Only this account [default: all of the directory]
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<AccountId>,
    /// A level of service control policies that bind everybody here, root first: documents, separated by commas
    #[arg(long = "service-control-policies", visible_alias = "scp", value_name = "FILE[,FILE]")]
    pub(crate) scp: Vec<String>,
    #[command(flatten)]
    pub(crate) services: OwnServices,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Resource control policies.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ResourceControl {
    /// A level of resource control policies that bind all resources here, root first: documents, separated by commas
    #[arg(long = "resource-control-policies", visible_alias = "rcp", value_name = "FILE[,FILE]")]
    pub(crate) rcp: Vec<String>,
}

/// `who-can`.
#[derive(Debug, clap::Args)]
pub(crate) struct WhoCan {
    /// The action, such as s3:GetObject; wildcards ask for any that fits
    #[arg(value_name = "ACTION")]
    pub(crate) action: String,
    /// The resource's ARN; wildcards ask for any that fits
    #[arg(value_name = "RESOURCE", default_value = "*")]
    pub(crate) resource: String,
    /// The resource's own policy
    #[arg(long, value_name = "FILE")]
    pub(crate) resource_policy: Option<PathBuf>,
    /// As of this moment (`2026-03-03T12:00:00Z`, `2026-03-03`, `2h` ago) or revision
    #[arg(long, value_name = "TIME|REVISION", conflicts_with = "authorization_details")]
    pub(crate) at: Option<String>,
    #[command(flatten)]
    pub(crate) control: ResourceControl,
    #[command(flatten)]
    pub(crate) asked: Asked,
}

/// `what-can`.
#[derive(Debug, clap::Args)]
pub(crate) struct WhatCan {
    /// A user or role, by ARN or by name where only one has it
    #[arg(value_name = "PRINCIPAL")]
    pub(crate) principal: String,
    /// As of this moment or revision
    #[arg(long, value_name = "TIME|REVISION", conflicts_with = "authorization_details")]
    pub(crate) at: Option<String>,
    #[command(flatten)]
    pub(crate) control: ResourceControl,
    #[command(flatten)]
    pub(crate) asked: Asked,
}

/// `paths`.
#[derive(Debug, clap::Args)]
pub(crate) struct Paths {
    /// A user or role, by ARN or by name where only one has it
    #[arg(value_name = "FROM")]
    pub(crate) from: String,
    /// Another, or `administrator` for whoever may do everything
    #[arg(value_name = "TO", default_value = "administrator")]
    pub(crate) to: String,
    /// So many paths at most
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) limit: usize,
    /// Not only the shortest paths: also those that take up to N steps more
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) longer: usize,
    /// Print the paths as a graph for Graphviz
    #[arg(long, conflicts_with = "json")]
    pub(crate) dot: bool,
    /// End with exit code 3 where there is a path
    #[arg(long)]
    pub(crate) exit_code: bool,
    /// As of this moment or revision
    #[arg(long, value_name = "TIME|REVISION", conflicts_with = "authorization_details")]
    pub(crate) at: Option<String>,
    #[command(flatten)]
    pub(crate) control: ResourceControl,
    #[command(flatten)]
    pub(crate) asked: Asked,
}

/// `diff`.
#[derive(Debug, clap::Args)]
pub(crate) struct Diff {
    /// From this moment or revision; given twice: to the second, else to now
    #[arg(
        long,
        value_name = "TIME|REVISION",
        num_args = 1,
        required_unless_present = "proposed",
        conflicts_with = "authorization_details"
    )]
    pub(crate) at: Vec<String>,
    /// To what is proposed: an account as `aws iam get-account-authorization-details` shows it
    #[arg(long, value_name = "FILE")]
    pub(crate) proposed: Option<PathBuf>,
    /// End with exit code 3 where somebody gains something
    #[arg(long)]
    pub(crate) exit_code: bool,
    #[command(flatten)]
    pub(crate) control: ResourceControl,
    #[command(flatten)]
    pub(crate) asked: Asked,
}
