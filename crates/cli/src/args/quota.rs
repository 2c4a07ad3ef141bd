//! `account quota`.

use clap::Subcommand;
use types::AccountId;

use super::Data;

/// `account quota`.
#[derive(Debug, Subcommand)]
pub(crate) enum Quota {
    /// Show the quotas and AWS's defaults
    List {
        #[command(flatten)]
        data: Data,
        /// The account [default: the only one]
        #[arg(long, value_name = "ID")]
        account: Option<AccountId>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Give the account a quota of its own
    Set {
        #[command(flatten)]
        data: Data,
        /// The quota as refusals name it, such as RolesPerAccount
        #[arg(value_name = "NAME")]
        name: String,
        /// The most that there may be
        #[arg(value_name = "N", value_parser = clap::value_parser!(u64).range(0..=MOST))]
        limit: u64,
        /// The account [default: the only one]
        #[arg(long, value_name = "ID")]
        account: Option<AccountId>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Go back to AWS's default
    Reset {
        #[command(flatten)]
        data: Data,
        /// The quota
        #[arg(value_name = "NAME")]
        name: String,
        /// The account [default: the only one]
        #[arg(long, value_name = "ID")]
        account: Option<AccountId>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// GetAccountSummary shows quotas as 32-bit integers.
const MOST: u64 = i32::MAX as u64;
