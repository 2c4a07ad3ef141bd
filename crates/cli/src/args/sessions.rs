//! `sessions` and `sign-in`.

use clap::Subcommand;
use types::{AccessKeyId, AccountId};

use super::Data;

/// `sessions`.
#[derive(Debug, Subcommand)]
pub(crate) enum Sessions {
    /// List the sessions that run, as the audit trail knows them
    List {
        #[command(flatten)]
        data: Data,
        /// Only those of this account
        #[arg(long, value_name = "ID")]
        account: Option<AccountId>,
        /// Only those of this user, role or session
        #[arg(long, value_name = "ARN")]
        principal: Option<String>,
        /// Show those that have expired or were revoked too, as far back as sessions can last
        #[arg(long)]
        all: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// End sessions before their time; their very next request is refused
    #[command(group = clap::ArgGroup::new("whose").required(true))]
    Revoke {
        #[command(flatten)]
        data: Data,
        /// The session with this temporary key, and those that were made with it
        #[arg(long, value_name = "ASIA…", group = "whose")]
        session: Option<AccessKeyId>,
        /// Every session that was made with this access key, directly or through others
        #[arg(long, value_name = "AKIA…", group = "whose")]
        key: Option<AccessKeyId>,
        /// Every session of this user, role or root user, or the sessions with this session ARN
        #[arg(long, value_name = "ARN", group = "whose")]
        principal: Option<String>,
        /// Every session of this account
        #[arg(long, value_name = "ID", group = "whose")]
        account: Option<AccountId>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// `sign-in`.
#[derive(Debug, Subcommand)]
pub(crate) enum SignIn {
    /// Let a user try again whom too many wrong passwords have locked out
    Unlock {
        #[command(flatten)]
        data: Data,
        /// The account [default: the only one]
        #[arg(long, value_name = "ID")]
        account: Option<AccountId>,
        /// The user's name
        #[arg(long, value_name = "NAME")]
        user: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}
