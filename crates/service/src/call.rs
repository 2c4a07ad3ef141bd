//! One call, as it arrived and was authenticated.

use authz::{Caller, Origin};
use jiff::Timestamp;
use types::{AccessKeyId, Owner};
use wire::Operation;

/// What is known of a call before its handler runs.
#[derive(Debug)]
pub struct Call {
    /// The id that the answer and the audit event carry.
    pub request_id: String,
    /// The operation.
    pub operation: &'static Operation,
    /// Where it came from, how and when.
    pub origin: Origin,
    /// What proved who the caller is.
    pub proof: Proof,
    /// The past moment that a read asks about; none for the present.
    pub as_of: Option<Timestamp>,
}

/// What proved who the caller is; the signature has been checked by then.
#[derive(Debug, Clone)]
pub enum Proof {
    /// An access key, with its session token where it is a temporary one. Looked up again when a call is rerun.
    Key {
        /// The access key.
        id: AccessKeyId,
        /// The session token.
        token: Option<String>,
    },
    /// The development mode takes an unknown key for this account's root user.
    AssumedRoot {
        /// The access key, whatever it was.
        id: AccessKeyId,
        /// The account.
        owner: Owner,
    },
    /// The operation needs no signature.
    Unsigned,
}

impl Proof {
    /// The caller whom the development mode assumes, if this is its doing.
    #[must_use]
    pub fn assumed_caller(&self) -> Option<Caller> {
        match self {
            Self::AssumedRoot { id, owner } => Some(Caller {
                owner: *owner,
                identity: authz::Identity::Root,
                credential: authz::Credential::LongTerm(id.clone()),
            }),
            _ => None,
        }
    }
}
