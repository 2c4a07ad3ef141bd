//! The command line.

mod check;
mod credentials;
mod estate;
mod federation;
mod own_services;
mod past;
mod questions;
mod quota;
mod services;
mod sessions;
mod usage;
mod validate;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use types::{AccountId, Partition};

pub(crate) use self::check::{Check, CheckFormat, PolicyType, Report};
pub(crate) use self::credentials::{Credentials, RoleSession, StsEndpoint};
pub(crate) use self::estate::{Export, Import};
pub(crate) use self::federation::Federation;
pub(crate) use self::own_services::OwnServices;
pub(crate) use self::past::{AsOf, History};
pub(crate) use self::questions::{Asked, Diff, Paths, WhatCan, WhoCan};
pub(crate) use self::quota::Quota;
pub(crate) use self::services::Services;
pub(crate) use self::sessions::{Sessions, SignIn};
pub(crate) use self::usage::{Generate, Replay, Usage};
pub(crate) use self::validate::Validate;

/// AWS IAM that you run yourself.
#[derive(Debug, Parser)]
#[command(name = "portcullis", version, about, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Args {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server
    Serve(Serve),
    /// Print the shell exports with which the AWS CLI acts as the root user
    Env(Env),
    /// Make and list accounts
    #[command(subcommand)]
    Account(Account),
    /// Print temporary credentials for programs, as the credential_process of a profile
    #[command(subcommand)]
    Credentials(Credentials),
    /// List and revoke temporary credentials
    #[command(subcommand)]
    Sessions(Sessions),
    /// Register the services of an account's own, which AWS does not have
    #[command(subcommand)]
    Services(Services),
    /// Look after sign-ins with passwords
    #[command(subcommand)]
    SignIn(SignIn),
    /// Load what AWS says of an account into an account
    #[command(subcommand)]
    Import(Import),
    /// Write an account as AWS would describe it
    #[command(subcommand)]
    Export(Export),
    /// Show who changed what of a user, role, policy and so on, and when
    History(History),
    /// Ask the running server about the past, with the AWS CLI
    AsOf(AsOf),
    /// List everybody who can do something, directly or by assuming roles one after the other
    WhoCan(WhoCan),
    /// Show what a user or role can do, as rows without any that is superfluous
    WhatCan(WhatCan),
    /// Show how one principal can come to act as another, or to do everything: the shortest paths, or longer ones too
    Paths(Paths),
    /// Show who gains what and who loses what, between two moments or by a proposal
    Diff(Diff),
    /// Read and check the audit trail
    #[command(subcommand)]
    Audit(Audit),
    /// Check and trim the store
    #[command(subcommand)]
    Store(StoreCommand),
    /// Look after the keys that seal secrets
    #[command(subcommand)]
    Keys(Keys),
    /// Simulate, test, validate, compare, check, generate and replay policies
    #[command(subcommand)]
    Policy(Policy),
    /// Print the completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Where the data is.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Data {
    /// The data directory [default: portcullis in the user's data home]
    #[arg(long = "data", value_name = "DIR", env = "PORTCULLIS_DATA")]
    pub(crate) directory: Option<PathBuf>,
}

/// `serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) data: Data,
    /// The address to listen on
    #[arg(long, value_name = "ADDR", value_parser = address, default_value = DEFAULT_LISTEN, env = "PORTCULLIS_LISTEN")]
    pub(crate) listen: SocketAddr,
    /// The address under which clients reach the server, which its tokens and links name [default: the one it listens on]
    #[arg(long, value_name = "URL", env = "PORTCULLIS_PUBLIC_URL")]
    pub(crate) public_url: Option<PublicUrl>,
    /// The id of the account that the first start makes [default: a random one]
    #[arg(long, value_name = "ID")]
    pub(crate) account_id: Option<AccountId>,
    /// The certificate chain for TLS, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The certificate's private key, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Serve plain HTTP on an address that is not a loopback address: keys and sessions travel in the open
    #[arg(long)]
    pub(crate) plain_http: bool,
    /// Serve metrics for Prometheus on this address, without authentication
    #[arg(long, value_name = "ADDR", value_parser = address)]
    pub(crate) metrics: Option<SocketAddr>,
    /// What to log, for instance `info` (a line a request) or `server=debug`
    #[arg(long, value_name = "FILTER", default_value = "warn", env = "PORTCULLIS_LOG")]
    pub(crate) log: String,
    /// Log as JSON
    #[arg(long)]
    pub(crate) log_json: bool,
    /// For test suites with made-up credentials: anybody is root, on loopback only
    #[arg(long, conflicts_with_all = ["account_id", "plain_http", "tls_cert"])]
    pub(crate) dev: bool,
    // Last: what comes behind it stands under its heading.
    #[command(flatten)]
    pub(crate) federation: Federation,
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "expected an IP address and a port, such as 127.0.0.1:7070 or [::1]:7070".into())
}

/// An address of scheme, host and perhaps port and path, without a slash at its end.
#[derive(Debug, Clone)]
pub(crate) struct PublicUrl(String);

impl PublicUrl {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url = text.strip_suffix('/').unwrap_or(text);
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let is_address = |rest: &str| {
            let host = rest.split('/').next().unwrap_or_default();
            !host.is_empty()
                && rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#@\"'<>".contains(&byte))
        };
        if url.len() > MOST_URL || !rest.is_some_and(is_address) {
            return Err("expected an address such as https://iam.example.com".into());
        }
        Ok(Self(url.to_owned()))
    }
}

/// Links to the server, with what comes after, have 255 characters at most (AWS: `consoleDeepLinkType`).
const MOST_URL: usize = 128;

/// `env`.
#[derive(Debug, clap::Args)]
pub(crate) struct Env {
    #[command(flatten)]
    pub(crate) data: Data,
    /// The address that the server listens on
    #[arg(long, value_name = "ADDR", value_parser = address, default_value = DEFAULT_LISTEN, env = "PORTCULLIS_LISTEN")]
    pub(crate) listen: SocketAddr,
    /// The server has TLS
    #[arg(long)]
    pub(crate) tls: bool,
    /// The account whose root user to act as [default: the first]
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<AccountId>,
}

/// `account`.
#[derive(Debug, Subcommand)]
pub(crate) enum Account {
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
    /// Show and set how much of everything an account may have
    #[command(subcommand)]
    Quota(Quota),
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
pub(crate) enum Audit {
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
pub(crate) enum StoreCommand {
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
pub(crate) enum Keys {
    /// Seal everything under a new master key
    RotateMaster {
        #[command(flatten)]
        data: Data,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// `policy`.
#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// Decide one scenario, or a batch of them
    Simulate(Box<Simulate>),
    /// Run scenario files whose scenarios say what to expect, as unit tests
    Test {
        /// Files of scenarios: an object, a list, or an object a line; `-` for standard input
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// How to report
        #[arg(long, value_enum, default_value_t)]
        format: TestFormat,
        #[command(flatten)]
        services: OwnServices,
    },
    /// Say how what one document allows relates to what another allows, with a request that shows it
    Compare(Compare),
    /// Gates for changes: no new access, access not granted, no public access; by proof
    #[command(subcommand)]
    Check(Check),
    /// Check documents: AWS's findings and more, with places
    Validate(Validate),
    /// Make the smallest policy that allows what a principal did, proven to be within what it has
    Generate(Generate),
    /// Tell which requests of a principal other policies would refuse
    Replay(Replay),
}

/// `policy compare`.
#[derive(Debug, clap::Args)]
pub(crate) struct Compare {
    /// A policy document
    #[arg(value_name = "A", required_unless_present = "batch")]
    pub(crate) a: Option<PathBuf>,
    /// Another
    #[arg(value_name = "B", required_unless_present = "batch")]
    pub(crate) b: Option<PathBuf>,
    /// Compare the pairs of a file, `{"id", "a", "b"}` a line, and print an answer a line, in the same order; `-`
    /// for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["a", "b"])]
    pub(crate) batch: Option<PathBuf>,
    /// Count only requests that can happen: actions that exist, on resources and with keys that they take
    #[arg(long)]
    pub(crate) realistic: bool,
    #[command(flatten)]
    pub(crate) services: OwnServices,
    /// Print JSON for one pair too
    #[arg(long)]
    pub(crate) json: bool,
}

/// `policy simulate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Simulate {
    /// A scenario as JSON; `-` for standard input
    #[arg(value_name = "FILE", conflicts_with_all = ["batch", "action"])]
    pub(crate) file: Option<PathBuf>,
    /// A scenario a line; prints a decision a line, in the same order; `-` for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "action")]
    pub(crate) batch: Option<PathBuf>,
    /// How much of an explanation to give [default: none for a batch, full for one scenario]
    #[arg(long, value_enum)]
    pub(crate) explain: Option<ExplainDetail>,
    /// Print JSON for a single scenario too
    #[arg(long)]
    pub(crate) json: bool,
    /// End with exit code 3 where the one scenario is not allowed
    #[arg(long)]
    pub(crate) exit_code: bool,
    #[command(flatten)]
    pub(crate) services: OwnServices,
    #[command(flatten)]
    pub(crate) scenario: ScenarioFlags,
}

/// A scenario from flags.
#[derive(Debug, clap::Args)]
pub(crate) struct ScenarioFlags {
    /// Who asks: an ARN, a service's name, or `anonymous`
    #[arg(long, value_name = "WHO")]
    pub(crate) principal: Option<String>,
    /// What they are, where the name does not tell: user, role, service, federated, root and so on
    #[arg(long, value_name = "TYPE")]
    pub(crate) principal_type: Option<String>,
    /// The account that they belong to, where the name does not tell
    #[arg(long, value_name = "ID")]
    pub(crate) principal_account: Option<AccountId>,
    /// The action, `s3:GetObject`
    #[arg(long)]
    pub(crate) action: Option<String>,
    /// The resource's ARN
    #[arg(long, default_value = "*")]
    pub(crate) resource: String,
    /// The account that owns the resource, where the ARN does not tell
    #[arg(long, value_name = "ID")]
    pub(crate) resource_account: Option<AccountId>,
    /// A condition key; give a key several times for several values
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) context: Vec<String>,
    /// Add no keys that principal and clock imply, such as aws:PrincipalArn and aws:CurrentTime
    #[arg(long)]
    pub(crate) no_implied: bool,
    /// An identity-based policy
    #[arg(long, value_name = "FILE")]
    pub(crate) identity_policy: Vec<PathBuf>,
    /// A permissions boundary
    #[arg(long, value_name = "FILE")]
    pub(crate) boundary: Vec<PathBuf>,
    /// A session policy
    #[arg(long, value_name = "FILE")]
    pub(crate) session_policy: Vec<PathBuf>,
    /// The resource's own policy
    #[arg(long, value_name = "FILE")]
    pub(crate) resource_policy: Option<PathBuf>,
    /// The policy of the VPC endpoint that the request comes through
    #[arg(long, value_name = "FILE")]
    pub(crate) endpoint_policy: Vec<PathBuf>,
    /// A service control policy; each is a level of its own, root first
    #[arg(long, value_name = "FILE")]
    pub(crate) scp: Vec<PathBuf>,
    /// A resource control policy; each is a level of its own, root first
    #[arg(long, value_name = "FILE")]
    pub(crate) rcp: Vec<PathBuf>,
}

/// How much of an explanation comes with a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ExplainDetail {
    /// None
    None,
    /// A sentence
    Short,
    /// Each layer, the statements that decided, the nearest miss
    Full,
}

/// How tests are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum TestFormat {
    /// For people
    #[default]
    Text,
    /// JUnit's XML
    Junit,
    /// Annotations of GitHub's workflows
    Github,
}

/// How findings are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum FindingsFormat {
    /// For people
    #[default]
    Text,
    /// A list
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// JUnit's XML: a test for each document, which fails where there is an error
    Junit,
    /// Annotations of GitHub's workflows
    Github,
}

/// What kind of policy a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum PolicyKind {
    /// Of a user, group or role; a boundary
    #[default]
    Identity,
    /// A role's trust policy
    Trust,
    /// Of a bucket, queue or other resource
    Resource,
    /// Passed when a session is made
    Session,
    /// A service control policy
    Scp,
    /// A resource control policy
    Rcp,
}

/// Where the server listens unless it is told otherwise.
pub(crate) const DEFAULT_LISTEN: &str = "127.0.0.1:7070";

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    #[test]
    fn the_command_line_is_consistent() {
        super::Args::command().debug_assert();
    }

    #[test]
    fn an_address_without_a_port_is_refused_with_one_that_has_it() {
        for flag in ["--listen", "--metrics"] {
            let refused =
                super::Args::try_parse_from(["portcullis", "serve", flag, "127.0.0.1"]).unwrap_err();
            assert!(refused.to_string().contains("such as 127.0.0.1:7070"), "{refused}");
        }
    }
}
