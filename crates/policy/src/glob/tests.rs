use proptest::prelude::*;

use super::*;

/// The definition, as slow as it is plain.
fn matches_by_definition(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (None, Some(_)) => false,
        (Some(('*', pattern)), _) => {
            (0..=text.len()).any(|skip| matches_by_definition(pattern, &text[skip..]))
        }
        (Some(('?', pattern)), Some((_, text))) => matches_by_definition(pattern, text),
        (Some((want, pattern)), Some((found, text))) => want == found && matches_by_definition(pattern, text),
        (Some(_), None) => false,
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    Glob::parse(pattern).matches(text)
}

#[test]
fn a_star_matches_any_run_and_a_question_mark_one_character() {
    assert!(matches("a*", "a"));
    assert!(matches("*", ""));
    assert!(matches("a*c", "abbc"));
    assert!(!matches("a*c", "abbcd"));
    assert!(matches("a?c", "aéc"));
    assert!(!matches("a?c", "ac"));
    assert!(matches("*/x:*\n?", "a/b/x:\ny\nz"));
    assert!(matches("ab*ba", "abba"));
    assert!(!matches("aba*ba", "aba"));
    assert!(matches("?", "é"));
    assert!(!matches("??", "é"));
}

#[test]
fn shapes_are_told_apart() {
    assert!(matches!(Glob::parse("**"), Glob::Any));
    assert!(matches!(Glob::parse("a**"), Glob::Prefix(_)));
    assert!(matches!(Glob::parse("a"), Glob::Exact(_)));
    assert!(matches!(Glob::parse("a?"), Glob::Whole(_)));
    assert!(matches!(Glob::parse("*a"), Glob::Split(_)));
    assert_eq!(Glob::parse("ab*c?d").literal_prefix(), "ab");
}

#[test]
fn the_worst_patterns_are_told_without_trying_every_way() {
    let text = "a".repeat(2048);
    let half = "a?".repeat(512);
    // Tried one by one, the ways to match would outlast the test.
    for (pattern, expected) in [
        ("a*".repeat(3000), false),
        ("*?".repeat(1500), true),
        (format!("*{half}b*"), false),
        (format!("*{}b", "a".repeat(1024)), false),
        (format!("{}b", "*a?a".repeat(600)), false),
        ("*a?a".repeat(600), true),
    ] {
        assert_eq!(Glob::parse(&pattern).matches(&text), expected, "{} characters", pattern.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]
    #[test]
    fn matching_follows_the_definition(pattern in "[ab*?é]{0,10}", text in "[abé]{0,12}") {
        let expected = matches_by_definition(
            &pattern.chars().collect::<Vec<_>>(),
            &text.chars().collect::<Vec<_>>(),
        );
        prop_assert_eq!(matches(&pattern, &text), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn long_pieces_follow_the_definition(piece in "[ab?]{60,140}", cut in 0usize..20, text in "[ab]{0,60}") {
        let inner: String = piece.chars().map(|c| if c == '?' { 'a' } else { c }).collect();
        let found = format!("{text}{inner}{text}");
        let glob = Glob::parse(&format!("*{piece}*"));
        prop_assert!(glob.matches(&found));
        let shorter: String = inner.chars().skip(1 + cut).collect();
        prop_assert!(!glob.matches(&shorter));
    }
}

#[test]
fn pieces_need_no_more_room_than_their_text() {
    assert!(Glob::parse("*a*b").matches("ab"));
    assert!(Glob::parse("a*b*").matches("ab"));
    assert!(Glob::parse("*?*").matches("x"));
    assert!(Glob::parse("**a").matches("a"));
}

#[test]
fn pieces_match_what_their_pattern_matches() {
    let texts = ["", "a", "ab", "aba", "abba", "abcba", "aab", "b", "ba", "abab"];
    for pattern in ["", "*", "a", "a*", "*a", "a*a", "ab*ba", "*b*", "a*b*a", "**ab**", "a*bb*a", "ab*ab"] {
        let glob = Glob::parse(pattern);
        let pieces = glob.pieces().unwrap();
        for text in texts {
            let matches = match pieces.as_slice() {
                [exact] => text == *exact,
                [first, between @ .., last] => {
                    let between = between.iter().map(|piece| piece.as_bytes());
                    is_split(text.as_bytes(), first.as_bytes(), between, last.as_bytes())
                }
                [] => false,
            };
            assert_eq!(matches, glob.matches(text), "{pattern} {text}");
        }
    }
    for pattern in ["?", "a?*", "*?*", "*?"] {
        assert_eq!(Glob::parse(pattern).pieces(), None, "{pattern}");
    }
}
