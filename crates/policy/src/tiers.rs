//! A bounded table that is only ever added to: it is read without a lock, and grows by a tier when one is half full.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Tables by hash, each larger than the one before it.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Tiers<T> {
    /// Each thing stands in the first place from its hash on that was free. A free place ends a search, and there
    /// always are free ones.
    tiers: [OnceLock<Box<[Slot<T>]>>; SIZES.len()],
    taken: [AtomicUsize; SIZES.len()],
}

type Slot<T> = OnceLock<Kept<T>>;

/// Something with the upper half of its hash, by which most others are told from it without looking at it.
#[derive(Debug)]
struct Kept<T> {
    tag: u32,
    thing: T,
}

/// How many places each tier has: powers of two, of which half are filled. A tier is made when it is first needed.
/// Most principals ask for so few actions that the first one is all they need.
const SIZES: [usize; 3] = [32, 256, 2048];

impl<T> Default for Tiers<T> {
    fn default() -> Self {
        Self {
            tiers: [const { OnceLock::new() }; SIZES.len()],
            taken: [const { AtomicUsize::new(0) }; SIZES.len()],
        }
    }
}

impl<T> Tiers<T> {
    /// What is kept under a hash and is what is sought.
    #[inline]
    pub(crate) fn find(&self, hash: u64, is_it: impl Fn(&T) -> bool) -> Option<&T> {
        for tier in &self.tiers {
            let places = tier.get()?;
            let mut place = hash;
            while let Some(kept) = places.get(wrap(place, places.len()))?.get() {
                if kept.tag == tag(hash) && is_it(&kept.thing) {
                    return Some(&kept.thing);
                }
                place = place.wrapping_add(1);
            }
        }
        None
    }

    /// Keeps something under a hash that was not found under it. Where there is no room, it is dropped; where two
    /// threads keep the same at once, it is kept twice, which does no harm.
    pub(crate) fn keep(&self, hash: u64, thing: T) {
        let mut fresh = Kept { tag: tag(hash), thing };
        for ((tier, taken), size) in self.tiers.iter().zip(&self.taken).zip(SIZES) {
            if taken.fetch_add(1, Ordering::Relaxed) >= size / 2 {
                taken.fetch_sub(1, Ordering::Relaxed);
                continue;
            }
            let places = tier.get_or_init(|| std::iter::repeat_with(OnceLock::new).take(size).collect());
            // INVARIANT: no more than half of the places are ever taken, so one is free.
            for place in (0..size as u64).map(|step| hash.wrapping_add(step)) {
                let Some(free) = places.get(wrap(place, size)) else { return };
                match free.set(fresh) {
                    Ok(()) => return,
                    Err(refused) => fresh = refused,
                }
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        let tiers = self.tiers.iter().filter_map(OnceLock::get);
        tiers.flat_map(|places| places.iter().filter(|place| place.get().is_some())).count()
    }
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
        let tiers = Tiers::default();
        let most: usize = SIZES.iter().map(|size| size / 2).sum();
        for number in 0..10_000u64 {
            tiers.keep(crate::key::hash(&number.to_le_bytes()), number);
        }
        let found = |number: u64| tiers.find(crate::key::hash(&number.to_le_bytes()), |kept| *kept == number);
        let kept = (0..10_000).take_while(|number| found(*number) == Some(number)).count();
        assert_eq!((kept, tiers.len()), (most, most));
        assert_eq!(found(10_000), None);
    }

    #[test]
    fn what_has_one_hash_is_told_apart() {
        let tiers = Tiers::default();
        for name in ["seven", "also", "too"] {
            tiers.keep(7, name);
        }
        assert_eq!(tiers.find(7, |kept| *kept == "too"), Some(&"too"));
        assert_eq!(tiers.find(7, |kept| *kept == "none"), None);
    }
}
