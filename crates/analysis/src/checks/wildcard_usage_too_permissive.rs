//! A wildcard, or a policy variable that may hold one value or any, where it opens too much.

use super::prelude::*;
use super::variables;

pub(super) const CHECKS: [Check; 2] = [
    Check::new(
        "WILDCARD_USAGE_TOO_PERMISSIVE",
        Error,
        Look::Value(|_, clause, value, found| {
            if !clause.is_like() || clause.is(Family::Arn) {
                return;
            }
            // A variable is the other check's business; what it may hold is hidden here.
            let text = masked(value);
            if let Some(at) = text.find(['*', '?']) {
                look(clause, value, &text, at, "wildcard", found);
            }
        }),
    ),
    Check::new(
        "VARIABLE_USAGE_TOO_PERMISSIVE",
        Error,
        Look::Value(|_, clause, value, found| {
            let variables = variables::of(value);
            if let [own] = &variables[..]
                && clause.is_about(own.key())
                && value.text == format!("${{{}}}", own.inside)
            {
                let details = format!("{} is compared with itself, which it always is.", clause.key);
                return found.at(value.span, details);
            }
            let first = variables.into_iter().find(|variable| {
                // A border drawn at the caller's own account or organization is none that the caller moves.
                !variable.is_escape() && !SENSITIVE.iter().any(|key| key.eq_ignore_ascii_case(variable.key()))
            });
            if let Some(at) = first.and_then(|_| value.text.find("${")) {
                look(clause, value, value.text, at, "policy variable", found);
            }
        }),
    ),
];

fn look(clause: &Clause<'_>, value: Entry<'_>, text: &str, at: usize, what: &str, found: &mut Found<'_>) {
    // Of all values denied nothing is left to open: the clause asks whether the key is missing.
    if !clause.is(Family::String) || (clause.is_negated() && is_everything(text)) {
        return;
    }
    let before = text.get(..at).unwrap_or_default();
    let details = if SENSITIVE.iter().any(|key| clause.is_about(key)) {
        format!("{} draws a border, and a {what} in it opens it: name the values.", clause.key)
    } else if clause.is_about("aws:userid") {
        let left_alone = matches!(text.split_once(':'), Some(("*" | "?", _)));
        if before.contains(':') || left_alone {
            return;
        }
        format!("In aws:userid a {what} stands behind the colon, or alone before it.")
    } else if NARROW.iter().any(|key| clause.is_about(key)) {
        let is_long = before.chars().rev().take_while(|c| !matches!(c, '*' | '?')).count() >= 6;
        if is_long {
            return;
        }
        format!(
            "In {} so short a beginning opens too much: put at least 6 characters before the {what}.",
            clause.key
        )
    } else {
        return;
    };
    found.at(value.span, details);
}

fn is_everything(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte == b'*')
}

/// The value with letters in the place of its variables, as long as it was.
fn masked(value: Entry<'_>) -> String {
    let mut text = value.text.to_owned();
    for variable in variables::of(value) {
        let written = format!("${{{}}}", variable.inside);
        text = text.replace(&written, &"x".repeat(written.len()));
    }
    text
}

/// AWS: "AWS global condition context keys", sensitive condition keys.
const SENSITIVE: &[&str] = &[
    "aws:PrincipalAccount",
    "aws:PrincipalOrgID",
    "aws:ResourceAccount",
    "aws:ResourceOrgID",
    "aws:SourceAccount",
    "aws:SourceOrgID",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:VpceAccount",
    "aws:VpceOrgID",
];

/// Keys whose values begin alike for everybody.
const NARROW: &[&str] =
    &["aws:PrincipalOrgPaths", "aws:ResourceOrgPaths", "aws:SourceOrgPaths", "aws:VpceOrgPaths"];
