//! Labels: ids that tie an answer, a log line and an audit event together. They are unique, and no secrets.

use std::sync::atomic::{AtomicU64, Ordering};

/// A label in the form of a random UUID.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Label([u8; 36]);

impl Label {
    fn from_words(high: u64, low: u64) -> Self {
        // Version 4, variant 1 (RFC 9562).
        let high = high & !0xf000 | 0x4000;
        let low = low & !(0b11 << 62) | 1 << 63;
        let mut text = [b'-'; 36];
        let mut digits =
            (0..16).map(|at| high >> (60 - 4 * at)).chain((0..16).map(|at| low >> (60 - 4 * at)));
        for (at, place) in text.iter_mut().enumerate() {
            if !matches!(at, 8 | 13 | 18 | 23) {
                let digit = digits.next().unwrap_or(0) & 15;
                *place = u8::try_from(digit).map_or(b'0', |d| if d < 10 { b'0' + d } else { b'a' + d - 10 });
            }
        }
        Self(text)
    }

    /// The label, such as `7a62c49f-347e-4fc4-9331-6e8eEXAMPLE`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl std::fmt::Display for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Debug for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Makes labels: a count, scrambled under a seed. Unique within a process, and as unlikely to meet between processes as
/// their seeds.
#[derive(Debug)]
pub struct Labels {
    seed: u64,
    count: AtomicU64,
}

impl Labels {
    /// Labels under a random seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, count: AtomicU64::new(0) }
    }

    /// The next label.
    #[must_use]
    pub fn next(&self) -> Label {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let low = scramble(self.seed ^ scramble(count));
        // The high half alone is a bijection of the count, but for the four bits of the version.
        Label::from_words(scramble(count.wrapping_add(self.seed)), low)
    }
}

/// The finaliser of SplitMix64, a bijection.
fn scramble(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn labels_are_uuids_of_version_4() {
        let label = Labels::new(7).next().to_string();
        let parts: Vec<_> = label.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert_eq!(label.as_bytes().get(14), Some(&b'4'));
        assert!(matches!(label.as_bytes().get(19), Some(b'8' | b'9' | b'a' | b'b')));
        assert!(label.bytes().all(|b| b == b'-' || b.is_ascii_digit() || (b'a'..=b'f').contains(&b)));
    }

    #[test]
    fn labels_do_not_repeat() {
        let labels = Labels::new(7);
        let seen: HashSet<_> = (0..10_000).map(|_| labels.next()).collect();
        assert_eq!(seen.len(), 10_000);
        assert_ne!(Labels::new(1).next(), Labels::new(2).next());
    }
}
