//! When something was last used: noted beside the revisions, because it changes with every request.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::entity::EntityKey;

/// The last use of an access key (AWS: GetAccessKeyLastUsed).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyUsage {
    /// When.
    pub at: Timestamp,
    /// The service, by its signing name.
    pub service: String,
    /// The region of the credential scope.
    pub region: String,
}

impl KeyUsage {
    /// The kind under which uses are noted; the key is the access key id.
    pub const KIND: &'static str = "access-key-used";
}

/// The last attempt of a user or role to use an action, allowed or not (AWS: GenerateServiceLastAccessedDetails).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionUsage {
    /// When.
    pub at: Timestamp,
    /// The region of the credential scope, or the one that an enforcement point named.
    pub region: String,
}

impl ActionUsage {
    /// The kind under which attempts are noted; the key is [`ActionUsage::key`].
    pub const KIND: &'static str = "action-used";

    /// The key of an attempt's note: who, and the action as the catalog spells it.
    #[must_use]
    pub fn key(who: &EntityKey, service: &str, action: &str) -> String {
        format!("{who}/{service}:{action}")
    }

    /// With what the keys of all notes about a user or role begin.
    #[must_use]
    pub fn prefix(who: &EntityKey) -> String {
        format!("{who}/")
    }
}

/// The last use of a role (AWS: RoleLastUsed).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleUsage {
    /// When.
    pub at: Timestamp,
    /// The region of the credential scope.
    pub region: String,
}

impl RoleUsage {
    /// The kind under which uses are noted; the key is account and role id.
    pub const KIND: &'static str = "role-used";
}

/// The last use of a password (AWS: PasswordLastUsed).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordUsage {
    /// When.
    pub at: Timestamp,
}

impl PasswordUsage {
    /// The kind under which uses are noted; the key is account and user id.
    pub const KIND: &'static str = "password-used";
}

/// Attempts at a password that failed since one succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedAttempts {
    /// How many.
    pub failures: u32,
    /// When the last one was.
    pub last: Timestamp,
}

impl FailedAttempts {
    /// The kind under which they are noted; the key is account and user name, in lower case.
    pub const KIND: &'static str = "password-attempts";
}
