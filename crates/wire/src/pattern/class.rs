//! A repeated character class, `[…]+` or `[…]*`: a bit per ASCII character and ranges for the rest.

use std::ops::RangeInclusive;

/// A set of characters.
#[derive(Debug, Default)]
pub(super) struct Class {
    ascii: u128,
    ranges: Vec<RangeInclusive<char>>,
}

impl Class {
    /// Whether every character is in the set, and there are at least so many.
    pub(super) fn matches_all(&self, text: &str, least: usize) -> bool {
        text.len() >= least && text.chars().all(|character| self.contains(character))
    }

    fn contains(&self, character: char) -> bool {
        if character.is_ascii() {
            self.ascii >> u32::from(character) & 1 == 1
        } else {
            self.ranges.iter().any(|range| range.contains(&character))
        }
    }

    fn add(&mut self, from: char, to: char) {
        for character in from..=to.min('\x7F') {
            self.ascii |= 1 << u32::from(character);
        }
        if to > '\x7F' {
            self.ranges.push(from.max('\u{80}')..=to);
        }
    }
}

/// The class of an expression that is nothing but one class, repeated; and how often at least.
///
/// Anything else, Unicode properties included, is left to the regular expression engine.
pub(super) fn parse(source: &str) -> Option<(Class, usize)> {
    let source = source.strip_prefix('^').unwrap_or(source);
    let source = source.strip_suffix('$').unwrap_or(source);
    let (body, least) = match (source.strip_suffix("]+"), source.strip_suffix("]*")) {
        (Some(body), _) => (body, 1),
        (None, Some(body)) => (body, 0),
        (None, None) => return None,
    };
    let body = body.strip_prefix('[')?;
    let mut class = Class::default();
    let mut rest = body;
    while !rest.is_empty() {
        let (item, after) = item(rest)?;
        let Item::Character(from) = item else {
            for (from, to) in item.ranges() {
                class.add(*from, *to);
            }
            rest = after;
            continue;
        };
        match after.strip_prefix('-').filter(|end| !end.is_empty()) {
            Some(end) => {
                let (Item::Character(to), after) = self::item(end)? else {
                    return None;
                };
                if from > to {
                    return None;
                }
                class.add(from, to);
                rest = after;
            }
            None => {
                class.add(from, from);
                rest = after;
            }
        }
    }
    Some((class, least))
}

enum Item {
    Character(char),
    Word,
    Digit,
}

impl Item {
    fn ranges(&self) -> &'static [(char, char)] {
        match self {
            Self::Word => &[('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')],
            Self::Digit => &[('0', '9')],
            Self::Character(_) => &[],
        }
    }
}

fn item(text: &str) -> Option<(Item, &str)> {
    let mut characters = text.chars();
    let item = match characters.next()? {
        // A nested class, a negation or an intersection: not one class.
        '[' | ']' | '^' | '&' => return None,
        '\\' => match characters.next()? {
            'w' => Item::Word,
            'd' => Item::Digit,
            'u' => return code_point(characters.as_str()),
            't' => Item::Character('\t'),
            'n' => Item::Character('\n'),
            'r' => Item::Character('\r'),
            other if other.is_ascii_punctuation() => Item::Character(other),
            _ => return None,
        },
        other => Item::Character(other),
    };
    Some((item, characters.as_str()))
}

/// Four hexadecimal digits, or the five and six of the two code points beyond 16 bits that the models name.
fn code_point(text: &str) -> Option<(Item, &str)> {
    let length = if text.starts_with("10FFFF") {
        6
    } else if text.starts_with("10000") {
        5
    } else {
        4
    };
    let (digits, rest) = text.split_at_checked(length)?;
    let character = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
    Some((Item::Character(character), rest))
}
