//! `credentials`.

use std::path::PathBuf;

use clap::Subcommand;

/// `credentials`.
#[derive(Debug, Subcommand)]
pub(crate) enum Credentials {
    /// Assume a role with the credentials of a profile or of the environment
    AssumeRole(Box<AssumeRole>),
    /// Assume a role with a token of an OpenID Connect provider
    WebIdentity(Box<WebIdentity>),
    /// Assume a role with an assertion of a SAML identity provider
    Saml(Box<Saml>),
}

/// Where STS is, and what is kept of its answers.
#[derive(Debug, clap::Args)]
pub(crate) struct StsEndpoint {
    /// Where the server is
    #[arg(
        long = "endpoint-url",
        value_name = "URL",
        default_value = "http://127.0.0.1:7070",
        env = "AWS_ENDPOINT_URL"
    )]
    pub(crate) endpoint: String,
    /// The region to sign for
    #[arg(long, default_value = "us-east-1", env = "AWS_REGION")]
    pub(crate) region: String,
    /// The certificate authorities to trust, in PEM [default: the machine's]
    #[arg(long, value_name = "FILE", env = "AWS_CA_BUNDLE")]
    pub(crate) ca_bundle: Option<PathBuf>,
    /// Neither read nor keep credentials in files
    #[arg(long)]
    pub(crate) no_cache: bool,
}

/// The session to get.
#[derive(Debug, clap::Args)]
pub(crate) struct RoleSession {
    #[command(flatten)]
    pub(crate) endpoint: StsEndpoint,
    /// The role
    #[arg(long, value_name = "ARN", env = "AWS_ROLE_ARN")]
    pub(crate) role_arn: String,
    /// The session's name; a SAML assertion brings its own
    #[arg(long, value_name = "NAME", default_value = "portcullis", env = "AWS_ROLE_SESSION_NAME")]
    pub(crate) role_session_name: String,
    /// How long it lasts
    #[arg(long, value_name = "N")]
    pub(crate) duration_seconds: Option<u32>,
    /// An inline session policy
    #[arg(long, value_name = "JSON")]
    pub(crate) policy: Option<String>,
    /// A managed session policy; give several times for several
    #[arg(long, value_name = "ARN")]
    pub(crate) policy_arn: Vec<String>,
}

/// `credentials assume-role`.
#[derive(Debug, clap::Args)]
pub(crate) struct AssumeRole {
    #[command(flatten)]
    pub(crate) session: RoleSession,
    /// The profile of AWS's shared files whose credentials to start from [default: those of the environment]
    #[arg(long, value_name = "NAME")]
    pub(crate) source_profile: Option<String>,
    /// The external id that the role asks for
    #[arg(long, value_name = "ID")]
    pub(crate) external_id: Option<String>,
    /// The source identity
    #[arg(long, value_name = "NAME")]
    pub(crate) source_identity: Option<String>,
    /// A session tag; give several times for several
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) tag: Vec<String>,
    /// A tag that goes on to the next role
    #[arg(long, value_name = "KEY")]
    pub(crate) transitive_tag_key: Vec<String>,
    /// The serial number of an MFA device
    #[arg(long, value_name = "ARN")]
    pub(crate) serial_number: Option<String>,
    /// A code of the device
    #[arg(long, value_name = "CODE", requires = "serial_number", conflicts_with = "token_command")]
    pub(crate) token_code: Option<String>,
    /// A command that prints a code of the device; it runs only when the code is needed
    #[arg(long, value_name = "COMMAND", requires = "serial_number")]
    pub(crate) token_command: Option<String>,
}

/// `credentials web-identity`.
#[derive(Debug, clap::Args)]
pub(crate) struct WebIdentity {
    #[command(flatten)]
    pub(crate) session: RoleSession,
    /// The file with the token; it is read anew for each session
    #[arg(long, value_name = "FILE", env = "AWS_WEB_IDENTITY_TOKEN_FILE")]
    pub(crate) token_file: PathBuf,
    /// The provider of an access token of OAuth 2.0
    #[arg(long, value_name = "NAME")]
    pub(crate) provider_id: Option<String>,
}

/// `credentials saml`.
#[derive(Debug, clap::Args)]
pub(crate) struct Saml {
    #[command(flatten)]
    pub(crate) session: RoleSession,
    /// The SAML provider
    #[arg(long, value_name = "ARN")]
    pub(crate) principal_arn: String,
    /// A file with the identity provider's response, in base64
    #[arg(long, value_name = "FILE", required_unless_present = "assertion_command")]
    pub(crate) assertion_file: Option<PathBuf>,
    /// A command that prints the response, in base64; it runs only when it is needed
    #[arg(long, value_name = "COMMAND", conflicts_with = "assertion_file")]
    pub(crate) assertion_command: Option<String>,
}
