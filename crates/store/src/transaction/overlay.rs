//! What a transaction has written so far, on top of the revision it reads at.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::backend::{Change, EntryChange, Presence};
use crate::error::{Error, Result};
use crate::page::{Position, Range};
use crate::record::{IndexEntry, Record};
use crate::revision::Revision;
use crate::shared::Shared;
use crate::snapshot;

/// What a transaction has written so far.
#[derive(Default)]
pub(super) struct Overlay {
    writes: BTreeMap<(&'static str, String), Write>,
    /// Entries that differ from the revision read at.
    entries: BTreeMap<Place, Presence>,
}

/// (index, partition, sort, key)
type Place = (&'static str, String, String, String);

/// The write of one record: how it was before the transaction, and how it is now.
pub(super) struct Write {
    pub(super) before: Option<(Arc<str>, Vec<IndexEntry>)>,
    after: Option<After>,
}

struct After {
    record: Arc<dyn Any + Send + Sync>,
    text: Arc<str>,
    entries: Vec<IndexEntry>,
    hold: Hold,
}

/// Puts a committed record into the cache; knows the record's type.
type Hold = fn(&Shared, Revision, &str, Arc<dyn Any + Send + Sync>, usize);

/// A write together with its name.
pub(super) struct NamedWrite {
    pub(super) kind: &'static str,
    pub(super) path: Arc<str>,
    write: Write,
}

impl Overlay {
    pub(super) fn get(&self, kind: &'static str, path: &str) -> Option<&Write> {
        if self.writes.is_empty() {
            return None;
        }
        self.writes.get(&(kind, path.to_owned()))
    }

    pub(super) fn has_kind(&self, kind: &'static str) -> bool {
        self.writes.range((kind, String::new())..).next().is_some_and(|((k, _), _)| *k == kind)
    }

    pub(super) fn write(&mut self, kind: &'static str, path: String, write: Write) {
        if let Some(old) = self.writes.get(&(kind, path.clone())) {
            for (place, _) in old.entry_changes(&path) {
                self.entries.remove(&place);
            }
        }
        self.entries.extend(write.entry_changes(&path));
        self.writes.insert((kind, path), write);
    }

    /// The key of the record that this transaction has put at this entry.
    pub(super) fn added_at<'a>(
        &'a self,
        index: &'static str,
        partition: &'a str,
        sort: &str,
    ) -> Option<&'a str> {
        let mut at = self.within(index, partition, sort).take_while(|((_, _, s, _), _)| s == sort);
        at.find(|(_, presence)| **presence == Presence::Added).map(|((_, _, _, key), _)| key.as_str())
    }

    pub(super) fn is_removed(&self, index: &'static str, partition: &str, sort: &str, key: &str) -> bool {
        let place = (index, partition.to_owned(), sort.to_owned(), key.to_owned());
        self.entries.get(&place) == Some(&Presence::Removed)
    }

    pub(super) fn has_entries_in(&self, index: &'static str, partition: &str) -> bool {
        self.within(index, partition, "").next().is_some()
    }

    pub(super) fn added_in(&self, index: &'static str, partition: &str) -> usize {
        self.within(index, partition, "").filter(|(_, presence)| **presence == Presence::Added).count()
    }

    pub(super) fn removed_in(&self, index: &'static str, partition: &str) -> usize {
        self.within(index, partition, "").filter(|(_, presence)| **presence == Presence::Removed).count()
    }

    /// The places of `base` and of this overlay in order. Places after the last one of `base` are known only if
    /// `base` is the whole rest of the partition.
    pub(super) fn merge(
        &self,
        index: &'static str,
        partition: &str,
        range: &Range,
        base: &[Position],
        is_whole: bool,
    ) -> Vec<Position> {
        let is_kept = |place: &&Position| !self.is_removed(index, partition, &place.sort, &place.key);
        let mut merged: Vec<Position> = base.iter().filter(is_kept).cloned().collect();
        for ((_, _, sort, key), presence) in self.within(index, partition, &range.prefix) {
            if !sort.starts_with(&range.prefix) {
                break;
            }
            let place = Position { sort: sort.clone(), key: key.clone() };
            let is_after = range.after.as_ref().is_none_or(|after| place > *after);
            let is_known = is_whole || base.last().is_some_and(|last| place < *last);
            if *presence == Presence::Added && is_after && is_known {
                merged.push(place);
            }
        }
        merged.sort();
        merged
    }

    /// Every write, and every entry that differs.
    pub(super) fn into_parts(self) -> (Vec<NamedWrite>, Vec<EntryChange>) {
        let named = |((kind, path), write): ((&'static str, String), Write)| NamedWrite {
            kind,
            path: path.into(),
            write,
        };
        let entry = |((index, partition, sort, key), presence): (Place, Presence)| EntryChange {
            index: index.into(),
            partition,
            position: Position { sort, key },
            presence,
        };
        (self.writes.into_iter().map(named).collect(), self.entries.into_iter().map(entry).collect())
    }

    /// The entries of a partition from `sort` on.
    fn within<'a>(
        &'a self,
        index: &'static str,
        partition: &'a str,
        sort: &str,
    ) -> impl Iterator<Item = (&'a Place, &'a Presence)> + use<'a> {
        let start = (index, partition.to_owned(), sort.to_owned(), String::new());
        self.entries.range(start..).take_while(move |((i, p, _, _), _)| *i == index && p == partition)
    }
}

impl Write {
    pub(super) fn put<R: Record>(
        before: Option<(Arc<str>, Vec<IndexEntry>)>,
        record: Arc<R>,
        text: Arc<str>,
        entries: Vec<IndexEntry>,
    ) -> Self {
        Self { before, after: Some(After { record, text, entries, hold: hold::<R> }) }
    }

    pub(super) fn delete(before: Option<(Arc<str>, Vec<IndexEntry>)>) -> Self {
        Self { before, after: None }
    }

    /// The record as this write leaves it.
    pub(super) fn record<R: Record>(&self) -> Result<Option<Arc<R>>> {
        let Some(after) = &self.after else { return Ok(None) };
        match Arc::clone(&after.record).downcast::<R>() {
            Ok(record) => Ok(Some(record)),
            Err(_) => Err(Error::Misuse(format!("two record types share the kind `{}`", R::KIND))),
        }
    }

    /// The entries that come and go by this write.
    fn entry_changes(&self, path: &str) -> Vec<(Place, Presence)> {
        let before = self.before.as_ref().map_or(&[][..], |(_, entries)| entries);
        let after = self.after.as_ref().map_or(&[][..], |after| &after.entries);
        let place = |entry: &IndexEntry| {
            (entry.index.name, entry.partition.clone(), entry.sort.clone(), path.to_owned())
        };
        let removed = before
            .iter()
            .filter(|entry| !after.contains(entry))
            .map(|entry| (place(entry), Presence::Removed));
        let added =
            after.iter().filter(|entry| !before.contains(entry)).map(|entry| (place(entry), Presence::Added));
        removed.chain(added).collect()
    }
}

impl NamedWrite {
    /// Whether the record is as it was before: written back, or inserted and deleted again.
    pub(super) fn is_idle(&self) -> bool {
        match (&self.write.before, &self.write.after) {
            (None, None) => true,
            (Some((before, _)), Some(after)) => *before == after.text,
            _ => false,
        }
    }

    pub(super) fn change(&self) -> Change {
        Change {
            kind: self.kind.into(),
            key: Arc::clone(&self.path),
            before: self.write.before.as_ref().map(|(text, _)| Arc::clone(text)),
            after: self.write.after.as_ref().map(|after| Arc::clone(&after.text)),
        }
    }

    /// Puts the committed record into the cache.
    pub(super) fn hold(self, shared: &Shared, at: Revision) {
        if let Some(after) = self.write.after {
            let bytes = after.text.len().saturating_mul(2);
            (after.hold)(shared, at, &self.path, after.record, bytes);
        }
    }
}

fn hold<R: Record>(
    shared: &Shared,
    at: Revision,
    path: &str,
    record: Arc<dyn Any + Send + Sync>,
    bytes: usize,
) {
    if let Ok(record) = record.downcast::<R>() {
        snapshot::hold_record(shared, at, path, Some(record), bytes);
    }
}
