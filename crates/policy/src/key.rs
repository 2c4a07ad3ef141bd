//! Names of condition keys, folded and hashed once.

use std::sync::LazyLock;

use compact_str::CompactString;

use crate::numbers::{GLOBAL_KEYS, global_names};

/// The name of a condition key: compared without regard to case, the tag key behind `/`
/// included (AWS: "IAM JSON policy elements: Condition").
#[derive(Clone, Eq)]
pub struct Key {
    written: CompactString,
    folded: CompactString,
    hash: u64,
    /// Which of the global keys it is: a request finds those without comparing texts.
    number: Option<u16>,
    /// What a [`RawContext`](crate::RawContext) goes by.
    mark: u64,
}

impl Key {
    /// Folds a name.
    #[must_use]
    pub fn new(written: &str) -> Self {
        let folded = fold(written);
        let hash = hash(folded.as_bytes());
        let number = if folded.starts_with("aws:") { GLOBAL_KEYS.find(&folded, hash) } else { None };
        let mark = crate::raw::mark(&folded);
        Self { written: written.into(), folded, hash, number, mark }
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

    pub(crate) fn mark(&self) -> u64 {
        self.mark
    }

    /// Which of the global keys it is, below [`MAX_GLOBAL_KEYS`](crate::numbers::MAX_GLOBAL_KEYS); none for any
    /// other.
    #[inline]
    pub(crate) fn number(&self) -> Option<u16> {
        self.number
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

/// The global key with a number.
pub(crate) fn global(number: u16) -> Option<&'static Key> {
    static KEYS: LazyLock<Box<[Key]>> = LazyLock::new(|| global_names().map(Key::new).collect());
    KEYS.get(usize::from(number))
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
    hash_words(bytes, |word| word)
}

/// The hash of a text's lower case; of ASCII alone, as the names of actions are.
pub(crate) fn hash_lower(bytes: &[u8]) -> u64 {
    hash_words(bytes, lower)
}

#[inline]
fn hash_words(bytes: &[u8], map: impl Fn(u64) -> u64) -> u64 {
    const SEED: u64 = 0x51_7c_c1_b7_27_22_0a_95;
    let mix = |state: u64, word: u64| (state.rotate_left(5) ^ map(word)).wrapping_mul(SEED);
    let (words, rest) = bytes.as_chunks::<8>();
    let state = words.iter().fold(bytes.len() as u64, |state, word| mix(state, u64::from_le_bytes(*word)));
    let state = mix(state, head(rest));
    state ^ (state >> 32)
}

/// The lower case of eight characters of ASCII; other bytes stay as they are.
#[inline]
fn lower(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // The top bit of a byte's sum tells whether the byte is beyond what was added, up to the top bit.
    let low = word & (ONES * 0x7f);
    let from_a = low + ONES * (0x80 - b'A' as u64);
    let beyond_z = low + ONES * (0x7f - b'Z' as u64);
    let is_upper = from_a & !beyond_z & !word & (ONES * 0x80);
    word | is_upper >> 2
}

/// The first eight bytes of a text as a number, the first byte lowest.
pub(crate) fn head(bytes: &[u8]) -> u64 {
    if let Some(chunk) = bytes.first_chunk::<8>() {
        return u64::from_le_bytes(*chunk);
    }
    bytes.iter().rev().fold(0, |head, byte| head << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_hashes_as_its_lower_case_where_that_is_asked() {
        for byte in 0..=u8::MAX {
            let text = [byte; 11];
            assert_eq!(hash_lower(&text), hash(&text.to_ascii_lowercase()), "{byte}");
        }
        assert_eq!(hash_lower(b"S3:GetObject@[`{Zz"), hash(b"s3:getobject@[`{zz"));
    }

    #[test]
    fn every_global_key_has_a_number_of_its_own() {
        let keys = catalog::global_condition_keys().iter();
        let (families, whole): (Vec<_>, Vec<_>) = keys.partition(|key| key.is_family());
        let numbers: std::collections::BTreeSet<u16> =
            whole.iter().map(|key| Key::new(&key.name().to_uppercase()).number().unwrap()).collect();
        assert_eq!(numbers.len(), whole.len());
        assert!(numbers.iter().all(|number| global(*number).unwrap().number() == Some(*number)));
        assert!(numbers.iter().all(|number| usize::from(*number) < crate::numbers::MAX_GLOBAL_KEYS));
        assert!(families.iter().all(|key| Key::new(key.name()).number().is_none()));
        assert_eq!(Key::new("aws:PrincipalTag/aws:SourceIp").number(), None);
    }

    #[test]
    fn key_names_ignore_case_also_behind_the_slash() {
        assert_eq!(Key::new("aws:RequestTag/CostCenter"), Key::new("AWS:requesttag/costcenter"));
        assert_ne!(Key::new("aws:RequestTag/a"), Key::new("aws:RequestTag/b"));
        assert_eq!(Key::new("aws:RequestTag/Ä"), Key::new("aws:requesttag/ä"));
    }

    #[test]
    fn keys_are_sorted_by_their_lower_case() {
        let [first, second, same] = ["aws:B", "aws:a", "AWS:b"].map(Key::new);
        assert_eq!(first.partial_cmp(&second), Some(std::cmp::Ordering::Greater));
        assert_eq!(first.partial_cmp(&same), Some(std::cmp::Ordering::Equal));
    }
}
