//! Faults: what a client sees when a call fails, and what only the log sees.

use std::borrow::Cow;
use std::fmt;

use crate::decode::Mismatch;

/// A failed call, as the protocols write it.
#[derive(Clone, PartialEq, Eq)]
pub struct Fault {
    /// The code on the wire, as `EntityAlreadyExists`.
    pub code: Cow<'static, str>,
    /// The HTTP status.
    pub status: u16,
    /// What the client reads.
    pub message: String,
    /// Whether the client is at fault (`Sender`) or we are (`Receiver`).
    pub sender: bool,
    /// What only the log reads: an internal cause never leaves the process.
    pub log: Option<String>,
}

impl Fault {
    /// A fault of the client's.
    pub fn sender(code: &'static str, status: u16, message: impl Into<String>) -> Self {
        Self { code: Cow::Borrowed(code), status, message: message.into(), sender: true, log: None }
    }

    /// A fault of ours.
    pub fn receiver(code: &'static str, status: u16, message: impl Into<String>) -> Self {
        Self { sender: false, ..Self::sender(code, status, message) }
    }

    /// `ValidationError` (400) with this message.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::sender("ValidationError", 400, message)
    }

    /// `InternalFailure` (500); the cause goes to the log only.
    pub fn internal(cause: impl fmt::Display) -> Self {
        let message = "The request processing has failed because of an unknown error, exception or failure.";
        Self::receiver("InternalFailure", 500, message).with_log(cause)
    }

    /// The same with a cause for the log.
    pub fn with_log(mut self, cause: impl fmt::Display) -> Self {
        self.log = Some(cause.to_string());
        self
    }

    /// `Sender` or `Receiver`, as error documents print it.
    pub fn kind(&self) -> &'static str {
        if self.sender { "Sender" } else { "Receiver" }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fault({} {}: {}", self.status, self.code, self.message)?;
        if let Some(log) = &self.log {
            write!(f, "; log: {log}")?;
        }
        f.write_str(")")
    }
}

impl std::error::Error for Fault {}

impl From<Mismatch> for Fault {
    fn from(mismatch: Mismatch) -> Self {
        Self::internal(mismatch)
    }
}
