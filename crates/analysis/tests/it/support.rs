//! Documents in short.

use std::sync::Arc;

use analysis::{Budget, Comparison, Relation, compare};
use policy::Policy;

/// A document of these statements, in the current version of the language.
pub(crate) fn document(statements: &str) -> Arc<Policy> {
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    Arc::new(Policy::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}")))
}

/// An `Allow` of everything under a condition.
pub(crate) fn when(condition: &str) -> String {
    format!(r#"{{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {condition}}}"#)
}

/// A `Deny` of everything under a condition.
pub(crate) fn unless(condition: &str) -> String {
    format!(r#"{{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {condition}}}"#)
}

/// An `Allow` of these actions and resources, both JSON.
pub(crate) fn allow(actions: &str, resources: &str) -> String {
    format!(r#"{{"Effect": "Allow", "Action": {actions}, "Resource": {resources}}}"#)
}

/// A `Deny` of these.
pub(crate) fn deny(actions: &str, resources: &str) -> String {
    format!(r#"{{"Effect": "Deny", "Action": {actions}, "Resource": {resources}}}"#)
}

pub(crate) fn relate(a: &str, b: &str) -> Comparison {
    compare(&document(a), &document(b), Budget::default())
}

/// Compares both ways round.
pub(crate) fn check(expected: Relation, a: &str, b: &str) {
    let there = relate(a, b);
    assert_eq!(there.relation, expected, "{a}\n{b}\n{there:?}");
    let mirrored = match expected {
        Relation::MorePermissive => Relation::LessPermissive,
        Relation::LessPermissive => Relation::MorePermissive,
        same => same,
    };
    assert_eq!(relate(b, a).relation, mirrored, "{b}\n{a}");
}
