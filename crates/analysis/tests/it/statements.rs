//! Statements that change nothing.

use analysis::{Budget, IdleReason, idle_statements};

use super::support::{allow, deny, document, when};

fn idle(statements: &[&str]) -> Vec<(usize, IdleReason)> {
    let found = idle_statements(&document(&statements.join(",")), Budget::default());
    found.into_iter().map(|idle| idle.map(|idle| (idle.statement, idle.reason)).unwrap()).collect()
}

#[test]
fn a_statement_that_others_say_is_redundant_and_of_two_equals_the_first_stays() {
    let (wide, narrow) = (allow(r#""s3:*""#, r#""*""#), allow(r#""s3:Get*""#, r#""arn:aws:s3:::b/*""#));
    assert_eq!(idle(&[&narrow, &wide]), [(0, IdleReason::Redundant { by: vec![1] })]);
    assert_eq!(idle(&[&wide, &wide]), [(1, IdleReason::Redundant { by: vec![0] })]);
    assert_eq!(idle(&[&narrow, &allow(r#""s3:Put*""#, r#""*""#)]), []);
}

#[test]
fn two_statements_can_cover_a_third_between_them() {
    let open = when(r#"{"NumericLessThan": {"n": "5"}}"#);
    let rest = when(r#"{"NumericGreaterThanEqualsIfExists": {"n": "5"}}"#);
    let all = allow(r#""*""#, r#""*""#);
    let named = allow(r#""s3:GetObject""#, r#""*""#);
    assert_eq!(idle(&[&open, &rest, &named]), [(2, IdleReason::Redundant { by: vec![0, 1] })]);
    assert_eq!(idle(&[&open, &all]), [(0, IdleReason::Redundant { by: vec![1] })]);
}

#[test]
fn an_allow_that_is_denied_is_dead_and_so_is_what_nothing_satisfies() {
    let (allowed, denied) = (allow(r#""s3:Get*""#, r#""*""#), deny(r#""s3:*""#, r#""*""#));
    assert_eq!(idle(&[&allowed, &denied]), [(0, IdleReason::Denied { by: vec![1] })]);
    let never = when(r#"{"StringEquals": {"k": "a"}, "StringNotEquals": {"k": "a"}}"#);
    assert_eq!(idle(&[&never]), [(0, IdleReason::Unsatisfiable)]);
    // A deny may matter to other policies: it is idle only where another deny says it.
    assert_eq!(idle(&[&denied]), []);
    assert_eq!(
        idle(&[&denied, &deny(r#""s3:GetObject""#, r#""*""#)]),
        [(1, IdleReason::Redundant { by: vec![0] })]
    );
}

#[test]
fn variables_are_the_same_as_themselves() {
    let own = r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/${aws:username}/*"}"#;
    let part = r#"{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/${aws:username}/x"}"#;
    assert_eq!(idle(&[own, part]), [(1, IdleReason::Redundant { by: vec![0] })]);
}
