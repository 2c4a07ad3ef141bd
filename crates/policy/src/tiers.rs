//! A bounded table that is only ever added to: it is read without a lock, and grows by a tier when one is half full.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Tables by hash, each larger than the one before it but for the first, which has its places in here: whoever looks
/// there need not go on to find out where the table is.
#[derive(Debug)]
pub(crate) struct Tiers<T, const NEAR: usize> {
    /// Each thing stands in the first place from its hash on that was free. A free place ends a search, and there
    /// always are free ones.
    near: [Place<T>; NEAR],
    far: [OnceLock<Box<[Place<T>]>>; SIZES.len()],
    taken: [AtomicUsize; 1 + SIZES.len()],
}

/// Two to a line of the cache, where the thing is a fat pointer.
#[derive(Debug)]
#[repr(align(32))]
struct Place<T>(OnceLock<Kept<T>>);

/// Something with the upper half of its hash, by which most others are told from it without looking at it.
#[derive(Debug)]
struct Kept<T> {
    tag: u32,
    thing: T,
}

/// How many places each tier has: powers of two, of which half are filled. A tier is made when it is first needed.
const SIZES: [usize; 3] = [32, 256, 2048];

impl<T, const NEAR: usize> Default for Tiers<T, NEAR> {
    fn default() -> Self {
        Self {
            near: [const { Place(OnceLock::new()) }; NEAR],
            far: [const { OnceLock::new() }; SIZES.len()],
            taken: [const { AtomicUsize::new(0) }; 1 + SIZES.len()],
        }
    }
}

impl<T, const NEAR: usize> Tiers<T, NEAR> {
    /// What is made of the first thing under a hash of which something is made.
    #[inline]
    pub(crate) fn find<'t, R>(&'t self, hash: u64, make: impl Fn(&'t T) -> Option<R>) -> Option<R> {
        if let Some(found) = find_in(&self.near, hash, &make) {
            return Some(found);
        }
        self.far.iter().map_while(OnceLock::get).find_map(|places| find_in(places, hash, &make))
    }

    /// Keeps something under a hash that was not found under it. Where there is no room, it is dropped; where two
    /// threads keep the same at once, it is kept twice, which does no harm.
    pub(crate) fn keep(&self, hash: u64, thing: T) {
        let mut fresh = Kept { tag: tag(hash), thing };
        let [taken_near, taken_far @ ..] = &self.taken;
        match keep_in(taken_near, NEAR, hash, fresh, || &self.near) {
            Ok(()) => return,
            Err(refused) => fresh = refused,
        }
        for ((places, size), taken) in self.far.iter().zip(SIZES).zip(taken_far) {
            let make = || std::iter::repeat_with(|| Place(OnceLock::new())).take(size).collect();
            match keep_in(taken, size, hash, fresh, || places.get_or_init(make)) {
                Ok(()) => return,
                Err(refused) => fresh = refused,
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        let far = self.far.iter().filter_map(OnceLock::get).flatten();
        self.near.iter().chain(far).filter(|place| place.0.get().is_some()).count()
    }
}

#[inline]
fn find_in<'t, T, R>(places: &'t [Place<T>], hash: u64, make: impl Fn(&'t T) -> Option<R>) -> Option<R> {
    let mut place = hash;
    while let Some(kept) = places.get(wrap(place, places.len()))?.0.get() {
        if kept.tag == tag(hash)
            && let Some(found) = make(&kept.thing)
        {
            return Some(found);
        }
        place = place.wrapping_add(1);
    }
    None
}

/// Keeps a thing in a table of which less than half is taken, or gives it back.
fn keep_in<'t, T: 't>(
    taken: &AtomicUsize,
    size: usize,
    hash: u64,
    thing: Kept<T>,
    places: impl FnOnce() -> &'t [Place<T>],
) -> Result<(), Kept<T>> {
    if taken.fetch_add(1, Ordering::Relaxed) >= size / 2 {
        taken.fetch_sub(1, Ordering::Relaxed);
        return Err(thing);
    }
    // INVARIANT: no more than half of the places are ever taken, so one is free.
    let places = places();
    let mut fresh = thing;
    for place in (0..size as u64).map(|step| hash.wrapping_add(step)) {
        let Some(free) = places.get(wrap(place, size)) else { break };
        match free.0.set(fresh) {
            Ok(()) => return Ok(()),
            Err(refused) => fresh = refused,
        }
    }
    Err(fresh)
}

#[inline]
fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// A place in a table whose length is a power of two.
#[inline]
fn wrap(place: u64, length: usize) -> usize {
    usize::try_from(place & (length as u64).wrapping_sub(1)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_found_and_room_is_bounded() {
        let tiers = Tiers::<u64, 8>::default();
        let most = 4 + SIZES.iter().map(|size| size / 2).sum::<usize>();
        for number in 0..10_000u64 {
            tiers.keep(crate::key::hash(&number.to_le_bytes()), number);
        }
        let found = |number: u64| {
            tiers.find(crate::key::hash(&number.to_le_bytes()), |kept| (*kept == number).then_some(kept))
        };
        let kept = (0..10_000).take_while(|number| found(*number) == Some(number)).count();
        assert_eq!((kept, tiers.len()), (most, most));
        assert_eq!(found(10_000), None);
    }

    #[test]
    fn what_has_one_hash_is_told_apart() {
        let tiers = Tiers::<&str, 0>::default();
        for name in ["seven", "also", "too"] {
            tiers.keep(7, name);
        }
        let found = |name: &str| tiers.find(7, |kept| (*kept == name).then_some(*kept));
        assert_eq!(found("too"), Some("too"));
        assert_eq!(found("none"), None);
    }
}
