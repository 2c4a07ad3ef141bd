//! What can go wrong with the audit trail.

use std::{
    io,
    path::{Path, PathBuf},
};

/// An event that cannot be recorded, or a trail that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The record is not JSON.
    #[error("the event's record has no JSON form: {0}")]
    Encode(#[source] serde_json::Error),
    /// The stored event is not one.
    #[error("the stored event cannot be read: {0}")]
    Decode(#[source] serde_json::Error),
    /// The event is larger than an event may be.
    #[error("the event has {bytes} bytes, and an event may have {limit}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The queue stayed full for as long as a caller waits: the disk is full or too slow.
    #[error("the audit trail cannot be written: {why}")]
    Stalled {
        /// What the writer met last.
        why: String,
    },
    /// The journal was closed.
    #[error("the audit trail is closed")]
    Closed,
    /// A file that says where the chain ends or begins is missing although there are segments.
    #[error(
        "`{path}` is missing although the trail has segments; run `portcullis audit verify`, keep the directory as evidence, and move it away to begin a new trail"
    )]
    NoAnchor {
        /// The file.
        path: PathBuf,
    },
    /// A file that says where the chain ends or begins is not genuine.
    #[error(
        "`{path}` is forged, damaged, or made under a key that is not in the keyring; run `portcullis audit verify`, keep the directory as evidence, and move it away to begin a new trail"
    )]
    Forged {
        /// The file.
        path: PathBuf,
    },
    /// The trail does not reach its anchor.
    #[error(
        "`{path}` does not hold event {seq}, which was written to it: the newest part of the trail was cut off or replaced; run `portcullis audit verify`, keep the directory as evidence, and move it away to begin a new trail"
    )]
    Truncated {
        /// The segment.
        path: PathBuf,
        /// The event that the anchor vouches for.
        seq: u64,
    },
    /// A segment that was to be read or dropped is not sound.
    #[error("`{segment}` is not sound: run `portcullis audit verify`")]
    Unsound {
        /// The segment's name.
        segment: String,
    },
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

/// Says of an I/O error what was tried on which file.
pub(super) fn at(doing: &'static str, path: &Path) -> impl Fn(io::Error) -> AuditError {
    move |source| AuditError::Io { doing, path: path.to_owned(), source }
}
