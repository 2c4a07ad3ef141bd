//! Footprints: what a transaction read, as a set of points that a later commit may touch.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

use crate::page::Range;

/// What was read: enough to say whether a later commit could have changed the answer.
///
/// A footprint belongs to the store that made it; it means nothing to another one, or to the next process.
#[derive(Debug, Clone, Default)]
pub struct Footprint {
    points: Vec<Point>,
}

/// One thing that a read depends on and a write touches: a record key, an index entry, an index partition, a secret.
///
/// A hash: two things that share one cause a needless rerun, never a missed conflict.
pub(crate) type Point = u64;

/// A map from points. They are hashes already, so they are not hashed again.
pub(crate) type PointMap<V> = HashMap<Point, V, BuildHasherDefault<AsItIs>>;

/// The hasher that passes a point on.
#[derive(Debug, Default)]
pub(crate) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // Points are written as numbers; whatever else comes is mixed in, so that the hasher is one for any key.
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, point: u64) {
        self.0 = point;
    }
}

/// Which of `shards` shards a point belongs to, by bits that a map inside the shard uses last.
pub(crate) fn shard_of(point: Point, shards: usize) -> usize {
    ((point >> 40) as usize) % shards
}

impl Footprint {
    /// A footprint that touches nothing.
    pub const fn new() -> Self {
        Self { points: Vec::new() }
    }

    /// Adds everything that `other` touches.
    pub fn extend(&mut self, other: &Self) {
        self.points.extend_from_slice(&other.points);
    }

    /// How many points it holds, repetitions included.
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// Whether nothing was read.
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// Drops repetitions, so that a footprint which is kept for long is small.
    pub fn compact(&mut self) {
        self.points.sort_unstable();
        self.points.dedup();
        self.points.shrink_to_fit();
    }

    pub(crate) fn add(&mut self, point: Point) {
        if self.points.last() != Some(&point) {
            self.points.push(point);
        }
    }

    pub(crate) fn points(&self) -> impl Iterator<Item = Point> + '_ {
        self.points.iter().copied()
    }
}

/// Names the points of one store. Keyed at random, so that nobody can choose keys that collide.
#[derive(Debug, Default)]
pub(crate) struct Points {
    hasher: RandomState,
}

impl Points {
    pub(crate) fn record(&self, kind: &str, key: &str) -> Point {
        self.hasher.hash_one((0_u8, kind, key))
    }

    pub(crate) fn entry(&self, index: &str, partition: &str, sort: &str) -> Point {
        self.hasher.hash_one((1_u8, index, partition, sort))
    }

    pub(crate) fn partition(&self, index: &str, partition: &str) -> Point {
        self.hasher.hash_one((2_u8, index, partition))
    }

    /// Where the cache keeps a page: not a point of any footprint.
    pub(crate) fn page(&self, index: &str, partition: &str, range: &Range, limit: usize) -> Point {
        self.hasher.hash_one((4_u8, index, partition, range, limit))
    }

    pub(crate) fn secret(&self, kind: &str, key: &str) -> Point {
        self.hasher.hash_one((3_u8, kind, key))
    }
}
