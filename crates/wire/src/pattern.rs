//! Patterns: the model's regular expressions, matched against whole strings.
//!
//! AWS's services evaluate them in Java, where `\w`, `\d` and `\s` mean ASCII and `\u` takes four digits.
//! Most are a single character class, which a set of ranges decides; the others compile once, on first use.
//! What a linear-time engine cannot express, look-around, is matched by hand.

mod class;

use std::sync::OnceLock;

use regex::Regex;

use class::Class;

/// An expression of the model.
#[derive(Debug)]
pub struct Pattern {
    source: &'static str,
    matcher: OnceLock<Matcher>,
}

#[derive(Debug)]
enum Matcher {
    /// One class, repeated at least so often.
    Class(Class, usize),
    Regex(Regex),
    ByHand(Matches),
    /// The expression means nothing to us: nothing matches.
    Broken,
}

/// Whether a text matches.
type Matches = fn(&str) -> bool;

/// Expressions with look-around, and what they mean.
const BY_HAND: &[(&str, Matches)] = &[("^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$", is_account_alias)];

impl Pattern {
    /// A pattern; it compiles when it is first matched.
    pub const fn new(source: &'static str) -> Self {
        Self { source, matcher: OnceLock::new() }
    }

    /// The expression as the model has it, which is how messages print it.
    pub fn source(&self) -> &'static str {
        self.source
    }

    /// Whether the whole text matches.
    pub fn matches(&self, text: &str) -> bool {
        match self.matcher() {
            Matcher::Class(class, least) => class.matches_all(text, *least),
            Matcher::Regex(regex) => regex.is_match(text),
            Matcher::ByHand(matches) => matches(text),
            Matcher::Broken => false,
        }
    }

    /// Whether the expression is one that we understand. A pattern that is not refuses every text.
    pub fn is_supported(&self) -> bool {
        !matches!(self.matcher(), Matcher::Broken)
    }

    fn matcher(&self) -> &Matcher {
        self.matcher.get_or_init(|| compile(self.source))
    }
}

fn compile(source: &str) -> Matcher {
    if let Some((_, matches)) = BY_HAND.iter().find(|(known, _)| *known == source) {
        return Matcher::ByHand(*matches);
    }
    if let Some((class, least)) = class::parse(source) {
        return Matcher::Class(class, least);
    }
    match Regex::new(&format!(r"\A(?:{})\z", translate(source))) {
        Ok(regex) => Matcher::Regex(regex),
        Err(_) => Matcher::Broken,
    }
}

/// Java's spelling in this engine's: ASCII classes, and the one code point range beyond 16 bits.
fn translate(source: &str) -> String {
    let source = source.replace(r"\u10000-\u10FFFF", r"\u{10000}-\u{10FFFF}");
    let mut out = String::with_capacity(source.len() + 16);
    let mut in_class = false;
    let mut characters = source.chars();
    while let Some(character) = characters.next() {
        match character {
            '[' => in_class = true,
            ']' => in_class = false,
            '\\' => {
                let ranges = match characters.clone().next() {
                    Some('w') => Some("a-zA-Z0-9_"),
                    Some('d') => Some("0-9"),
                    Some('s') => Some(r" \t\n\x0B\f\r"),
                    _ => None,
                };
                match ranges {
                    Some(ranges) if in_class => out.push_str(ranges),
                    Some(ranges) => {
                        out.push('[');
                        out.push_str(ranges);
                        out.push(']');
                    }
                    None => {
                        out.push('\\');
                        out.extend(characters.next());
                        continue;
                    }
                }
                characters.next();
                continue;
            }
            _ => {}
        }
        out.push(character);
    }
    out
}

/// 3 to 63 lower-case letters, digits and single hyphens, none of them at an end.
fn is_account_alias(text: &str) -> bool {
    let bytes = text.as_bytes();
    let word = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (3..=63).contains(&bytes.len())
        && bytes.iter().all(|byte| word(byte) || *byte == b'-')
        && bytes.first().is_some_and(word)
        && bytes.last().is_some_and(word)
        && !bytes.windows(2).any(|pair| pair == b"--")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_the_whole_text() {
        let pattern = Pattern::new(r"[\w+=,.@-]+");
        assert!(pattern.matches("a+b=c,d.e@f-g_h"));
        assert!(!pattern.matches("a b"));
        assert!(!pattern.matches("a\n"));
        assert!(!pattern.matches(""));
        assert!(Pattern::new(r"[\w+=,.@-]*").matches(""));
        let path = Pattern::new(r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)");
        assert!(path.matches("/") && path.matches("/a/b/"));
        assert!(!path.matches("/a") && !path.matches("/a/\n") && !path.matches("//x/ "));
    }

    #[test]
    fn word_characters_are_ascii() {
        for source in [r"[\w]+", r"\w+", r"([\w])+"] {
            assert!(Pattern::new(source).matches("az_09"), "{source}");
            assert!(!Pattern::new(source).matches("é"), "{source}");
        }
        assert!(!Pattern::new(r"[\d]*").matches("٣"));
        assert!(!Pattern::new(r"\d{12}").matches("٣23456789012"));
        assert!(Pattern::new(r"\d{12}").matches("123456789012"));
    }

    #[test]
    fn unicode_properties_are_unicode() {
        let tag = Pattern::new(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+");
        assert!(tag.matches("Müller 価格 ٣-_@"));
        assert!(!tag.matches("a#b") && !tag.matches("tab\t"));
    }

    #[test]
    fn ranges_beyond_sixteen_bits_are_read_as_meant() {
        let policy = Pattern::new(
            r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+",
        );
        assert!(policy.matches("{\"a\": \"\u{1F600}\"}\t\r\n"));
        assert!(!policy.matches("\u{7}") && !policy.matches("\u{7F}"));
    }

    #[test]
    fn look_ahead_is_matched_by_hand() {
        let alias = Pattern::new("^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$");
        for good in ["abc", "a-b", "a-b-c", &"a".repeat(63)] {
            assert!(alias.matches(good), "{good}");
        }
        for bad in ["ab", "a--b", "-ab", "ab-", "aBc", "a_b", &"a".repeat(64)] {
            assert!(!alias.matches(bad), "{bad}");
        }
    }

    #[test]
    fn an_unknown_expression_is_reported_and_matches_nothing() {
        let pattern = Pattern::new("a(?=b)b");
        assert!(!pattern.is_supported());
        assert!(!pattern.matches("ab"));
    }
}
