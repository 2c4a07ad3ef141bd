//! The cache of hot reads: parsed records, index entries and pages, each stamped with the revision it was read at.

use std::any::Any;
use std::sync::{Arc, Mutex};

use crate::footprint::{Point, PointMap, shard_of};
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
    present: PointMap<Slot>,
    before: PointMap<Slot>,
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
    /// How many entries a partition has.
    Count { index: &'static str, partition: Arc<str>, count: u64 },
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
        self.shards.get(shard_of(place, SHARDS))
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

/// Enough that readers seldom meet each other.
const SHARDS: usize = 16;

/// About what a slot costs beside its value.
const OVERHEAD: usize = 160;

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(key: &str) -> Held {
        Held::Secret { kind: "kind", key: key.into(), sealed: Some(key.into()) }
    }

    fn sealed(cache: &Cache, place: Point, key: &str, at: u64, touched: &Touched) -> Option<String> {
        let pick = |held: &Held| match held {
            Held::Secret { key: held, sealed, .. } if **held == *key => sealed.as_deref().map(str::to_owned),
            _ => None,
        };
        cache.get(place, place, Revision::new(at), touched, pick)
    }

    #[test]
    fn an_entry_serves_the_revisions_between_which_nothing_was_touched() {
        let touched = Touched::new(Revision::new(1), 100);
        let cache = Cache::new(1 << 20);
        touched.touch([(7, Revision::new(5))], Revision::new(5));
        cache.put(7, Revision::new(6), secret("x"), 1);
        assert_eq!(sealed(&cache, 7, "x", 4, &touched), None, "before the touch");
        for at in [5, 6, 9] {
            assert_eq!(sealed(&cache, 7, "x", at, &touched).as_deref(), Some("x"), "{at}");
        }
        touched.touch([(7, Revision::new(10))], Revision::new(10));
        assert_eq!(sealed(&cache, 7, "x", 10, &touched), None);
        assert_eq!(sealed(&cache, 7, "x", 9, &touched).as_deref(), Some("x"));
    }

    #[test]
    fn two_names_in_one_place_are_told_apart() {
        let touched = Touched::new(Revision::new(1), 100);
        let cache = Cache::new(1 << 20);
        cache.put(7, Revision::new(1), secret("x"), 1);
        assert_eq!(sealed(&cache, 7, "y", 1, &touched), None);
        assert_eq!(sealed(&cache, 7, "x", 1, &touched).as_deref(), Some("x"));
    }

    #[test]
    fn what_is_newer_stays() {
        let touched = Touched::new(Revision::new(1), 100);
        let cache = Cache::new(1 << 20);
        cache.put(7, Revision::new(3), secret("new"), 1);
        cache.put(7, Revision::new(2), secret("old"), 1);
        assert_eq!(sealed(&cache, 7, "new", 3, &touched).as_deref(), Some("new"));
    }

    #[test]
    fn memory_is_bounded_and_what_is_used_stays() {
        let touched = Touched::new(Revision::new(1), 100);
        let cache = Cache::new(64_000);
        cache.put(7, Revision::new(1), secret("hot"), 1);
        for place in (100..10_000).map(|place| place << 40) {
            cache.put(place, Revision::new(1), secret("cold"), 100);
            assert!(sealed(&cache, 7, "hot", 1, &touched).is_some());
        }
        let held: usize = cache
            .shards
            .iter()
            .map(|shard| sync::lock(shard))
            .map(|shard| shard.present.len() + shard.before.len())
            .sum();
        assert!(held < 64_000 / 100, "{held} entries");
    }
}
