//! Policies by their text, shared by whoever has the same.

use std::sync::Arc;

use policy::{ParseError, Policy};
use quick_cache::sync::Cache;
use sha2::{Digest as _, Sha256};

/// Parsed policies by what their text hashes to. What a policy is depends on nothing but its text, places included:
/// whose it is and what it is called stands beside it ([`policy::Named`]). So the inline policies that a template gave
/// a thousand roles are one, and so are managed policies whose documents are equal to the byte.
#[derive(Debug)]
pub(crate) struct Parsed {
    // The hash rather than the text: the text is kept by the store. Whoever could make two texts with one hash could
    // have one policy taken for another, so it is one that resists that.
    by_text: Cache<[u8; 32], Arc<Policy>>,
}

impl Parsed {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { by_text: Cache::new(capacity) }
    }

    /// The policy of a text, parsed now or before.
    pub(crate) fn parse(&self, text: &str) -> Result<Arc<Policy>, ParseError> {
        let hash: [u8; 32] = Sha256::digest(text).into();
        if let Some(known) = self.by_text.get(&hash) {
            return Ok(known);
        }
        let fresh = Arc::new(Policy::parse(text)?);
        self.by_text.insert(hash, Arc::clone(&fresh));
        Ok(fresh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;

    #[test]
    fn equal_texts_are_one_policy_and_others_are_not() {
        let parsed = Parsed::new(10);
        let first = parsed.parse(TEXT).unwrap();
        assert!(Arc::ptr_eq(&first, &parsed.parse(TEXT).unwrap()));
        // A blank moves places, and another version means other things.
        for other in [format!(" {TEXT}"), TEXT.replace("2012-10-17", "2008-10-17")] {
            assert!(!Arc::ptr_eq(&first, &parsed.parse(&other).unwrap()), "{other}");
        }
    }

    #[test]
    fn what_does_not_parse_is_not_kept() {
        let parsed = Parsed::new(10);
        assert!(parsed.parse("{").is_err());
        assert!(parsed.parse("{").is_err());
        assert_eq!(parsed.by_text.len(), 0);
    }

    #[test]
    fn no_more_are_kept_than_there_is_room_for() {
        let parsed = Parsed::new(10);
        for blanks in 0..100 {
            parsed.parse(&format!("{}{TEXT}", " ".repeat(blanks))).unwrap();
        }
        assert!(parsed.by_text.len() <= 10, "{}", parsed.by_text.len());
    }
}
