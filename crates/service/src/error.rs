//! What stops a handler.

use wire::Fault;

/// What a handler returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a handler did not answer.
#[derive(Debug)]
pub enum Error {
    /// The client is told.
    Fault(Fault),
    /// The store refused: a conflict reruns the handler, the rest becomes the service's fault.
    Store(store::Error),
}

impl Error {
    /// Something failed that is not the client's to know; the cause goes to the log.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self::Fault(Fault::internal(cause))
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

impl From<authz::Failure> for Error {
    fn from(failure: authz::Failure) -> Self {
        match failure {
            authz::Failure::Store(error) => Self::Store(error),
            authz::Failure::Unreadable(cause) => Self::internal(cause),
        }
    }
}

impl From<wire::Mismatch> for Error {
    fn from(mismatch: wire::Mismatch) -> Self {
        Self::Fault(mismatch.into())
    }
}

/// A value that the model's constraints let through but its type does not.
impl From<types::Invalid> for Error {
    fn from(invalid: types::Invalid) -> Self {
        Self::Fault(Fault::validation(invalid.to_string()))
    }
}
