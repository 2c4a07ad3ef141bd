//! A condition key without values, by what that means under its operator.

use super::prelude::*;

pub(super) const CHECKS: [Check; 4] = [
    Check::new(
        "EMPTY_ARRAY_CONDITION",
        Suggestion,
        Look::Clause(|_, _, clause, found| {
            look(
                clause,
                Form::Plain,
                "never holds, or with a negated operator always does: name some values",
                found,
            );
        }),
    ),
    Check::new(
        "EMPTY_ARRAY_CONDITION_FORALLVALUES",
        Suggestion,
        Look::Clause(|_, _, clause, found| {
            look(clause, Form::All, "holds only where the key is missing: write Null with true", found);
        }),
    ),
    Check::new(
        "EMPTY_ARRAY_CONDITION_FORANYVALUE",
        Suggestion,
        Look::Clause(|_, _, clause, found| {
            look(clause, Form::Any, "never holds: name some values", found);
        }),
    ),
    Check::new(
        "EMPTY_ARRAY_CONDITION_IFEXISTS",
        Suggestion,
        Look::Clause(|_, _, clause, found| {
            look(clause, Form::IfExists, "holds only where the key is missing: write Null with true", found);
        }),
    ),
];

#[derive(PartialEq)]
enum Form {
    Plain,
    All,
    Any,
    IfExists,
}

fn look(clause: &Clause<'_>, form: Form, meaning: &str, found: &mut Found<'_>) {
    let Some(test) = clause.test else { return };
    let its = match test.qualifier() {
        Qualifier::All => Form::All,
        Qualifier::Any => Form::Any,
        Qualifier::Single if test.is_if_exists() => Form::IfExists,
        Qualifier::Single => Form::Plain,
    };
    if its == form && clause.node.items().is_empty() {
        found.at(clause.node.span, format!("{} has no values, which {meaning}.", clause.key));
    }
}
