//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use types::{AccountId, Partition};

/// AWS IAM that you run yourself.
#[derive(Debug, Parser)]
#[command(name = "portcullis", version, about, propagate_version = true, arg_required_else_help = true)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server
    Serve(Serve),
    /// Print the shell exports with which the AWS CLI acts as the root user
    Env(Env),
    /// Make and list accounts
    #[command(subcommand)]
    Account(Account),
    /// Read and check the audit trail
    #[command(subcommand)]
    Audit(Audit),
    /// Check and trim the store
    #[command(subcommand)]
    Store(StoreCommand),
    /// Look after the keys that seal secrets
    #[command(subcommand)]
    Keys(Keys),
    /// Print the completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Where the data is.
#[derive(Debug, Clone, clap::Args)]
pub struct Data {
    /// The data directory [default: portcullis in the user's data home]
    #[arg(long = "data", value_name = "DIR", env = "PORTCULLIS_DATA")]
    pub directory: Option<PathBuf>,
}

/// `serve`.
#[derive(Debug, clap::Args)]
pub struct Serve {
    #[command(flatten)]
    pub data: Data,
    /// The address to listen on
    #[arg(long, value_name = "ADDR", default_value = DEFAULT_LISTEN, env = "PORTCULLIS_LISTEN")]
    pub listen: SocketAddr,
    /// The id of the account that the first start makes [default: a random one]
    #[arg(long, value_name = "ID")]
    pub account_id: Option<AccountId>,
    /// The certificate chain for TLS, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Serve plain HTTP on an address that is not a loopback address: keys and sessions travel in the open
    #[arg(long)]
    pub plain_http: bool,
    /// Serve metrics for Prometheus on this address, without authentication
    #[arg(long, value_name = "ADDR")]
    pub metrics: Option<SocketAddr>,
    /// What to log, for instance `info` (a line a request) or `server=debug`
    #[arg(long, value_name = "FILTER", default_value = "warn", env = "PORTCULLIS_LOG")]
    pub log: String,
    /// Log as JSON
    #[arg(long)]
    pub log_json: bool,
    /// For test suites with made-up credentials: anybody is root, on loopback only
    #[arg(long, conflicts_with_all = ["account_id", "plain_http", "tls_cert"])]
    pub dev: bool,
}

/// `env`.
#[derive(Debug, clap::Args)]
pub struct Env {
    #[command(flatten)]
    pub data: Data,
    /// The address that the server listens on
    #[arg(long, value_name = "ADDR", default_value = DEFAULT_LISTEN, env = "PORTCULLIS_LISTEN")]
    pub listen: SocketAddr,
    /// The server has TLS
    #[arg(long)]
    pub tls: bool,
    /// The account whose root user to act as [default: the first]
    #[arg(long, value_name = "ID")]
    pub account: Option<AccountId>,
}

/// `account`.
#[derive(Debug, Subcommand)]
pub enum Account {
    /// Make an account with a root user of its own
    Create {
        #[command(flatten)]
        data: Data,
        /// Its id [default: a random one]
        #[arg(long, visible_alias = "id", value_name = "ID")]
        account_id: Option<AccountId>,
        /// Its partition, for good: aws, aws-cn or aws-us-gov
        #[arg(long, default_value = "aws")]
        partition: Partition,
        /// What people call it
        #[arg(long, default_value = "")]
        name: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the accounts
    List {
        #[command(flatten)]
        data: Data,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// `audit`.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Show the newest events
    Tail {
        #[command(flatten)]
        data: Data,
        /// How many
        #[arg(long, short = 'n', value_name = "N", default_value_t = 100)]
        limit: usize,
        /// Print each event whole, as CloudTrail writes it, a line each
        #[arg(long)]
        json: bool,
    },
    /// Check the hash chains for edits, cuts and missing ends
    Verify {
        #[command(flatten)]
        data: Data,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// `store`.
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Check every record, index and revision
    Verify {
        #[command(flatten)]
        data: Data,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Drop old versions of records; what is current stays
    Compact {
        #[command(flatten)]
        data: Data,
        /// How far back history is kept, for instance `30d` or `12h`
        #[arg(long, value_name = "SPAN")]
        keep: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// `keys`.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Seal everything under a new master key
    RotateMaster {
        #[command(flatten)]
        data: Data,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Where the server listens unless it is told otherwise.
const DEFAULT_LISTEN: &str = "127.0.0.1:7070";

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Args::command().debug_assert();
    }
}
