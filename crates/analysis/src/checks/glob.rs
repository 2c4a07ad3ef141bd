//! Patterns of `*` and `?` against each other, by what they can share.

/// Whether some text matches both patterns.
pub(super) fn meets(one: &str, other: &str) -> bool {
    // Most patterns differ before the first wildcard.
    let is_plain = |c: &(char, char)| !matches!(c.0, '*' | '?') && !matches!(c.1, '*' | '?');
    if one.chars().zip(other.chars()).take_while(is_plain).any(|(a, b)| a != b) {
        return false;
    }
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    // `reach[j]`: what is read of `one` and the first `j` of `other` can stand for the same text.
    let mut reach = vec![false; other.len() + 1];
    for (read, slot) in reach.iter_mut().enumerate() {
        *slot = other.iter().take(read).all(|c| *c == '*');
    }
    for c in &one {
        let mut next = vec![false; other.len() + 1];
        let mut left = false;
        for (j, slot) in next.iter_mut().enumerate() {
            let above = reach.get(j).copied().unwrap_or_default();
            let before = j.checked_sub(1);
            let diagonal = before.and_then(|j| reach.get(j)).copied().unwrap_or_default();
            let d = before.and_then(|j| other.get(j)).copied();
            *slot = match (c, d) {
                ('*', Some('*')) => above || left || diagonal,
                ('*', _) => above || left,
                (_, Some('*')) => above || left,
                ('?', Some(_)) | (_, Some('?')) => diagonal,
                (c, Some(d)) => diagonal && *c == d,
                (_, None) => false,
            };
            left = *slot;
        }
        reach = next;
    }
    reach.last().copied().unwrap_or_default()
}

/// Whether every text that `inner` matches is matched by `outer`: sound, not complete, for a star of `inner` is
/// only taken by one of `outer`.
pub(super) fn covers(outer: &str, inner: &str) -> bool {
    let (outer, inner): (Vec<char>, Vec<char>) = (outer.chars().collect(), inner.chars().collect());
    let mut reach = vec![false; inner.len() + 1];
    if let Some(first) = reach.first_mut() {
        *first = true;
    }
    for c in &outer {
        let mut next = vec![false; inner.len() + 1];
        let mut left = false;
        for (j, slot) in next.iter_mut().enumerate() {
            let above = reach.get(j).copied().unwrap_or_default();
            let before = j.checked_sub(1);
            let diagonal = before.and_then(|j| reach.get(j)).copied().unwrap_or_default();
            let d = before.and_then(|j| inner.get(j)).copied();
            *slot = match (c, d) {
                ('*', _) => above || left,
                (_, None | Some('*')) => false,
                ('?', Some(_)) => diagonal,
                (c, Some(d)) => diagonal && *c == d,
            };
            left = *slot;
        }
        reach = next;
    }
    reach.last().copied().unwrap_or_default()
}

/// Whether a text has wildcards.
pub(super) fn has_wildcards(text: &str) -> bool {
    text.contains(['*', '?'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_meet_where_they_share_a_text() {
        for (one, other) in
            [("*", ""), ("a*", "*b"), ("a?c", "ab*"), ("*x*", "?"), ("**", "abc"), ("a*b*c", "abc")]
        {
            assert!(meets(one, other) && meets(other, one), "{one} {other}");
        }
        for (one, other) in [("a*", "b*"), ("*a", "*b"), ("?", ""), ("a?", "a"), ("user/*", "role/*")] {
            assert!(!meets(one, other) && !meets(other, one), "{one} {other}");
        }
    }

    #[test]
    fn a_pattern_covers_what_it_takes_whole() {
        for (outer, inner) in
            [("*", "a*b?"), ("jane*", "jane-admin"), ("a*", "a*b"), ("*a*", "xa*"), ("?", "a"), ("", "")]
        {
            assert!(covers(outer, inner), "{outer} {inner}");
        }
        for (outer, inner) in [("a*b", "a*"), ("?", "*"), ("jane", "jane*"), ("a", "?"), ("", "*")] {
            assert!(!covers(outer, inner), "{outer} {inner}");
        }
    }
}
