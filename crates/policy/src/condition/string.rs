//! String operators.

use super::{Comparison, Family, Operand, Operator, Subject};
use crate::document::Version;
use crate::prepared::Keys;
use crate::template::{Template, Wildcards};

pub(super) const OPERATORS: &[Operator] = &[
    row("StringEquals", false, read_exact, compare),
    row("StringNotEquals", true, read_exact, compare),
    row("StringEqualsIgnoreCase", false, read_folded, compare_folded),
    row("StringNotEqualsIgnoreCase", true, read_folded, compare_folded),
    row("StringLike", false, read_pattern, compare),
    row("StringNotLike", true, read_pattern, compare),
];

const fn row(
    name: &'static str,
    negated: bool,
    read: fn(&str, Version) -> Operand,
    compare: fn(&Operand, &Subject<'_>, Keys<'_>) -> Comparison,
) -> Operator {
    Operator { name, family: Family::String, negated, read, hear: None, compare }
}

fn read_exact(text: &str, version: Version) -> Operand {
    Operand::Template(Template::new(text, Wildcards::Literal, version))
}

fn read_folded(text: &str, version: Version) -> Operand {
    Operand::Folded(Template::new(text, Wildcards::Literal, version))
}

fn read_pattern(text: &str, version: Version) -> Operand {
    Operand::Template(Template::new(text, Wildcards::Active, version))
}

fn compare(operand: &Operand, value: &Subject<'_>, context: Keys<'_>) -> Comparison {
    let (Operand::Template(template), Subject::Text(value)) = (operand, value) else {
        return Comparison::Invalid;
    };
    template.fit(value, context).into()
}

fn compare_folded(operand: &Operand, value: &Subject<'_>, context: Keys<'_>) -> Comparison {
    let (Operand::Folded(template), Subject::Text(value)) = (operand, value) else {
        return Comparison::Invalid;
    };
    match template.resolve(context) {
        Some(text) => text.chars().map(fold).eq(value.chars().map(fold)).into(),
        None => Comparison::Different,
    }
}

/// Lower case within ASCII and Latin-1, which is all that a policy can hold.
fn fold(c: char) -> char {
    match c {
        'A'..='Z' => c.to_ascii_lowercase(),
        'À'..='Þ' if c != '×' => char::from_u32(u32::from(c) + 0x20).unwrap_or(c),
        _ => c,
    }
}
