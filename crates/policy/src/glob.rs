//! Patterns with `*` and `?`, split once and matched in linear time.
//!
//! A pattern is a run of pieces between stars: the first must begin the text, the last must
//! end it, and each one between is sought from where the one before it ended. Taking the
//! leftmost place of each is enough, so nothing backtracks across a star.

use crate::texts::{begins, ends};

/// A part of a pattern as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit<'t> {
    /// Text that stands for itself.
    Literal(&'t str),
    /// `?`: exactly one character.
    One,
    /// `*`: any run of characters, the empty one too.
    Many,
}

/// A pattern, split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Glob {
    /// Nothing but stars.
    Any,
    /// No wildcard.
    Exact(Box<str>),
    /// A literal and one star behind it.
    Prefix(Box<str>),
    /// No star, but some `?`.
    Whole(Box<Mixed>),
    /// Any other.
    Split(Box<Split>),
}

/// A pattern with a star that is neither lone nor last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Split {
    first: Piece,
    middle: Box<[Piece]>,
    last: Piece,
    /// No shorter text can match.
    min_bytes: usize,
}

/// What stands between two stars.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(Box<str>),
    Mixed(Mixed),
}

/// A piece with some `?`: the characters, `None` for a `?`, and for each literal character
/// the set of places where it may stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mixed {
    characters: Box<[Option<char>]>,
    /// The places of `?`, 64 to a word.
    open: Box<[u64]>,
    /// Sorted by character; each set includes the places of `?`.
    places: Box<[(char, Box<[u64]>)]>,
}

impl Glob {
    /// Splits a pattern.
    pub(crate) fn new<'t>(units: impl IntoIterator<Item = Unit<'t>>) -> Self {
        let mut pieces = vec![Vec::new()];
        for unit in units {
            match unit {
                Unit::Many => pieces.push(Vec::new()),
                unit => {
                    if let Some(piece) = pieces.last_mut() {
                        piece.push(unit);
                    }
                }
            }
        }
        Self::of(pieces.iter().map(|units| Piece::new(units)).collect())
    }

    /// A pattern of these pieces, each but the first behind a star.
    fn of(mut pieces: Vec<Piece>) -> Self {
        let Some(last) = pieces.pop() else { return Self::Exact(Box::default()) };
        if pieces.is_empty() {
            return match last {
                Piece::Literal(text) => Self::Exact(text),
                Piece::Mixed(mixed) => Self::Whole(Box::new(mixed)),
            };
        }
        let first = pieces.remove(0);
        pieces.retain(|piece| !piece.is_empty());
        if pieces.is_empty() && last.is_empty() {
            match first {
                Piece::Literal(text) if text.is_empty() => return Self::Any,
                Piece::Literal(text) => return Self::Prefix(text),
                Piece::Mixed(_) => {}
            }
        }
        let min_bytes = [&first, &last].into_iter().chain(&pieces).map(Piece::min_bytes).sum();
        Self::Split(Box::new(Split { first, middle: pieces.into(), last, min_bytes }))
    }

    /// Splits a text in which `*` and `?` are wildcards.
    pub(crate) fn parse(text: &str) -> Self {
        // Most patterns have no wildcard or one star at their end.
        match memchr::memchr2(b'*', b'?', text.as_bytes()) {
            None => Self::Exact(text.into()),
            Some(0) if text == "*" => Self::Any,
            Some(at) if at + 1 == text.len() && text.ends_with('*') => {
                Self::Prefix(text.get(..at).unwrap_or_default().into())
            }
            Some(_) if memchr::memchr(b'?', text.as_bytes()).is_none() => {
                Self::of(text.split('*').map(|piece| Piece::Literal(piece.into())).collect())
            }
            Some(_) => Self::new(units(text)),
        }
    }

    /// Whether the whole text matches.
    #[inline]
    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(exact) => **exact == *text,
            Self::Prefix(prefix) => text.as_bytes().starts_with(prefix.as_bytes()),
            Self::Whole(mixed) => mixed.prefix(text).is_some_and(str::is_empty),
            Self::Split(split) => split.matches(text),
        }
    }

    /// What stands before, between and behind the stars, where there is no `?`.
    pub(crate) fn pieces(&self) -> Option<Vec<&str>> {
        match self {
            Self::Any => Some(vec!["", ""]),
            Self::Exact(text) => Some(vec![text]),
            Self::Prefix(text) => Some(vec![text, ""]),
            Self::Whole(_) => None,
            Self::Split(split) => {
                let pieces = [&split.first].into_iter().chain(&split.middle).chain([&split.last]);
                pieces.map(Piece::literal).collect()
            }
        }
    }

    /// The literal that every matching text begins with.
    pub(crate) fn literal_prefix(&self) -> &str {
        match self {
            Self::Exact(text) | Self::Prefix(text) => text,
            Self::Split(split) => match &split.first {
                Piece::Literal(text) => text,
                Piece::Mixed(_) => "",
            },
            Self::Any | Self::Whole(_) => "",
        }
    }
}

impl Split {
    fn matches(&self, text: &str) -> bool {
        if text.len() < self.min_bytes {
            return false;
        }
        let Some(rest) = self.first.prefix(text) else { return false };
        let Some(mut rest) = self.last.suffix(rest) else { return false };
        for piece in &self.middle {
            match piece.find(rest) {
                Some(behind) => rest = behind,
                None => return false,
            }
        }
        true
    }
}

/// Whether a text begins and ends so and has these pieces in between, one after the other.
pub(crate) fn is_split<'p>(
    text: &[u8],
    first: &[u8],
    between: impl Iterator<Item = &'p [u8]>,
    last: &[u8],
) -> bool {
    let inner = first.len()..text.len().saturating_sub(last.len());
    let Some(mut rest) = text.get(inner).filter(|_| begins(text, first) && ends(text, last)) else {
        return false;
    };
    for piece in between {
        let behind = find_literal(rest, piece).and_then(|at| rest.get(at + piece.len()..));
        match behind {
            Some(behind) => rest = behind,
            None => return false,
        }
    }
    true
}

impl Piece {
    fn new(units: &[Unit<'_>]) -> Self {
        if units.contains(&Unit::One) {
            return Self::Mixed(Mixed::new(units));
        }
        let mut text = String::new();
        for unit in units {
            if let Unit::Literal(literal) = unit {
                text.push_str(literal);
            }
        }
        Self::Literal(text.into())
    }

    fn literal(&self) -> Option<&str> {
        match self {
            Self::Literal(text) => Some(text),
            Self::Mixed(_) => None,
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Literal(text) if text.is_empty())
    }

    fn min_bytes(&self) -> usize {
        match self {
            Self::Literal(text) => text.len(),
            Self::Mixed(mixed) => mixed.characters.iter().map(|c| c.map_or(1, char::len_utf8)).sum(),
        }
    }

    /// What follows the piece at the text's beginning.
    #[inline]
    fn prefix<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            Self::Literal(literal) => text.strip_prefix(&**literal),
            Self::Mixed(mixed) => mixed.prefix(text),
        }
    }

    /// What precedes the piece at the text's end.
    #[inline]
    fn suffix<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            Self::Literal(literal) => text.strip_suffix(&**literal),
            Self::Mixed(mixed) => mixed.suffix(text),
        }
    }

    /// What follows the piece at its leftmost place.
    fn find<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            Self::Literal(literal) => {
                text.get(find_literal(text.as_bytes(), literal.as_bytes())? + literal.len()..)
            }
            Self::Mixed(mixed) => mixed.find(text),
        }
    }
}

impl Mixed {
    fn new(units: &[Unit<'_>]) -> Self {
        let mut characters = Vec::new();
        for unit in units {
            match unit {
                Unit::Literal(text) => characters.extend(text.chars().map(Some)),
                Unit::One => characters.push(None),
                Unit::Many => {}
            }
        }
        let words = characters.len().div_ceil(64);
        let mut open = vec![0u64; words];
        let mut places = std::collections::BTreeMap::<char, Vec<u64>>::new();
        for (at, character) in characters.iter().enumerate() {
            let set = match character {
                None => &mut open,
                Some(c) => places.entry(*c).or_insert_with(|| vec![0; words]),
            };
            if let Some(word) = set.get_mut(at / 64) {
                *word |= 1 << (at % 64);
            }
        }
        for set in places.values_mut() {
            for (word, open) in set.iter_mut().zip(&open) {
                *word |= open;
            }
        }
        let places = places.into_iter().map(|(c, set)| (c, set.into_boxed_slice())).collect();
        Self { characters: characters.into(), open: open.into(), places }
    }

    fn prefix<'t>(&self, text: &'t str) -> Option<&'t str> {
        let mut rest = text.chars();
        let fits = self.characters.iter().all(|want| fits(*want, rest.next()));
        fits.then_some(rest.as_str())
    }

    fn suffix<'t>(&self, text: &'t str) -> Option<&'t str> {
        let mut rest = text.chars();
        let fits = self.characters.iter().rev().all(|want| fits(*want, rest.next_back()));
        fits.then_some(rest.as_str())
    }

    /// Seeks the piece by keeping, as bits, every beginning of it that the text read so far
    /// ends with: each character costs a word per 64 characters of the piece.
    fn find<'t>(&self, text: &'t str) -> Option<&'t str> {
        let last = self.characters.len().checked_sub(1)?;
        let done = |state: &[u64]| state.get(last / 64).is_some_and(|word| word >> (last % 64) & 1 == 1);
        let mut few = [0u64; 4];
        let mut many;
        let state: &mut [u64] = match few.get_mut(..self.open.len()) {
            Some(state) => state,
            None => {
                many = vec![0; self.open.len()];
                &mut many
            }
        };
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            let found = self.places.binary_search_by_key(&c, |(place, _)| *place);
            let set = found.ok().and_then(|at| self.places.get(at)).map_or(&self.open, |(_, set)| set);
            let mut carry = 1;
            for (word, set) in state.iter_mut().zip(set) {
                let next = *word >> 63;
                *word = (*word << 1 | carry) & set;
                carry = next;
            }
            if done(state) {
                return Some(rest.as_str());
            }
        }
        None
    }
}

/// Where a literal begins that is not empty. For a short one a search that needs no preparation is the quicker.
fn find_literal(text: &[u8], literal: &[u8]) -> Option<usize> {
    let (first, _) = literal.split_first()?;
    if text.len().saturating_mul(literal.len()) > 1 << 12 {
        return memchr::memmem::find(text, literal);
    }
    memchr::memchr_iter(*first, text).find(|at| text.get(*at..).is_some_and(|rest| rest.starts_with(literal)))
}

fn fits(want: Option<char>, found: Option<char>) -> bool {
    match (want, found) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(want), Some(found)) => want == found,
    }
}

/// The parts of a text in which `*` and `?` are wildcards.
pub(crate) fn units(text: &str) -> impl Iterator<Item = Unit<'_>> {
    text.split_inclusive(['*', '?']).flat_map(|part| {
        let (literal, wildcard) = if let Some(literal) = part.strip_suffix('*') {
            (literal, Some(Unit::Many))
        } else if let Some(literal) = part.strip_suffix('?') {
            (literal, Some(Unit::One))
        } else {
            (part, None)
        };
        let literal = (!literal.is_empty()).then_some(Unit::Literal(literal));
        literal.into_iter().chain(wildcard)
    })
}

#[cfg(test)]
mod tests;
