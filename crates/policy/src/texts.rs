//! Comparing texts of which most differ.
//!
//! Names and ARNs that are compared differ in their lengths or near their ends much more often than near their
//! beginnings: a look there settles nearly all without a call.

/// Whether two texts are the same.
#[inline]
pub(crate) fn are_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.last_chunk::<8>() == other.last_chunk::<8>() && one == other
}

/// Whether a text begins with another.
#[inline]
pub(crate) fn begins(text: &[u8], beginning: &[u8]) -> bool {
    text.get(..beginning.len()).is_some_and(|there| are_same(there, beginning))
}

/// Whether a text ends with another.
#[inline]
pub(crate) fn ends(text: &[u8], end: &[u8]) -> bool {
    let at = text.len().checked_sub(end.len());
    at.and_then(|at| text.get(at..)).is_some_and(|there| are_same(there, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_compared_as_slices_are() {
        let texts: Vec<&[u8]> =
            ["", "a", "b", "abcdefg", "xbcdefgh", "abcdefgh", "0abcdefgh", "xabcdefgh", "abcdefghi"]
                .map(str::as_bytes)
                .to_vec();
        for one in &texts {
            for other in &texts {
                assert_eq!(are_same(one, other), one == other);
                assert_eq!(begins(one, other), one.starts_with(other));
                assert_eq!(ends(one, other), one.ends_with(other));
            }
        }
    }
}
