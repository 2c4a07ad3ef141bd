//! The decision point: gathers what applies to a caller, asks the engine, mints permits.
//!
//! [`Authorizer::candidate`] turns a credential into a [`Candidate`], who is a [`Caller`] once the signature proves
//! right; [`Authorizer::authorize`] gathers the caller's policies, asks [`policy::evaluate`] for each [`Ask`], and answers a [`Permit`] or a [`Denied`] with
//! AWS's sentence. A permit carries what was read to give it, so that a write that stands on it fails if any of
//! that has changed in between.

mod access;
mod ask;
mod authorization_message;
mod authorizer;
mod caller;
mod compiled;
mod credential;
mod denied;
mod federated;
mod gather;
mod guesses;
mod keys;
mod mfa;
mod own_services;
mod parsed;
mod password;
mod password_use;
mod permit;
mod revocation;
mod security_keys;
mod session;
pub mod totp;
mod trade_in;
mod trust;

pub use ask::Ask;
pub use authorizer::{Authorizer, Verdict};
pub use caller::{Caller, Credential, Identity};
pub use credential::{Candidate, CredentialRefused};
pub use denied::Denied;
pub use gather::{Granted, imported_aws_policy};
pub use guesses::{Guess, Guesses, Held};
pub use keys::Origin;
pub use password::{PasswordCost, Passwords};
pub use permit::Permit;
pub use security_keys::Ceremony;
pub use session::{FederatedOrigin, Session, SessionKind, SessionUnreadable, Subject};
pub use trust::{trust_policy_in_force, trusted_in};

/// Why a decision could not be made: the store failed, or what is stored does not read.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The store refused or failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A stored policy or an ask does not parse. The decision is a refusal.
    #[error("{0}")]
    Unreadable(String),
}
