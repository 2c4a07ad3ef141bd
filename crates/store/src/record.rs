//! Records: what the store keeps, under typed keys, with declared indexes.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// A kind of record: a value stored as JSON under a typed key, found by its declared indexes.
pub trait Record: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// The kind's name in the store, for instance `user`. It never changes once data is stored.
    const KIND: &'static str;
    /// Every index that [`entries`](Self::entries) may name.
    const INDEXES: &'static [IndexSpec];
    /// The record's typed key.
    type Key: RecordKey;

    /// The key under which this record is stored.
    fn key(&self) -> Self::Key;

    /// Where this record stands in the indexes. A pure function of the record.
    fn entries(&self) -> Vec<IndexEntry>;
}

/// A typed key that prints as a readable path, for instance `123456789012/AIDA…`, and parses back.
pub trait RecordKey: Send + Sync + Sized {
    /// The key as a readable path: not empty, without control characters, and different for different keys.
    fn path(&self) -> Cow<'_, str>;

    /// The key that prints as this path, or `None` if no key does.
    fn parse_path(path: &str) -> Option<Self>;
}

impl RecordKey for String {
    fn path(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }

    fn parse_path(path: &str) -> Option<Self> {
        Some(path.to_owned())
    }
}

/// A declared index.
///
/// An entry has a *partition* (an account, or the principal a policy is attached to) and a *sort* key. Scans stay
/// inside one partition and are ordered by the bytes of the sort key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IndexSpec {
    /// The index's name in the store, for instance `user/by-name`. No two indexes share one.
    pub name: &'static str,
    /// Whether a (partition, sort) pair may belong to one record only.
    pub unique: bool,
}

impl IndexSpec {
    /// An index in which each (partition, sort) pair belongs to at most one record.
    pub const fn unique(name: &'static str) -> Self {
        Self { name, unique: true }
    }

    /// An index in which many records may share a (partition, sort) pair; they are ordered by their keys then.
    pub const fn shared(name: &'static str) -> Self {
        Self { name, unique: false }
    }

    /// An entry of this index.
    pub fn entry(&self, partition: impl Into<String>, sort: impl Into<String>) -> IndexEntry {
        IndexEntry { index: *self, partition: partition.into(), sort: sort.into() }
    }
}

/// A record's place in one index.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IndexEntry {
    /// The index.
    pub index: IndexSpec,
    /// The partition, within which scans and uniqueness stay.
    pub partition: String,
    /// The place in the partition's order.
    pub sort: String,
}

/// A record kind without its type: what checks of a whole store are made of.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// The kind's name.
    pub name: &'static str,
    /// The kind's indexes.
    pub indexes: &'static [IndexSpec],
    pub(crate) place: fn(&str) -> Result<Placed>,
}

/// What a stored value says of itself: its key and its index entries.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) key: String,
    pub(crate) entries: Vec<IndexEntry>,
}

impl Kind {
    /// The kind of the record type `R`.
    pub const fn of<R: Record>() -> Self {
        Self { name: R::KIND, indexes: R::INDEXES, place: place::<R> }
    }

    /// Where a stored value of this kind stands in the indexes.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] if it does not parse.
    pub fn entries(&self, text: &str) -> Result<Vec<IndexEntry>> {
        Ok((self.place)(text)?.entries)
    }
}

fn place<R: Record>(text: &str) -> Result<Placed> {
    let record: R = decode(text)?;
    Ok(Placed { key: record.key().path().into_owned(), entries: checked_entries(&record)? })
}

/// Reads a stored value as a record.
pub(crate) fn decode<R: Record>(text: &str) -> Result<R> {
    serde_json::from_str(text)
        .map_err(|cause| Error::damaged(format_args!("a `{}` does not parse: {cause}", R::KIND)))
}

/// Writes a record as it is stored.
pub(crate) fn encode<R: Record>(record: &R) -> Result<std::sync::Arc<str>> {
    match serde_json::to_string(record) {
        Ok(text) => Ok(text.into()),
        Err(cause) => Err(Error::Misuse(format!("a `{}` cannot be written as JSON: {cause}", R::KIND))),
    }
}

/// The record's entries, after checking that they are of declared indexes, printable and without repetition.
pub(crate) fn checked_entries<R: Record>(record: &R) -> Result<Vec<IndexEntry>> {
    let mut entries = record.entries();
    for entry in &entries {
        check_index::<R>(&entry.index)?;
        check_text(&entry.partition)?;
        check_text(&entry.sort)?;
    }
    entries.sort_by(|a, b| (a.index.name, &a.partition, &a.sort).cmp(&(b.index.name, &b.partition, &b.sort)));
    entries.dedup();
    Ok(entries)
}

/// Refuses an index that is not one of `R`'s.
pub(crate) fn check_index<R: Record>(index: &IndexSpec) -> Result<()> {
    if R::INDEXES.contains(index) {
        return Ok(());
    }
    Err(Error::Misuse(format!("`{}` is not an index of `{}`", index.name, R::KIND)))
}

/// Refuses control characters: a key is a readable path, and NUL separates the parts of a position.
pub(crate) fn check_text(text: &str) -> Result<()> {
    if text.chars().any(|c| c.is_control()) {
        return Err(Error::Misuse(format!("control character in a key: {text:?}")));
    }
    Ok(())
}
