//! What can go wrong in a store.

use std::path::PathBuf;
use std::sync::Arc;

use crate::revision::Revision;

/// The result of every operation of a store.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A refusal or failure of the store. It is cheap to clone: one failed group of commits answers many callers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A record with this key, or with this place in a unique index, is already there.
    #[error("a record of kind `{kind}` already exists at `{at}`")]
    AlreadyExists {
        /// The record's kind.
        kind: &'static str,
        /// The unique index that already has the entry; `None` when it is the key itself that is taken.
        index: Option<&'static str>,
        /// The key, or `partition/sort` in the index.
        at: String,
    },
    /// There is no such record.
    #[error("no record of kind `{kind}` at `{key}`")]
    NotFound {
        /// The record's kind.
        kind: &'static str,
        /// The key that was asked for.
        key: String,
    },
    /// Something this transaction read has changed since: run it again from the start, authorisation included.
    #[error("what the transaction read has changed since; run it again")]
    Conflict,
    /// The commit would bring an index partition over the limit that the transaction asked for.
    #[error("more than {limit} entries in `{index}` of `{partition}`")]
    LimitExceeded {
        /// The index whose entries are counted.
        index: &'static str,
        /// The partition that would be too full.
        partition: String,
        /// The largest count that is allowed.
        limit: u64,
    },
    /// The revision or instant is older than what compaction has kept.
    #[error("history before revision {floor} has been compacted away")]
    Compacted {
        /// The oldest revision that can still be read.
        floor: Revision,
    },
    /// The revision has not happened yet.
    #[error("revision {asked} is after the newest one, {head}")]
    NotYet {
        /// The revision that was asked for.
        asked: Revision,
        /// The newest revision.
        head: Revision,
    },
    /// This node could not renew its lease, so it cannot know whether its state is current.
    #[error("the lease of `{holder}` has run out; refusing to answer from state that may be stale")]
    LeaseExpired {
        /// Whose lease it was.
        holder: String,
    },
    /// Another process holds the data directory.
    #[error("the data directory `{}` is in use by another process, such as a running server: stop it, or name another directory", directory.display())]
    Locked {
        /// The directory.
        directory: PathBuf,
    },
    /// The store was opened for reading only.
    #[error("the store is open for reading only")]
    ReadOnly,
    /// The store has been closed, or its writer has stopped after a failure.
    #[error("the store is closed")]
    Closed,
    /// The caller used the store in a way that its types do not exclude, for instance an index of another record kind.
    #[error("{0}")]
    Misuse(String),
    /// What is stored does not read as what it should be.
    #[error("the store is damaged: {0}")]
    Damaged(Arc<str>),
    /// The backend failed: the disk, the database, the network.
    #[error("the storage backend failed: {0}")]
    Backend(Arc<str>),
}

impl Error {
    /// A failure of the backend, described by its own error.
    pub fn backend(cause: impl std::fmt::Display) -> Self {
        Self::Backend(cause.to_string().into())
    }

    /// Stored data that cannot be what was written.
    pub fn damaged(what: impl std::fmt::Display) -> Self {
        Self::Damaged(what.to_string().into())
    }
}
