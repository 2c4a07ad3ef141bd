//! ARN operators: six segments, each matched apart.

use compact_str::CompactString;

use super::{Comparison, Family, Operand, Operator, Subject};
use crate::document::Version;
use crate::glob::{Glob, Unit};
use crate::prepared::Keys;
use crate::template::{Chunk, Variable, Wildcards, chunks, resolve_chunks, with_units};

// `ArnEquals` takes wildcards as `ArnLike` does.
pub(super) const OPERATORS: &[Operator] = &[
    row("ArnEquals", false, compare_for_equality),
    row("ArnLike", false, compare_for_equality),
    row("ArnNotEquals", true, compare),
    row("ArnNotLike", true, compare),
];

const fn row(
    name: &'static str,
    negated: bool,
    compare: fn(&Operand, &Subject<'_>, Keys<'_>) -> Comparison,
) -> Operator {
    Operator { name, family: Family::Arn, negated, read, hear: None, compare }
}

/// An ARN with wildcards.
#[derive(Debug, Clone)]
pub(super) enum ArnPattern {
    /// Without variables: split at once.
    Fixed(Box<[Glob; 6]>),
    /// With variables: a value may bring colons of its own, so it is split when it is filled.
    Open(Box<[Chunk]>),
}

fn read(text: &str, version: Version) -> Operand {
    let chunks = chunks(text, Wildcards::Active, version);
    if chunks.iter().any(|chunk| matches!(chunk, Chunk::Variable(_))) {
        return Operand::Arn(ArnPattern::Open(chunks.into()));
    }
    let units: Vec<Unit<'_>> = chunks.iter().filter_map(unit).collect();
    match segments(&units) {
        Some(segments) => Operand::Arn(ArnPattern::Fixed(Box::new(segments))),
        None => Operand::Invalid,
    }
}

/// Where only sameness counts, nothing else is looked at.
fn compare_for_equality(operand: &Operand, value: &Subject<'_>, context: Keys<'_>) -> Comparison {
    match (operand, value) {
        (Operand::Arn(ArnPattern::Fixed(globs)), Subject::Text(text)) => is_same(globs, text).into(),
        _ => compare(operand, value, context),
    }
}

fn compare(operand: &Operand, value: &Subject<'_>, context: Keys<'_>) -> Comparison {
    let (Operand::Arn(pattern), Subject::Text(value)) = (operand, value) else { return Comparison::Invalid };
    match pattern {
        ArnPattern::Fixed(globs) if is_same(globs, value) => Comparison::Same,
        _ if memchr::memchr_iter(b':', value.as_bytes()).count() < 5 => Comparison::Invalid,
        ArnPattern::Fixed(_) => Comparison::Different,
        ArnPattern::Open(chunks) => with_units(chunks, context, |units| match units {
            None => Comparison::Different,
            Some(units) => segments(units).map_or(Comparison::Invalid, |globs| is_same(&globs, value).into()),
        }),
    }
}

/// Whether a value has six segments and each matches.
fn is_same([first @ .., last]: &[Glob; 6], value: &str) -> bool {
    // What a value ends with often tells it apart at once.
    if let Glob::Exact(last) = last
        && !value.as_bytes().ends_with(last.as_bytes())
    {
        return false;
    }
    let mut rest = value;
    for glob in first {
        let behind = match glob {
            Glob::Exact(exact) => rest.strip_prefix(&**exact).and_then(|rest| rest.strip_prefix(':')),
            glob => rest.split_once(':').filter(|(part, _)| glob.matches(part)).map(|(_, behind)| behind),
        };
        match behind {
            Some(behind) => rest = behind,
            None => return false,
        }
    }
    last.matches(rest)
}

/// Splits a pattern at its first five colons.
fn segments(units: &[Unit<'_>]) -> Option<[Glob; 6]> {
    let mut segments: Vec<Vec<Unit<'_>>> = vec![Vec::new()];
    for unit in units {
        let mut rest = match unit {
            Unit::Literal(text) => *text,
            wildcard => {
                segments.last_mut()?.push(*wildcard);
                continue;
            }
        };
        while let Some((before, behind)) = rest.split_once(':').filter(|_| segments.len() < 6) {
            segments.last_mut()?.push(Unit::Literal(before));
            segments.push(Vec::new());
            rest = behind;
        }
        segments.last_mut()?.push(Unit::Literal(rest));
    }
    let globs: Vec<Glob> = segments.into_iter().map(Glob::new).collect();
    globs.try_into().ok()
}

fn unit(chunk: &Chunk) -> Option<Unit<'_>> {
    match chunk {
        Chunk::Literal(text) => Some(Unit::Literal(text)),
        Chunk::One => Some(Unit::One),
        Chunk::Many => Some(Unit::Many),
        Chunk::Variable(_) => None,
    }
}

impl ArnPattern {
    pub(super) fn resolved(&self, context: Keys<'_>, text: &str) -> Option<CompactString> {
        match self {
            Self::Fixed(_) => Some(text.into()),
            Self::Open(chunks) => resolve_chunks(chunks, context),
        }
    }

    /// What stands behind the fifth colon, where it is letters alone.
    pub(super) fn last_segment(&self) -> Option<&str> {
        match self {
            Self::Fixed(segments) => match &**segments {
                [.., Glob::Exact(last)] => Some(last),
                _ => None,
            },
            Self::Open(_) => None,
        }
    }

    pub(super) fn variables(&self) -> impl Iterator<Item = &Variable> {
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
