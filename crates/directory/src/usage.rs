//! When something was last used: noted beside the revisions, because it changes with every request.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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
