//! Text with policy variables and, where an operator has them, wildcards
//! (AWS: "IAM policy elements: Variables and tags").

use compact_str::CompactString;

use crate::document::Version;
use crate::glob::{Glob, Unit, units};
use crate::key::Key;
use crate::prepared::{Held, Keys};

/// A text of a policy that is matched against a text of the request.
#[derive(Debug, Clone)]
pub(crate) enum Template {
    /// No variables.
    Fixed(Glob),
    /// Some variables, which each request fills.
    Open(Box<[Chunk]>),
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Chunk {
    Literal(CompactString),
    One,
    Many,
    Variable(Variable),
}

/// `${key}` or `${key, 'default'}`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Variable {
    pub(crate) key: Key,
    pub(crate) default: Option<CompactString>,
}

/// Whether `*` and `?` are wildcards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wildcards {
    Active,
    Literal,
}

/// What comparing a text with a template gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    Match,
    Miss,
    /// A variable has no value: nothing can match.
    Unresolved,
}

impl From<bool> for Fit {
    fn from(matches: bool) -> Self {
        if matches { Self::Match } else { Self::Miss }
    }
}

impl Template {
    /// Reads a text. Variables exist in version 2012-10-17 only.
    pub(crate) fn new(text: &str, wildcards: Wildcards, version: Version) -> Self {
        if !has_variables(text, version) {
            return Self::Fixed(match wildcards {
                Wildcards::Active => Glob::parse(text),
                Wildcards::Literal => Glob::Exact(text.into()),
            });
        }
        Self::of(chunks(text, wildcards, version))
    }

    pub(crate) fn of(chunks: Vec<Chunk>) -> Self {
        if chunks.iter().any(|chunk| matches!(chunk, Chunk::Variable(_))) {
            return Self::Open(chunks.into());
        }
        Self::Fixed(Glob::new(chunks.iter().map(|chunk| match chunk {
            Chunk::Literal(text) => Unit::Literal(text),
            Chunk::One => Unit::One,
            Chunk::Many => Unit::Many,
            Chunk::Variable(_) => Unit::Literal(""),
        })))
    }

    /// Compares the whole text.
    #[inline]
    pub(crate) fn fit(&self, text: &str, context: Keys<'_>) -> Fit {
        match self {
            Self::Fixed(glob) => glob.matches(text).into(),
            Self::Open(chunks) => fit_simple(chunks, text, context).unwrap_or_else(|| {
                with_units(chunks, context, |units| match units {
                    Some(units) => matches_units(units, text).into(),
                    None => Fit::Unresolved,
                })
            }),
        }
    }

    /// The text with every variable filled in; `None` where one has no value.
    pub(crate) fn resolve(&self, context: Keys<'_>) -> Option<CompactString> {
        match self {
            Self::Fixed(Glob::Exact(text)) => Some(text.as_ref().into()),
            Self::Fixed(_) => None,
            Self::Open(chunks) => resolve_chunks(chunks, context),
        }
    }

    /// What every text begins with that the template matches.
    pub(crate) fn literal_prefix(&self) -> &str {
        match self {
            Self::Fixed(glob) => glob.literal_prefix(),
            Self::Open(chunks) => match chunks.first() {
                Some(Chunk::Literal(text)) => text,
                _ => "",
            },
        }
    }

    /// The variables.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &Variable> {
        let chunks: &[Chunk] = match self {
            Self::Fixed(_) => &[],
            Self::Open(chunks) => chunks,
        };
        chunks.iter().filter_map(|chunk| match chunk {
            Chunk::Variable(variable) => Some(variable),
            _ => None,
        })
    }
}

impl Variable {
    /// The variable's value in a request. Only a single-valued key has one; the default
    /// stands in for an absent key.
    pub(crate) fn resolve<'v>(&'v self, context: Keys<'v>) -> Option<&'v str> {
        match context.lookup(&self.key) {
            Some(Held::One(value)) => Some(value),
            Some(Held::Many(values)) if !values.is_empty() => None,
            Some(Held::Many(_)) | None => self.default.as_deref(),
        }
    }
}

/// The chunks as text, variables filled in and wildcards as they are written.
pub(crate) fn resolve_chunks(chunks: &[Chunk], context: Keys<'_>) -> Option<CompactString> {
    let mut text = CompactString::default();
    for chunk in chunks {
        match chunk {
            Chunk::Literal(literal) => text.push_str(literal),
            Chunk::One => text.push('?'),
            Chunk::Many => text.push('*'),
            Chunk::Variable(variable) => text.push_str(variable.resolve(context)?),
        }
    }
    Some(text)
}

/// Fills in the variables and hands the pattern's parts over, on the stack where they are few.
pub(crate) fn with_units<T>(
    chunks: &[Chunk],
    context: Keys<'_>,
    then: impl FnOnce(Option<&[Unit<'_>]>) -> T,
) -> T {
    let mut few = [Unit::One; 16];
    let filled = chunks.iter().map(|chunk| {
        Some(match chunk {
            Chunk::Literal(text) => Unit::Literal(text),
            Chunk::One => Unit::One,
            Chunk::Many => Unit::Many,
            Chunk::Variable(variable) => Unit::Literal(variable.resolve(context)?),
        })
    });
    if chunks.len() > few.len() {
        return then(filled.collect::<Option<Vec<_>>>().as_deref());
    }
    for (slot, unit) in few.iter_mut().zip(filled) {
        match unit {
            Some(unit) => *slot = unit,
            None => return then(None),
        }
    }
    then(few.get(..chunks.len()))
}

/// Matches the common form, text and variables with one star at the end at most, as it goes
/// along; `None` for any other.
fn fit_simple(chunks: &[Chunk], text: &str, context: Keys<'_>) -> Option<Fit> {
    let mut rest = Some(text);
    for (at, chunk) in chunks.iter().enumerate() {
        let literal = match chunk {
            Chunk::Literal(literal) => literal.as_str(),
            Chunk::Variable(variable) => match variable.resolve(context) {
                Some(value) => value,
                // No later part can change that.
                None => return Some(Fit::Unresolved),
            },
            Chunk::Many if at + 1 == chunks.len() => return Some(rest.is_some().into()),
            Chunk::Many | Chunk::One => return None,
        };
        // A mismatch goes on: a later variable may have no value, which counts for more.
        rest = rest.and_then(|rest| rest.strip_prefix(literal));
    }
    Some(rest.is_some_and(str::is_empty).into())
}

/// Matches without preparing anything, as long as that stays cheap.
fn matches_units(parts: &[Unit<'_>], text: &str) -> bool {
    let bytes: usize =
        parts.iter().map(|unit| if let Unit::Literal(text) = unit { text.len() } else { 1 }).sum();
    if bytes.saturating_mul(text.len()) > 1 << 16 {
        return Glob::new(parts.iter().copied()).matches(text);
    }
    let mut pieces = parts.split(|unit| *unit == Unit::Many);
    let stars = parts.iter().filter(|unit| **unit == Unit::Many).count();
    let Some(mut rest) = pieces.next().and_then(|first| strip_prefix(first, text)) else { return false };
    if stars == 0 {
        return rest.is_empty();
    }
    for _ in 1..stars {
        let Some(piece) = pieces.next() else { return false };
        match find(piece, rest) {
            Some(behind) => rest = behind,
            None => return false,
        }
    }
    pieces.next().is_some_and(|last| strip_suffix(last, rest).is_some())
}

fn strip_prefix<'t>(piece: &[Unit<'_>], text: &'t str) -> Option<&'t str> {
    piece.iter().try_fold(text, |rest, unit| match unit {
        Unit::Literal(literal) => rest.strip_prefix(literal),
        Unit::One => {
            let mut characters = rest.chars();
            characters.next().map(|_| characters.as_str())
        }
        Unit::Many => None,
    })
}

fn strip_suffix<'t>(piece: &[Unit<'_>], text: &'t str) -> Option<&'t str> {
    piece.iter().rev().try_fold(text, |rest, unit| match unit {
        Unit::Literal(literal) => rest.strip_suffix(literal),
        Unit::One => {
            let mut characters = rest.chars();
            characters.next_back().map(|_| characters.as_str())
        }
        Unit::Many => None,
    })
}

fn find<'t>(piece: &[Unit<'_>], text: &'t str) -> Option<&'t str> {
    let mut rest = text.chars();
    loop {
        if let Some(behind) = strip_prefix(piece, rest.as_str()) {
            return Some(behind);
        }
        rest.next()?;
    }
}

/// Whether a text may have variables or escapes in it.
pub(crate) fn has_variables(text: &str, version: Version) -> bool {
    version == Version::V2012 && memchr::memchr(b'$', text.as_bytes()).is_some() && text.contains("${")
}

/// Splits a text at its variables and wildcards.
pub(crate) fn chunks(text: &str, wildcards: Wildcards, version: Version) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${").filter(|_| version == Version::V2012) {
        let Some((inside, after)) = behind.split_once('}') else { break };
        push_text(&mut chunks, before, wildcards);
        match inside {
            "*" | "?" | "$" => push_literal(&mut chunks, inside),
            _ => chunks.push(Chunk::Variable(variable(inside))),
        }
        rest = after;
    }
    // A `${` that is never closed is plain text.
    push_text(&mut chunks, rest, wildcards);
    chunks
}

fn variable(inside: &str) -> Variable {
    let with_default = inside.split_once(", '").and_then(|(key, rest)| Some((key, rest.strip_suffix('\'')?)));
    match with_default {
        Some((key, default)) => Variable { key: Key::new(key), default: Some(default.into()) },
        None => Variable { key: Key::new(inside), default: None },
    }
}

fn push_text(chunks: &mut Vec<Chunk>, text: &str, wildcards: Wildcards) {
    if wildcards == Wildcards::Literal {
        return push_literal(chunks, text);
    }
    for unit in units(text) {
        match unit {
            Unit::Literal(literal) => push_literal(chunks, literal),
            Unit::One => chunks.push(Chunk::One),
            Unit::Many => chunks.push(Chunk::Many),
        }
    }
}

fn push_literal(chunks: &mut Vec<Chunk>, text: &str) {
    if text.is_empty() {
        return;
    }
    match chunks.last_mut() {
        Some(Chunk::Literal(literal)) => literal.push_str(text),
        _ => chunks.push(Chunk::Literal(text.into())),
    }
}

#[cfg(test)]
mod tests;
