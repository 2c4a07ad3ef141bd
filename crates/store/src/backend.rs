//! The seam to what keeps the bytes: SQLite, a cluster's database, or memory.
//!
//! A backend knows texts, not types. The store above it decides everything (validation, limits, revisions, the audit
//! chain), so that backends cannot differ in it; a backend keeps what it is told, all of a [`Batch`] or nothing.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::audit::Hash;
use crate::error::Result;
use crate::page::{Position, Range};
use crate::record::Kind;
use crate::revision::Revision;

/// What a backend's read answers: at once, or when its thread or network has.
pub type Waiting<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// The reading side of a backend, shared by every reader.
///
/// Reads name a revision at or below the head and see exactly the state after it; versions never change, so no read
/// needs a lock or a transaction. A read below the floor may answer anything: the store refuses it.
pub trait Backend: Send + Sync + 'static {
    /// Where the sequence stands on disk.
    fn state(&self) -> Waiting<'_, State>;

    /// Looks up several points at once: a record's text, or the key of the record at an entry of a unique index.
    fn points(&self, at: Revision, asked: Vec<Lookup>) -> Waiting<'_, Vec<Option<Arc<str>>>>;

    /// The places of a partition in order, at most `limit` of them.
    fn scan(
        &self,
        at: Revision,
        index: &'static str,
        partition: &str,
        range: &Range,
        limit: usize,
    ) -> Waiting<'_, Vec<Position>>;

    /// How many entries a partition has. At the head this costs the same however many there are.
    fn count(&self, at: Revision, index: &str, partition: &str) -> Waiting<'_, u64>;

    /// The newest revision whose instant is not after `instant`.
    fn revision_at(&self, instant: Timestamp) -> Waiting<'_, Revision>;

    /// The commits after `after`, oldest first, at most `limit` of them, with all their changes.
    fn commits(&self, after: Revision, limit: usize) -> Waiting<'_, Vec<Commit>>;

    /// The indexes that are kept, as the last [`Writer::declare`] has written them down; none where nothing has.
    fn indexes(&self) -> Waiting<'_, Option<BTreeSet<String>>>;

    /// The keys of the records that stand or once stood at this place of a partition.
    fn ever(&self, index: &str, partition: &str, sort: &str) -> Waiting<'_, Vec<String>>;

    /// The names (kind and key) of the records of these kinds that stand or once stood in the partition of this name,
    /// or whose keys are it, or begin with it and a slash.
    fn related(&self, kinds: Vec<Kind>, name: &str) -> Waiting<'_, BTreeSet<(String, String)>>;

    /// The commits after `after` that changed one of these records (kind and key), oldest first, with no other changes.
    fn touching(&self, records: BTreeSet<(String, String)>, after: Revision) -> Waiting<'_, Vec<Commit>>;

    /// Every kept version of a record, oldest first; `None` where it was deleted.
    fn versions(&self, kind: &str, key: &str) -> Waiting<'_, Vec<Version>>;

    /// A secret as it stands now.
    fn secret(&self, kind: &str, key: &str) -> Waiting<'_, Option<Arc<str>>>;

    /// The secrets as they stand now, ordered by (kind, key), after this one, at most `limit` of them.
    fn secrets(&self, after: Option<(String, String)>, limit: usize) -> Waiting<'_, Vec<Secret>>;

    /// A volatile note.
    fn noted(&self, kind: &str, key: &str) -> Waiting<'_, Option<Arc<str>>>;

    /// The volatile notes of a kind whose keys begin with `prefix`, in the order of their keys.
    fn notes(&self, kind: &str, prefix: &str) -> Waiting<'_, Vec<Note>>;

    /// The live records, ordered by (kind, key), after this one, at most `limit` of them.
    fn live(&self, at: Revision, after: Option<(String, String)>, limit: usize) -> Waiting<'_, Vec<Live>>;

    /// The live index entries, ordered by index, partition and position, after this one, at most `limit` of them.
    fn entries(&self, at: Revision, after: Option<EntryPlace>, limit: usize) -> Waiting<'_, Vec<EntryPlace>>;

    /// The audit events that were committed with changes, in the chain's order, after this sequence number.
    fn events(&self, after: u64, limit: usize) -> Waiting<'_, Vec<StoredEvent>>;

    /// Sizes, for the operator.
    fn stats(&self) -> Waiting<'_, Stats>;

    /// Checks what only the backend can see, such as the file's own integrity. Answers what is wrong, in words.
    fn inspect(&self) -> Waiting<'_, Vec<String>>;
}

/// The writing side of a backend. It belongs to the store's writer thread, and may block it.
pub trait Writer: Send {
    /// Where the sequence stands on disk: asked for after a failed commit, to know what became of it.
    fn head(&mut self) -> Result<Revision>;

    /// How many entries a partition has at the head.
    fn count(&mut self, index: &str, partition: &str) -> Result<u64>;

    /// Until when this value counts as consumed, if it does.
    fn consumed(&mut self, kind: &str, key: &str) -> Result<Option<Timestamp>>;

    /// Keeps the whole batch or nothing of it. When this returns, the batch is on disk.
    fn commit(&mut self, batch: &Arc<Batch>) -> Result<Kept>;

    /// Lets the reading side find everything that has been committed. Called soon after a commit that leaves it due, and
    /// again where it fails.
    fn settle(&mut self) -> Result<()>;

    /// Builds the indexes of these kinds that are not kept, and writes down that they are kept from now on: all of it
    /// or nothing. Where nothing is written down, all are built anew.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`](crate::Error::Damaged) as [`missing`](crate::declared::missing) has it.
    fn declare(&mut self, kinds: &[Kind]) -> Result<()>;

    /// Drops some of the versions and entries that were superseded at or before `floor`, and commits the new floor.
    /// It is called again, between other commits, until it says that none are left.
    fn compact(&mut self, floor: Revision) -> Result<Swept>;
}

/// What has become of a batch that is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// The reading side finds it.
    Found,
    /// The reading side finds it once it is settled.
    Unsettled,
}

/// What one step of a compaction did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Swept {
    /// How many rows were dropped.
    pub dropped: u64,
    /// Whether there is nothing left to drop.
    pub is_done: bool,
}

/// Where the sequence stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The newest revision.
    pub head: Revision,
    /// The newest revision's instant.
    pub instant: Timestamp,
    /// The oldest revision that can be read.
    pub floor: Revision,
    /// The anchor of the audit chain, as it was committed with the head.
    pub anchor: Option<Arc<str>>,
}

/// A point to look up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// The text of the record with this key.
    Record {
        /// The record's kind.
        kind: &'static str,
        /// The record's key.
        key: String,
    },
    /// The key of the record at this entry of a unique index.
    Entry {
        /// The index.
        index: &'static str,
        /// The partition.
        partition: String,
        /// The sort key.
        sort: String,
    },
}

/// What one fsync makes durable. A backend may keep it in a log before it comes to its place.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Batch {
    /// The commits, in the order of their revisions.
    pub commits: Vec<Commit>,
    /// How the counts of index partitions change in all.
    pub counts: Vec<CountChange>,
    /// Values that count as consumed from now on.
    pub consumed: Vec<Consumed>,
    /// Notes that replace what was noted before.
    pub notes: Vec<Note>,
    /// The audit chain's anchor after this batch, if it moved.
    pub anchor: Option<Arc<str>>,
    /// Consumed values that expired before this moment may be forgotten.
    pub expired_before: Option<Timestamp>,
}

/// One commit.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Commit {
    /// The commit's revision.
    pub revision: Revision,
    /// The commit's instant, in whole microseconds.
    pub instant: Timestamp,
    /// The author, as the history shows it.
    pub author: Arc<str>,
    /// The audit event, with its link in the chain.
    pub event: StoredEvent,
    /// What changed.
    pub changes: Arc<[Change]>,
    /// How the indexes changed. Empty in what a feed answers.
    pub entries: Vec<EntryChange>,
    /// How the secrets changed. Empty in what a feed answers.
    pub secrets: Vec<SecretChange>,
}

/// An audit event as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredEvent {
    /// The event's place in the chain of changes, from 1 on.
    pub sequence: u64,
    /// The event's id.
    pub id: String,
    /// The hash of the event before it.
    pub previous: Hash,
    /// The event's own hash, which covers the previous one and the line.
    pub hash: Hash,
    /// The line that the hash covers, as [`AuditEvent::encode`](crate::AuditEvent::encode) writes it.
    pub line: Arc<str>,
}

/// The change of one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The record's kind.
    pub kind: Arc<str>,
    /// The record's key.
    pub key: Arc<str>,
    /// The record's text before; `None` if there was none, or if compaction has dropped it. Not written into logs.
    #[serde(skip)]
    pub before: Option<Arc<str>>,
    /// The record's text after; `None` if it was deleted.
    pub after: Option<Arc<str>>,
}

/// The change of one index entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryChange {
    /// The index.
    pub index: Cow<'static, str>,
    /// The partition.
    pub partition: String,
    /// The place in the partition.
    pub position: Position,
    /// Whether the entry comes or goes.
    pub presence: Presence,
}

/// Whether an index entry comes or goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Presence {
    /// The entry is new.
    Added,
    /// The entry goes.
    Removed,
}

/// The change of one secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretChange {
    /// The secret's kind.
    pub kind: Cow<'static, str>,
    /// The secret's key.
    pub key: String,
    /// The sealed text; `None` shreds the secret.
    pub sealed: Option<Arc<str>>,
}

/// A secret as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// The secret's kind.
    pub kind: String,
    /// The secret's key.
    pub key: String,
    /// The sealed text.
    pub sealed: Arc<str>,
}

/// How the count of an index partition changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountChange {
    /// The index.
    pub index: Cow<'static, str>,
    /// The partition.
    pub partition: String,
    /// The count after the batch.
    pub count: u64,
    /// The newest revision of the batch that changed it.
    pub revision: Revision,
}

/// A value that may be used once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consumed {
    /// What sort of value it is.
    pub kind: String,
    /// The value.
    pub key: String,
    /// Until when it must be remembered.
    pub expires: Timestamp,
}

/// A volatile note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What sort of note it is.
    pub kind: String,
    /// What it is about.
    pub key: String,
    /// The note, as JSON.
    pub json: Arc<str>,
}

/// A record as it stands at some revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// The record's kind.
    pub kind: String,
    /// The record's key.
    pub key: String,
    /// The record's text.
    pub text: Arc<str>,
}

/// An index entry as it stands at some revision.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryPlace {
    /// The index.
    pub index: String,
    /// The partition.
    pub partition: String,
    /// The place in the partition.
    pub position: Position,
}

/// One version of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The revision that made this version.
    pub revision: Revision,
    /// The instant of that revision.
    pub instant: Timestamp,
    /// Who made it.
    pub author: Arc<str>,
    /// The record's text; `None` where it was deleted.
    pub text: Option<Arc<str>>,
}

/// Sizes, for the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Kept versions of records, deletions included.
    pub versions: u64,
    /// Kept index entries, removed ones included.
    pub entries: u64,
    /// Kept audit events of changes.
    pub events: u64,
    /// Bytes on disk.
    pub bytes: u64,
}
