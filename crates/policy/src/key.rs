//! Names of condition keys, folded and hashed once.

use compact_str::CompactString;

/// The name of a condition key: compared without regard to case, the tag key behind `/`
/// included (AWS: "IAM JSON policy elements: Condition").
#[derive(Clone, Eq)]
pub struct Key {
    written: CompactString,
    folded: CompactString,
    hash: u64,
}

impl Key {
    /// Folds a name.
    #[must_use]
    pub fn new(written: &str) -> Self {
        let folded = fold(written);
        let hash = hash(folded.as_bytes());
        Self { written: written.into(), folded, hash }
    }

    /// The name as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The name in lower case.
    #[must_use]
    pub fn folded(&self) -> &str {
        &self.folded
    }

    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.folded == other.folded
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.folded.cmp(&other.folded)
    }
}

impl std::hash::Hash for Key {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.written)
    }
}

/// Lower case; ASCII, as nearly every name is, without a detour.
pub(crate) fn fold(text: &str) -> CompactString {
    if text.is_ascii() {
        let mut folded = CompactString::from(text);
        folded.make_ascii_lowercase();
        return folded;
    }
    text.to_lowercase().into()
}

/// A quick hash of a short text. It only sorts and filters: equality is always checked on
/// the text, so a collision costs time and nothing else.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    const SEED: u64 = 0x51_7c_c1_b7_27_22_0a_95;
    let mix = |state: u64, word: u64| (state.rotate_left(5) ^ word).wrapping_mul(SEED);
    let (words, rest) = bytes.as_chunks::<8>();
    let state = words.iter().fold(bytes.len() as u64, |state, word| mix(state, u64::from_le_bytes(*word)));
    let mut last = [0; 8];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    let state = mix(state, u64::from_le_bytes(last));
    state ^ (state >> 32)
}

/// The first eight bytes of a text as a number, the first byte lowest.
pub(crate) fn head(bytes: &[u8]) -> u64 {
    let mut head = [0; 8];
    for (to, from) in head.iter_mut().zip(bytes) {
        *to = *from;
    }
    u64::from_le_bytes(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_names_ignore_case_also_behind_the_slash() {
        assert_eq!(Key::new("aws:RequestTag/CostCenter"), Key::new("AWS:requesttag/costcenter"));
        assert_ne!(Key::new("aws:RequestTag/a"), Key::new("aws:RequestTag/b"));
        assert_eq!(Key::new("aws:RequestTag/Ä"), Key::new("aws:requesttag/ä"));
    }
}
