//! `history` and `as-of`.

use super::Data;

/// `history`.
#[derive(Debug, clap::Args)]
pub(crate) struct History {
    #[command(flatten)]
    pub(crate) data: Data,
    /// A user, group, role, managed policy, instance profile or server certificate, as it is or once was
    #[arg(value_name = "ARN")]
    pub(crate) arn: types::Arn,
    /// Only what happened from this moment on
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `as-of`.
#[derive(Debug, clap::Args)]
pub(crate) struct AsOf {
    /// The moment: `2026-03-03T12:00:00Z`, `2026-03-03` (its beginning, in UTC), or how long ago: `2h`, `30d`
    #[arg(value_name = "TIME")]
    pub(crate) time: String,
    /// The server's address [default: AWS_ENDPOINT_URL_IAM or AWS_ENDPOINT_URL, or else http://127.0.0.1:7070]
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// What to ask, as the AWS CLI takes it: `iam list-attached-user-policies --user-name alice`
    #[arg(required = true, last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<std::ffi::OsString>,
}
