//! What can go wrong with the audit trail.

use std::{io, path::PathBuf};

/// An event that cannot be recorded, or a trail that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The record is not JSON.
    #[error("the event's record has no JSON form: {0}")]
    Encode(#[source] serde_json::Error),
    /// The stored event is not one.
    #[error("the stored event cannot be read: {0}")]
    Decode(#[source] serde_json::Error),
    /// A file operation failed.
    #[error("cannot {doing} `{path}`: {source}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}
