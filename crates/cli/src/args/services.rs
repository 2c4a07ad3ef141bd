//! `services`.

use std::path::PathBuf;

use clap::Subcommand;
use types::AccountId;

use super::Data;

/// `services`: the services of an account's own, which AWS does not have. Policies speak of them in any case; what is
/// registered is checked, explained and reported like AWS's.
#[derive(Debug, Subcommand)]
pub(crate) enum Services {
    /// Register a service, or define it anew
    Register {
        #[command(flatten)]
        data: Data,
        /// Its definition, in the form of AWS's service reference; `-` for standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The account [default: the only one]
        #[arg(long, value_name = "ID")]
        account: Option<AccountId>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the services
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
    /// Print a service's definition, as it was registered
    Show {
        #[command(flatten)]
        data: Data,
        /// The service
        #[arg(value_name = "NAME")]
        name: String,
        /// The account [default: the only one]
        #[arg(long, value_name = "ID")]
        account: Option<AccountId>,
        /// Print JSON, with when it was registered
        #[arg(long)]
        json: bool,
    },
    /// Forget a service: policies that speak of it stay in force
    Remove {
        #[command(flatten)]
        data: Data,
        /// The service
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
