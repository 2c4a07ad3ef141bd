//! What is said over the admin socket. The command line speaks the other side of it.

use serde::{Deserialize, Serialize};

/// What the server is asked to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum Command {
    /// Say who you are: version, data directory, revision.
    Status,
    /// Check every record, index and revision of the store.
    StoreVerify,
    /// Drop versions of records that are older than a span.
    StoreCompact {
        /// What to keep, as the command line takes it, such as `30d`.
        keep: String,
    },
    /// Check the chain of audit events.
    AuditVerify,
    /// Write the audit events that wait to disk, and say up to when all are there.
    AuditFlush,
    /// Seal everything under a new master key.
    KeysRotateMaster,
    /// Create an account with its root user.
    AccountCreate {
        /// Twelve digits; chosen by the server if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// `aws` unless given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        partition: Option<String>,
        /// A name for people.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// List the accounts.
    AccountList,
    /// List the sessions that the audit trail knows.
    SessionsList {
        /// Only those of this account.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<String>,
        /// Only those of this user, role or session, by its ARN.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        principal: Option<String>,
        /// Those that are over too.
        all: bool,
    },
    /// Revoke sessions.
    SessionsRevoke {
        /// The account: all its sessions, unless one of the others is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<String>,
        /// The ARN of a user, a role, the root user or a session.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        principal: Option<String>,
        /// A session's temporary key, or a key that made sessions.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
    /// Show the quotas of an account.
    AccountQuotas {
        /// The account; the only one if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<String>,
    },
    /// Give an account a quota of its own.
    AccountQuotaSet {
        /// The account; the only one if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<String>,
        /// The quota's name.
        name: String,
        /// The most that there may be; AWS's default if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<u64>,
    },
    /// Register a service of an account's own, or define it anew.
    ServiceRegister {
        /// The account; the only one if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<String>,
        /// The definition's text.
        definition: LongText,
    },
    /// List the services of an account's own.
    ServicesList {
        /// The account; the only one if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<String>,
    },
    /// Show a service of an account's own.
    ServiceShow {
        /// The account; the only one if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<String>,
        /// The service's name.
        name: String,
    },
    /// Forget a service of an account's own.
    ServiceRemove {
        /// The account; the only one if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<String>,
        /// The service's name.
        name: String,
    },
    /// Load an account's authorization details.
    ImportAuthorizationDetails {
        /// The account that they must be of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<String>,
        /// The files, by absolute path.
        files: Vec<std::path::PathBuf>,
    },
    /// Forget a user's failed attempts to sign in.
    SignInUnlock {
        /// The account; the only one if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<String>,
        /// The user's name.
        user: String,
    },
    /// Read certificate and key again.
    TlsReload,
}

/// A text that logs tell the length of.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LongText(pub String);

impl std::fmt::Debug for LongText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// A line of the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// How far it is.
    Progress {
        /// What is being done.
        message: String,
        /// Steps done.
        done: u64,
        /// Steps in all, where known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        total: Option<u64>,
    },
    /// It is done; the result depends on the command. Final.
    Done(serde_json::Value),
    /// It failed, for this reason. Final.
    Failed(String),
}
