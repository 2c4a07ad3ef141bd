//! Tags.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::{Invalid, string_newtype};

/// A tag's key: 1 to 128 letters, spaces, numbers and `_.:/=+-@` (AWS: "Tags for IAM resources").
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagKey(CompactString);

impl TagKey {
    /// Parses a key.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let length = text.chars().count();
        if !(1..=128).contains(&length) || !text.chars().all(is_tag_char) {
            return Err(Invalid::new("tag key", text, "1 to 128 letters, digits, spaces and _.:/=+-@"));
        }
        Ok(Self(text.into()))
    }

    /// The key as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where a key stands among others: by its small letters, then by which of them were capitals. It is little longer
    /// than the key.
    #[must_use]
    pub fn place_of(key: &str) -> String {
        let mut place = key.to_lowercase();
        let capitals: Vec<bool> = key.chars().map(|c| !c.to_lowercase().eq([c])).collect();
        if capitals.contains(&true) {
            place.push('\u{1}');
            for four in capitals.chunks(4) {
                let bits = (0..4).fold(0, |bits, at| bits << 1 | u32::from(four.get(at) == Some(&true)));
                place.extend(char::from_digit(bits, 16));
            }
        }
        place
    }

    /// Whether the two keys are one to AWS, which compares them without regard to case.
    #[must_use]
    pub fn same_as(&self, other: &str) -> bool {
        self.0.to_lowercase() == other.to_lowercase()
    }
}

string_newtype!(TagKey);

/// A tag's value: up to 256 characters of a key's kind; may be empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagValue(CompactString);

impl TagValue {
    /// Parses a value.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.chars().count() > 256 || !text.chars().all(is_tag_char) {
            return Err(Invalid::new("tag value", text, "up to 256 letters, digits, spaces and _.:/=+-@"));
        }
        Ok(Self(text.into()))
    }

    /// The value.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

string_newtype!(TagValue);

/// One tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// The key, with the case in which it was given.
    pub key: TagKey,
    /// The value.
    pub value: TagValue,
}

/// An entity's tags, in the order of their keys' places. Where case does not tell keys apart they are unique without
/// regard to it; where it does, to the letter (`…_cased`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TagSet(Vec<Tag>);

impl TagSet {
    /// Adds a tag; one with the same key (case aside) is replaced, its key's case included.
    pub fn set(&mut self, tag: Tag) {
        let lower = tag.key.as_str().to_lowercase();
        match self.0.binary_search_by(|have| have.key.as_str().to_lowercase().cmp(&lower)) {
            Ok(at) => {
                if let Some(have) = self.0.get_mut(at) {
                    *have = tag;
                }
            }
            Err(at) => self.0.insert(at, tag),
        }
    }

    /// Adds a tag; one whose key is the same to the letter is replaced.
    pub fn set_cased(&mut self, tag: Tag) {
        let place = TagKey::place_of(tag.key.as_str());
        match self.0.binary_search_by(|have| TagKey::place_of(have.key.as_str()).cmp(&place)) {
            Ok(at) => {
                if let Some(have) = self.0.get_mut(at) {
                    *have = tag;
                }
            }
            Err(at) => self.0.insert(at, tag),
        }
    }

    /// Removes the tag with this key to the letter, if there is one.
    pub fn remove_cased(&mut self, key: &str) {
        self.0.retain(|tag| tag.key.as_str() != key);
    }

    /// Whether there is a tag with this key to the letter.
    #[must_use]
    pub fn has_cased(&self, key: &str) -> bool {
        self.0.iter().any(|tag| tag.key.as_str() == key)
    }

    /// Removes the tag with this key (case aside), if there is one.
    pub fn remove(&mut self, key: &str) {
        self.0.retain(|tag| !tag.key.same_as(key));
    }

    /// The value under this key (case aside).
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|tag| tag.key.same_as(key)).map(|tag| tag.value.as_str())
    }

    /// All tags, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Tag> {
        self.0.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> IntoIterator for &'a TagSet {
    type Item = &'a Tag;
    type IntoIter = std::slice::Iter<'a, Tag>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// The class `[\p{L}\p{Z}\p{N}_.:/=+\-@]` of the service model.
fn is_tag_char(c: char) -> bool {
    c.is_alphanumeric() || "_.:/=+-@".contains(c) || (c.is_whitespace() && !c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> Tag {
        Tag { key: TagKey::parse(key).unwrap(), value: TagValue::parse(value).unwrap() }
    }

    #[test]
    fn a_key_that_differs_in_case_replaces() {
        let mut tags = TagSet::default();
        tags.set(tag("Team", "a"));
        tags.set(tag("team", "b"));
        assert_eq!(tags.len(), 1);
        assert_eq!(tags.get("TEAM"), Some("b"));
        tags.remove("tEAM");
        assert!(tags.is_empty());
    }

    #[test]
    fn where_case_counts_both_keys_stay() {
        let mut tags = TagSet::default();
        for (key, value) in [("team", "a"), ("Team", "b"), ("site", "c"), ("team", "d")] {
            tags.set_cased(tag(key, value));
        }
        let shown: Vec<_> = tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect();
        assert_eq!(shown, [("site", "c"), ("team", "d"), ("Team", "b")]);
        assert!(tags.has_cased("team") && !tags.has_cased("TEAM"));
        tags.remove_cased("Team");
        tags.remove_cased("TEAM");
        assert_eq!(tags.len(), 2);
    }

    #[test]
    fn a_key_with_a_character_outside_the_class_is_refused() {
        assert!(TagKey::parse("a*b").is_err());
        assert!(TagKey::parse("").is_err());
        assert!(TagKey::parse("Größe 1/2:x").is_ok());
        assert!(TagKey::parse(&"k".repeat(129)).is_err());
    }
}
