//! Condition keys that live no longer than the decision.

use compact_str::CompactString;

use crate::key::{Key, fold, head};
use crate::prepared::Held;

/// The condition keys of one request as the caller has them: nothing is copied, folded or sorted. A key is
/// sought among them when a policy asks for it, so that is for the few dozen keys of a single decision; whoever
/// keeps a request makes a [`Context`](crate::Context).
///
/// Of a key that stands there twice, in whatever case, the last one counts.
#[derive(Debug, Clone, Default)]
pub struct RawContext<'r> {
    entries: Vec<Entry<'r>>,
    /// Whether some name goes beyond ASCII.
    has_foreign: bool,
}

#[derive(Debug, Clone, Copy)]
struct Entry<'r> {
    mark: u64,
    key: &'r str,
    held: Held<'r>,
}

impl<'r> RawContext<'r> {
    /// Room for so many keys.
    #[must_use]
    pub fn with_capacity(keys: usize) -> Self {
        Self { entries: Vec::with_capacity(keys), has_foreign: false }
    }

    /// Adds a key with one value.
    #[inline]
    pub fn set(&mut self, key: &'r str, value: &'r str) {
        self.push(key, Held::One(value));
    }

    /// Adds a multivalued key.
    pub fn set_list(&mut self, key: &'r str, values: &'r [CompactString]) {
        self.push(key, Held::Many(values));
    }

    #[inline]
    fn push(&mut self, key: &'r str, held: Held<'r>) {
        let mark = mark(key);
        self.has_foreign |= mark == FOREIGN;
        self.entries.push(Entry { mark, key, held });
    }

    #[inline]
    pub(crate) fn lookup(&self, key: &Key) -> Option<Held<'r>> {
        self.lookup_named(key.mark(), key.folded().as_bytes())
    }

    /// The same by the key's mark and its name in lower case.
    #[inline]
    pub(crate) fn lookup_named(&self, mark: u64, name: &[u8]) -> Option<Held<'r>> {
        if self.has_foreign {
            return self.lookup_foreign(mark, name);
        }
        let is_it = |entry: &&Entry<'r>| entry.mark == mark && is_folded(entry.key, name);
        self.entries.iter().rev().find(is_it).map(|entry| entry.held)
    }

    #[cold]
    fn lookup_foreign(&self, mark: u64, name: &[u8]) -> Option<Held<'r>> {
        let is_it = |entry: &&Entry<'r>| {
            entry.mark == mark && is_folded(entry.key, name)
                || entry.mark == FOREIGN && fold(entry.key).as_bytes() == name
        };
        self.entries.iter().rev().find(is_it).map(|entry| entry.held)
    }
}

/// Whether a key's lower case, ASCII's alone, is this one.
#[inline]
fn is_folded(key: &str, name: &[u8]) -> bool {
    key.as_bytes().eq_ignore_ascii_case(name)
}

/// The mark of all names beyond ASCII: lower case may even bring one of them back into it.
const FOREIGN: u64 = u64::MAX;

/// A number that names have in common which differ in nothing but case: of ASCII the length and the last bytes.
#[inline]
pub(crate) fn mark(key: &str) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let bytes = key.as_bytes();
    let end = match bytes.last_chunk::<8>() {
        Some(chunk) => u64::from_le_bytes(*chunk),
        None => head(bytes),
    };
    let (words, _) = bytes.as_chunks::<8>();
    let any = words.iter().fold(end, |any, word| any | u64::from_le_bytes(*word));
    if any & (ONES * 0x80) != 0 {
        return FOREIGN;
    }
    // The bit of case is set in every byte: what else it makes alike is told apart by the texts.
    (end | (ONES * 0x20)).wrapping_add((bytes.len() as u64).rotate_right(8))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Context, prepared::Keys};

    #[test]
    fn raw_keys_are_found_as_kept_ones_are() {
        let tags = ["a".into(), "b".into()];
        let pairs = [
            ("aws:PrincipalTag/Team", "red"),
            ("aws:username", "alice"),
            ("AWS:principaltag/TEAM", "blue"),
            ("k", "short"),
            ("aws:RequestTag/\u{c4}", "umlaut"),
            ("a:\u{212a}elvin", "beyond ASCII, but not in lower case"),
            ("a:@", "at"),
        ];
        let mut raw = RawContext::with_capacity(pairs.len() + 1);
        let mut kept = Context::new();
        for (key, value) in pairs {
            raw.set(key, value);
            kept.set(key, value);
        }
        raw.set_list("aws:TagKeys", &tags);
        kept.set_list("aws:TagKeys", tags.clone());
        let asked = pairs.map(|(key, _)| key);
        let more =
            ["AWS:TAGKEYS", "K", "aws:requesttag/\u{e4}", "a:kelvin", "a:KELVIN", "a:`", "", "aws:userid"];
        for key in asked.into_iter().chain(more).map(Key::new) {
            let of = |keys: Keys<'_>| keys.lookup(&key).map(|held| format!("{held:?}"));
            assert_eq!(of(Keys::Raw(&raw)), of(Keys::Kept(&kept)), "{key:?}");
        }
    }

    #[test]
    fn names_of_one_mark_are_told_apart_by_their_texts() {
        let mut raw = RawContext::with_capacity(2);
        for (key, value) in [("a:@", "at"), ("aws:PrincipalTag/Team", "red")] {
            raw.set(key, value);
        }
        assert_eq!(mark("a:@"), mark("a:`"));
        let of = |key: &str| raw.lookup(&Key::new(key)).map(|held| format!("{held:?}"));
        for (key, found) in
            [("A:@", true), ("a:`", false), ("AWS:principaltag/TEAM", true), ("aws:userid", false)]
        {
            assert_eq!(of(key).is_some(), found, "{key}");
        }
    }

    #[test]
    fn a_name_beyond_ascii_is_seen_wherever_that_stands() {
        for key in ["k:\u{c4}aaaa", "\u{c4}aaaaaaaaaaa", "aaaaaaaaaaaa\u{c4}", "\u{c4}"] {
            assert_eq!(mark(key), FOREIGN, "{key}");
            let mut raw = RawContext::default();
            raw.set(key, "value");
            assert!(raw.lookup(&Key::new(&key.to_lowercase())).is_some(), "{key}");
        }
        assert_ne!(mark("aws:PrincipalTag/Team"), FOREIGN);
    }
}
