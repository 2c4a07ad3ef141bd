//! The Boolean operator.

use super::{Comparison, Family, Operand, Operator, Subject};
use crate::document::Version;
use crate::prepared::Keys;
use crate::template::{Template, Wildcards};

pub(super) const OPERATORS: &[Operator] =
    &[Operator { name: "Bool", family: Family::Bool, negated: false, read, hear: Some(hear), compare }];

fn read(text: &str, version: Version) -> Operand {
    match Template::new(text, Wildcards::Literal, version) {
        open @ Template::Open(_) => Operand::Template(open),
        Template::Fixed(_) => parse(text).map_or(Operand::Invalid, Operand::Bool),
    }
}

fn hear(value: &str) -> Subject<'_> {
    parse(value).map_or(Subject::Invalid, Subject::Bool)
}

fn compare(operand: &Operand, value: &Subject<'_>, context: Keys<'_>) -> Comparison {
    let listed = match operand {
        Operand::Bool(listed) => Some(*listed),
        Operand::Template(template) => match template.resolve(context) {
            Some(text) => parse(&text),
            None => return Comparison::Different,
        },
        _ => None,
    };
    let (Some(listed), Subject::Bool(value)) = (listed, value) else { return Comparison::Invalid };
    (listed == *value).into()
}

pub(super) fn parse(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}
