//! The indexes that a store keeps, held against those that a program declares.
//!
//! A program that declares an index which the store did not keep gets it built from every kept version of its records,
//! so that it answers for the past as well. One that does not know an index which the store keeps must not write: it
//! would leave that index behind the records.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, Result};
use crate::page::Position;
use crate::record::{IndexEntry, Kind};
use crate::revision::Revision;
use crate::store::Store;
use crate::writer::Job;

impl Store {
    /// Declares every kind of record that this program keeps. Indexes that are missing are built; call it once, after
    /// opening and before anything is read.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] if the store keeps an index that is not declared, so was written by a newer program, or if it
    /// is opened for reading only and an index is missing; [`Error::Closed`], [`Error::Backend`].
    pub async fn declare(&self, kinds: &[Kind]) -> Result<()> {
        if self.is_writable() {
            let kinds = kinds.to_vec();
            return self.ask(|reply| Job::Declare(kinds, reply)).await;
        }
        match missing(self.backend().await?.indexes().await?, kinds)? {
            missing if missing.is_empty() => Ok(()),
            _ => Err(Error::damaged(
                "the store was written by an older program: start the server once, which brings it up to date",
            )),
        }
    }
}

/// The declared indexes that are not kept. `kept` is none where the store does not tell what it keeps.
///
/// # Errors
///
/// [`Error::Damaged`] if one that is kept is not declared.
pub fn missing(kept: Option<BTreeSet<String>>, kinds: &[Kind]) -> Result<BTreeSet<&'static str>> {
    let mut missing: BTreeSet<&'static str> = names(kinds).collect();
    for index in kept.into_iter().flatten() {
        if !missing.remove(index.as_str()) {
            return Err(Error::damaged(format_args!(
                "the store keeps the index `{index}`, which this program does not know: it was written by a newer one"
            )));
        }
    }
    Ok(missing)
}

/// The names of the indexes of some kinds.
pub fn names(kinds: &[Kind]) -> impl Iterator<Item = &'static str> {
    kinds.iter().flat_map(|kind| kind.indexes).map(|index| index.name)
}

/// From when until when a record stood at a place of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    /// The index.
    pub index: &'static str,
    /// The partition.
    pub partition: String,
    /// The place.
    pub position: Position,
    /// The revision that put it there.
    pub added: Revision,
    /// The revision that took it away, if one did.
    pub removed: Option<Revision>,
}

/// Where a record has stood in the missing indexes, by all its kept versions in their order.
///
/// # Errors
///
/// [`Error::Damaged`] if a version does not parse.
pub fn stays<'v>(
    kind: &Kind,
    missing: &BTreeSet<&'static str>,
    key: &str,
    versions: impl IntoIterator<Item = (Revision, Option<&'v str>)>,
) -> Result<Vec<Stay>> {
    let mut live: BTreeMap<(&'static str, String, String), Revision> = BTreeMap::new();
    let mut stays = Vec::new();
    let stay = |(index, partition, sort): (&'static str, String, String), added, removed| Stay {
        index,
        partition,
        position: Position { sort, key: key.to_owned() },
        added,
        removed,
    };
    for (revision, text) in versions {
        let entries: Vec<IndexEntry> = text.map(|text| kind.entries(text)).transpose()?.unwrap_or_default();
        let places: BTreeSet<_> = entries
            .into_iter()
            .filter(|entry| missing.contains(entry.index.name))
            .map(|entry| (entry.index.name, entry.partition, entry.sort))
            .collect();
        let gone: Vec<_> = live.keys().filter(|place| !places.contains(*place)).cloned().collect();
        for place in gone {
            if let Some(added) = live.remove(&place) {
                stays.push(stay(place, added, Some(revision)));
            }
        }
        for place in places {
            live.entry(place).or_insert(revision);
        }
    }
    stays.extend(live.into_iter().map(|(place, added)| stay(place, added, None)));
    Ok(stays)
}
