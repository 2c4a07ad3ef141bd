//! The cache of hot reads: parsed records, index entries and pages, each stamped with the revision it was read at.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::footprint::Point;
use crate::page::{Position, Range};
use crate::revision::Revision;
use crate::sync;
use crate::touched::Touched;

/// A bounded cache. It never needs to be told of a change: an entry is used only where the table of last touches says
/// that nothing changed between the revision it was read at and the one that is asked for.
#[derive(Debug)]
pub(crate) struct Cache {
    shards: Box<[Mutex<Shard>]>,
    /// How many bytes one generation of one shard may hold.
    budget: usize,
}

/// Two generations: when the present one is full, the one before is dropped, unless its entries were used meanwhile.
#[derive(Debug, Default)]
struct Shard {
    present: HashMap<Point, Slot>,
    before: HashMap<Point, Slot>,
    bytes: usize,
}

#[derive(Debug, Clone)]
struct Slot {
    at: Revision,
    bytes: usize,
    held: Held,
}

/// What a slot holds, with its full name: two names may share one hash.
#[derive(Debug, Clone)]
pub(crate) enum Held {
    /// A record, or its absence.
    Record { kind: &'static str, key: Arc<str>, value: Option<Arc<dyn Any + Send + Sync>> },
    /// The key at an entry of a unique index, or the entry's absence.
    Entry { index: &'static str, partition: Arc<str>, sort: Arc<str>, key: Option<Arc<str>> },
    /// The places of a page.
    Page {
        index: &'static str,
        partition: Arc<str>,
        range: Arc<Range>,
        limit: usize,
        places: Arc<[Position]>,
    },
    /// A secret, or its absence.
    Secret { kind: &'static str, key: Arc<str>, sealed: Option<Arc<str>> },
}

impl Cache {
    pub(crate) fn new(bytes: usize) -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect(), budget: bytes / SHARDS / 2 }
    }

    /// What is held under `place`, if `pick` recognises it and `depends` was not touched between the revision it was
    /// read at and `at`.
    pub(crate) fn get<T>(
        &self,
        place: Point,
        depends: Point,
        at: Revision,
        touched: &Touched,
        pick: impl FnOnce(&Held) -> Option<T>,
    ) -> Option<T> {
        let mut shard = sync::lock(self.shard(place)?);
        let slot = shard.slot(place)?;
        let both = at.min(slot.at);
        if at != slot.at && !touched.is_untouched(depends, both) {
            return None;
        }
        // Later readers need not look further back than this one did.
        slot.at = slot.at.max(at);
        pick(&slot.held)
    }

    /// Holds what was read at `at`, unless something newer is held.
    pub(crate) fn put(&self, place: Point, at: Revision, held: Held, bytes: usize) {
        let bytes = bytes.saturating_add(OVERHEAD);
        let Some(shard) = self.shard(place) else { return };
        if bytes > self.budget {
            return;
        }
        let mut shard = sync::lock(shard);
        if shard.slot(place).is_some_and(|slot| slot.at > at) {
            return;
        }
        shard.bytes = shard.bytes.saturating_add(bytes);
        if let Some(old) = shard.present.insert(place, Slot { at, bytes, held }) {
            shard.bytes = shard.bytes.saturating_sub(old.bytes);
        }
        if shard.bytes > self.budget {
            shard.before = std::mem::take(&mut shard.present);
            shard.bytes = 0;
        }
    }

    fn shard(&self, place: Point) -> Option<&Mutex<Shard>> {
        self.shards.get((place >> 60) as usize)
    }
}

impl Shard {
    fn slot(&mut self, place: Point) -> Option<&mut Slot> {
        if !self.present.contains_key(&place) {
            let slot = self.before.remove(&place)?;
            self.bytes = self.bytes.saturating_add(slot.bytes);
            self.present.insert(place, slot);
        }
        self.present.get_mut(&place)
    }
}

/// As many as the upper four bits of a point tell apart.
const SHARDS: usize = 16;

/// About what a slot costs beside its value.
const OVERHEAD: usize = 160;
