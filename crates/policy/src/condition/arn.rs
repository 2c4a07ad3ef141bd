//! ARN operators: six segments, each matched apart.

use compact_str::CompactString;

use super::{Comparison, Family, Operand, Operator};
use crate::Context;
use crate::document::Version;
use crate::glob::{Glob, Unit};
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
    compare: fn(&Operand, &str, &Context) -> Comparison,
) -> Operator {
    Operator { name, family: Family::Arn, negated, read, compare }
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

/// Where only sameness counts, what a value ends with often tells it apart at once.
fn compare_for_equality(operand: &Operand, value: &str, context: &Context) -> Comparison {
    match operand {
        Operand::Arn(ArnPattern::Fixed(globs)) => match globs.as_ref() {
            [.., Glob::Exact(last)] if !value.as_bytes().ends_with(last.as_bytes()) => Comparison::Different,
            _ => compare(operand, value, context),
        },
        _ => compare(operand, value, context),
    }
}

fn compare(operand: &Operand, value: &str, context: &Context) -> Comparison {
    let Operand::Arn(pattern) = operand else { return Comparison::Invalid };
    let Some(parts) = parts(value) else { return Comparison::Invalid };
    let all_match = |globs: &[Glob; 6]| globs.iter().zip(parts).all(|(glob, part)| glob.matches(part));
    match pattern {
        ArnPattern::Fixed(globs) => all_match(globs).into(),
        ArnPattern::Open(chunks) => with_units(chunks, context, |units| match units {
            None => Comparison::Different,
            Some(units) => segments(units).map_or(Comparison::Invalid, |globs| all_match(&globs).into()),
        }),
    }
}

/// Splits a value at its first five colons.
fn parts(value: &str) -> Option<[&str; 6]> {
    let mut parts = [""; 6];
    let mut start = 0;
    let mut colons = memchr::memchr_iter(b':', value.as_bytes());
    let (last, first) = parts.split_last_mut()?;
    for part in first {
        let end = colons.next()?;
        *part = value.get(start..end)?;
        start = end + 1;
    }
    *last = value.get(start..)?;
    Some(parts)
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
    pub(super) fn resolved(&self, context: &Context, text: &str) -> Option<CompactString> {
        match self {
            Self::Fixed(_) => Some(text.into()),
            Self::Open(chunks) => resolve_chunks(chunks, context),
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
