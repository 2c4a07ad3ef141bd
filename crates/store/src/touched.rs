//! The table of last touches: at which revision each point was changed last, as far back as memory allows.

use std::sync::RwLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::footprint::{Footprint, Point, PointMap, shard_of};
use crate::revision::Revision;
use crate::sync;

/// The last revision that touched each point, for all revisions after the floor.
#[derive(Debug)]
pub(crate) struct Touched {
    shards: Box<[RwLock<Shard>]>,
    /// Touches at or before this revision may be forgotten.
    floor: AtomicU64,
    /// Where the present generation of every shard began.
    began: AtomicU64,
    /// How many points one generation may hold in all.
    capacity: usize,
    held: AtomicU64,
}

/// Two generations: when the present one is full, the one before is forgotten.
#[derive(Debug, Default)]
struct Shard {
    present: PointMap<Revision>,
    before: PointMap<Revision>,
}

impl Touched {
    pub(crate) fn new(head: Revision, capacity: usize) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
            floor: AtomicU64::new(head.number()),
            began: AtomicU64::new(head.number()),
            capacity,
            held: AtomicU64::new(0),
        }
    }

    /// Whether nothing touched `point` after `since`, as far as is known: a forgotten touch counts as one.
    pub(crate) fn is_untouched(&self, point: Point, since: Revision) -> bool {
        let last = self.shard(point).and_then(|shard| sync::read(shard).last(point));
        // INVARIANT: the floor is read after the shard. `forget` raises the floor before it drops entries, so whoever
        // misses a dropped entry sees the raised floor.
        match last {
            Some(last) => last <= since,
            None => since >= self.floor(),
        }
    }

    /// Whether nothing touched any point of `footprint` after `since`.
    pub(crate) fn is_footprint_untouched(&self, footprint: &Footprint, since: Revision) -> bool {
        footprint.points().all(|point| self.is_untouched(point, since))
    }

    /// Records touches. Only the writer calls this, before it advances the head.
    pub(crate) fn touch(&self, points: impl IntoIterator<Item = (Point, Revision)>, head: Revision) {
        let mut added = 0;
        for (point, revision) in points {
            if let Some(shard) = self.shard(point) {
                added += u64::from(sync::write(shard).present.insert(point, revision).is_none());
            }
        }
        let held = self.held.fetch_add(added, Ordering::Relaxed).saturating_add(added);
        if usize::try_from(held).is_ok_and(|held| held > self.capacity) {
            self.turn(head);
        }
    }

    /// Makes every point count as touched at `head`: for changes too large to list.
    pub(crate) fn touch_everything(&self, head: Revision) {
        self.turn(head);
        self.turn(head);
    }

    /// Forgets the older generation.
    fn turn(&self, head: Revision) {
        self.floor.store(self.began.load(Ordering::SeqCst), Ordering::SeqCst);
        for shard in &self.shards {
            let mut shard = sync::write(shard);
            shard.before = std::mem::take(&mut shard.present);
        }
        self.began.store(head.number(), Ordering::SeqCst);
        self.held.store(0, Ordering::Relaxed);
    }

    fn floor(&self) -> Revision {
        Revision::new(self.floor.load(Ordering::SeqCst))
    }

    fn shard(&self, point: Point) -> Option<&RwLock<Shard>> {
        self.shards.get(shard_of(point, SHARDS))
    }
}

impl Shard {
    fn last(&self, point: Point) -> Option<Revision> {
        self.present.get(&point).or_else(|| self.before.get(&point)).copied()
    }
}

/// Enough that readers seldom meet the writer.
const SHARDS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn touched() -> Touched {
        Touched::new(Revision::new(10), 4)
    }

    #[test]
    fn a_point_that_was_never_touched_is_untouched_since_the_floor_only() {
        let touched = touched();
        assert!(touched.is_untouched(1, Revision::new(10)));
        assert!(!touched.is_untouched(1, Revision::new(9)));
    }

    #[test]
    fn a_touch_is_seen_by_older_readers_only() {
        let touched = touched();
        touched.touch([(7, Revision::new(12))], Revision::new(12));
        assert!(!touched.is_untouched(7, Revision::new(11)));
        assert!(touched.is_untouched(7, Revision::new(12)));
        assert!(touched.is_untouched(8, Revision::new(11)));
    }

    #[test]
    fn what_is_forgotten_counts_as_touched() {
        let touched = touched();
        for revision in 11..40_u64 {
            touched.touch([(revision << 40, Revision::new(revision))], Revision::new(revision));
        }
        assert!(touched.floor() > Revision::new(10));
        for revision in 11..40_u64 {
            assert!(!touched.is_untouched(revision << 40, Revision::new(revision - 1)), "{revision}");
        }
        assert!(touched.is_untouched(99, Revision::new(39)));
    }

    #[test]
    fn touching_everything_leaves_no_older_reader() {
        let touched = touched();
        touched.touch_everything(Revision::new(11));
        assert!(!touched.is_untouched(1, Revision::new(10)));
        assert!(touched.is_untouched(1, Revision::new(11)));
    }
}
