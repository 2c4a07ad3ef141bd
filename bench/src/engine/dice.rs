//! Chance that falls alike in every run.

/// Numbers that look random and are the same each time: splitmix64.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; zero if that is zero.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() >> 1).unwrap_or_default().checked_rem(bound).unwrap_or_default()
    }

    /// Whether something happens that happens so often in a hundred.
    pub(crate) fn percent(&mut self, often: usize) -> bool {
        self.below(100) < often
    }

    /// One of them; none of none.
    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.below(of.len()))
    }

    /// A rank below `bound`, the first ones far more often: Zipf's law with exponent one, by its integral.
    pub(crate) fn zipf(&mut self, bound: usize) -> usize {
        #[expect(clippy::cast_precision_loss, reason = "53 bits are chance enough, and counts are small")]
        let share = ((self.next() >> 11) as f64 / (1u64 << 53) as f64, (bound.max(1)) as f64);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1 to the bound")]
        let rank = share.1.powf(share.0) as usize;
        rank.saturating_sub(1).min(bound.saturating_sub(1))
    }
}
