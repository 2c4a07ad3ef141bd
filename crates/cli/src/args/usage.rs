//! `policy generate` and `policy replay`.

use std::path::PathBuf;

use super::Data;

/// Whose requests, and since when.
#[derive(Debug, clap::Args)]
pub(crate) struct Usage {
    #[command(flatten)]
    pub(crate) data: Data,
    /// The ARN of a user or a role
    #[arg(value_name = "PRINCIPAL")]
    pub(crate) principal: types::Arn,
    /// From when on: `30d`, `2026-03-03`, or a timestamp
    #[arg(long, value_name = "TIME", default_value = "30d")]
    pub(crate) since: String,
    /// Until when [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `policy generate`: the smallest policy that allows what a principal did, no more than what it has.
#[derive(Debug, clap::Args)]
pub(crate) struct Generate {
    #[command(flatten)]
    pub(crate) usage: Usage,
    /// A policy that the new one is to replace [default: all that the principal has]
    #[arg(long, value_name = "FILE")]
    pub(crate) replaces: Vec<PathBuf>,
}

/// `policy replay`: which of the requests that a principal made would be refused by other policies. Ends with exit
/// code 1 where there are any.
#[derive(Debug, clap::Args)]
pub(crate) struct Replay {
    #[command(flatten)]
    pub(crate) usage: Usage,
    /// A policy that the principal would have instead of all that it has
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) policy: Vec<PathBuf>,
}
