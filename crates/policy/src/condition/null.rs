//! The operator that asks whether a key is there.

use super::{Clause, Comparison, Family, Operand, Operator, Qualifier, Subject, boolean};
use crate::document::Version;
use crate::prepared::{Held, Keys};

pub(super) const OPERATORS: &[Operator] =
    &[Operator { name: "Null", family: Family::Null, negated: false, read, hear: None, compare }];

fn read(text: &str, _: Version) -> Operand {
    boolean::parse(text).map_or(Operand::Invalid, Operand::Bool)
}

/// Compares one value of the request: an empty one is null.
fn compare(operand: &Operand, value: &Subject<'_>, _: Keys<'_>) -> Comparison {
    let (Operand::Bool(wants_null), Subject::Text(value)) = (operand, value) else {
        return Comparison::Invalid;
    };
    (*wants_null == value.is_empty()).into()
}

/// Whether a `Null` clause holds. With a set qualifier it goes over the values, as other
/// operators do.
pub(super) fn holds(clause: &Clause, found: Option<Held<'_>>) -> bool {
    let absent = found.is_none_or(Held::is_null);
    let wants = |null: bool| {
        clause.values.iter().any(|value| matches!(value.operand, Operand::Bool(wants) if wants == null))
    };
    match (clause.test.qualifier, found) {
        (Qualifier::Single, _) => wants(absent),
        (Qualifier::All, _) if absent => true,
        (Qualifier::Any, _) if absent => false,
        (_, None) => false,
        (Qualifier::All, Some(values)) => values.all(|value| wants(value.is_empty())),
        (Qualifier::Any, Some(values)) => !values.all(|value| !wants(value.is_empty())),
    }
}
