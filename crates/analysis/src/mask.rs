//! Sets of statements, a bit each.

/// A set of small numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Mask(Box<[u64]>);

impl Mask {
    /// The numbers below `length` that satisfy a test.
    pub(crate) fn of(length: usize, mut is_in: impl FnMut(usize) -> bool) -> Self {
        let mut words = vec![0_u64; length.div_ceil(64)];
        for number in 0..length {
            if is_in(number)
                && let Some(word) = words.get_mut(number / 64)
            {
                *word |= 1 << (number % 64);
            }
        }
        Self(words.into())
    }

    pub(crate) fn and(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a & b).collect())
    }

    pub(crate) fn or(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a | b).collect())
    }

    pub(crate) fn is_within(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a & !b == 0)
    }

    pub(crate) fn count(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    pub(crate) fn numbers(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().flat_map(|(at, word)| {
            (0..64_usize).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at * 64 + bit)
        })
    }
}
