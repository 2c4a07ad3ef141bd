//! What the readers and the writer of a store share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::backend::{Backend, State};
use crate::cache::Cache;
use crate::error::{Error, Result};
use crate::footprint::{Footprint, Point, Points};
use crate::revision::{Clock, Revision};
use crate::settled::Settled;
use crate::touched::Touched;
use crate::volatile::Notes;

/// What the readers and the writer of a store share.
pub(crate) struct Shared {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) points: Points,
    pub(crate) touched: Touched,
    pub(crate) cache: Cache,
    pub(crate) notes: Notes,
    pub(crate) settled: Settled,
    head: AtomicU64,
    floor: AtomicU64,
}

impl Shared {
    pub(crate) fn new(backend: Arc<dyn Backend>, clock: Arc<dyn Clock>, state: &State, sizes: Sizes) -> Self {
        Self {
            backend,
            clock,
            points: Points::default(),
            touched: Touched::new(state.head, sizes.touched_points),
            cache: Cache::new(sizes.cache_bytes),
            notes: Notes::default(),
            settled: Settled::at(state.head),
            head: AtomicU64::new(state.head.number()),
            floor: AtomicU64::new(state.floor.number()),
        }
    }

    pub(crate) fn head(&self) -> Revision {
        Revision::new(self.head.load(Ordering::SeqCst))
    }

    /// INVARIANT: called after the touches up to `head` are in the table, so that whoever sees this head sees them.
    pub(crate) fn advance(&self, head: Revision) {
        self.head.store(head.number(), Ordering::SeqCst);
    }

    /// INVARIANT: called before versions below `floor` are dropped, so that whoever misses one sees this floor.
    pub(crate) fn raise_floor(&self, floor: Revision) {
        self.floor.fetch_max(floor.number(), Ordering::SeqCst);
    }

    /// Refuses what compaction has dropped or may be dropping.
    pub(crate) fn check_floor(&self, at: Revision) -> Result<()> {
        let floor = Revision::new(self.floor.load(Ordering::SeqCst));
        if at < floor { Err(Error::Compacted { floor }) } else { Ok(()) }
    }

    /// The backend, once its reads find everything up to the head.
    pub(crate) async fn settled_backend(&self) -> Result<&dyn Backend> {
        self.settled.wait_for(self.head()).await?;
        Ok(self.backend.as_ref())
    }

    /// The revision to ask the backend at for what was at `at`, where the answer depends on `points`. Nobody waits for
    /// what others have just committed: an older revision serves as long as none of the points was touched after it.
    pub(crate) async fn answering(
        &self,
        at: Revision,
        points: impl IntoIterator<Item = Point>,
    ) -> Result<Revision> {
        let settled = self.settled.revision();
        if at <= settled {
            return Ok(at);
        }
        if points.into_iter().all(|point| self.touched.is_untouched(point, settled)) {
            return Ok(settled);
        }
        self.settled.wait_for(at).await?;
        Ok(at)
    }

    pub(crate) fn changed_since(&self, footprint: &Footprint, since: Revision) -> bool {
        since != self.head() && !self.touched.is_footprint_untouched(footprint, since)
    }
}

/// How much memory a store may use for its caches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// About how many bytes of parsed records, index entries and pages are held.
    pub cache_bytes: usize,
    /// How many points the table of last touches holds before it forgets the older half.
    pub touched_points: usize,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { cache_bytes: 8 << 20, touched_points: 1 << 16 }
    }
}
