//! `import` and `export`.

use std::path::PathBuf;

use clap::Subcommand;
use types::AccountId;

use super::Data;

/// `import`.
#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// Load the output of `aws iam get-account-authorization-details`
    AuthorizationDetails {
        #[command(flatten)]
        data: Data,
        /// The account that the files must be of [default: the one that their ARNs name]
        #[arg(long, value_name = "ID")]
        account: Option<AccountId>,
        /// The files: whole outputs, or pages of one
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// `export`.
#[derive(Debug, Subcommand)]
pub(crate) enum Export {
    /// Write an account as `aws iam get-account-authorization-details` does
    AuthorizationDetails {
        #[command(flatten)]
        data: Data,
        /// The account [default: the only one]
        #[arg(long, value_name = "ID")]
        account: Option<AccountId>,
        /// Where to [default: standard output]
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}
