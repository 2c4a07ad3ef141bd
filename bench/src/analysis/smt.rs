//! Two policies as SMT-LIB: is there a request that one allows and the other does not?
//!
//! An action and a resource are strings. What a request holds under a condition key is absence, one value, or, where set
//! operators read it, a list with as many places as the clauses can tell apart; a value is a string, or an ARN, truth,
//! number, moment or address where no clause reads it otherwise. Wildcards are regular expressions, policy variables are the strings of their
//! keys. A pair of which something cannot be said exactly is left out, with the reason.

mod glob;
mod keys;
mod values;

use policy::{Effect, Polarity, Policy, Statement, Version};

use super::pairs::Pair;
use glob::{Piece, matches, pieces};
use keys::Keys;

/// The questions of a pair, a - b and b - a.
pub(super) struct Script {
    pub(super) texts: [String; 2],
}

/// Why a pair is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LeftOut {
    Principal,
    NoResource,
    Bytes,
    NoValues,
    Unreadable,
    SetOfNulls,
    TypesOfOneKey,
    ManySets,
    VariableInArn,
    VariableWithoutCase,
    VariableBesideOne,
    OddVariable,
    OddCase,
}

impl LeftOut {
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Principal => "a statement with a principal",
            Self::NoResource => "a statement without a resource",
            Self::Bytes => "an operator of bytes",
            Self::NoValues => "a key with an empty list of values",
            Self::Unreadable => "a value that is none of its type",
            Self::SetOfNulls => "a set operator with Null",
            Self::TypesOfOneKey => "a key that is read as values of several types",
            Self::ManySets => "more than four set operators on one key",
            Self::VariableInArn => "a policy variable with an ARN operator",
            Self::VariableWithoutCase => "a policy variable without regard to case",
            Self::VariableBesideOne => "a policy variable beside `?`",
            Self::OddVariable => "a policy variable where it is text",
            Self::OddCase => "letters beyond ASCII without regard to case",
        }
    }
}

/// States a pair.
pub(super) fn script(pair: &Pair) -> Result<Script, LeftOut> {
    let keys = Keys::of([&pair.a, &pair.b])?;
    let (a, b) = (policy(&keys, &pair.a)?, policy(&keys, &pair.b)?);
    let head = keys.declarations();
    let ask =
        |yes: &str, no: &str| format!("{PROLOGUE}{head}(assert {yes})\n(assert (not {no}))\n(check-sat)\n");
    Ok(Script { texts: [ask(&a, &b), ask(&b, &a)] })
}

/// The formula that a policy allows the request.
fn policy(keys: &Keys, policy: &Policy) -> Result<String, LeftOut> {
    let (mut allows, mut denies) = (Vec::new(), Vec::new());
    for statement in policy.statements() {
        let formula = self::statement(keys, statement, policy.version())?;
        match statement.effect() {
            Effect::Allow => allows.push(formula),
            Effect::Deny => denies.push(formula),
        }
    }
    Ok(match any(denies).as_str() {
        "false" => any(allows),
        denied => all(vec![any(allows), not(denied)]),
    })
}

fn statement(keys: &Keys, statement: &Statement, version: Version) -> Result<String, LeftOut> {
    if statement.principals().is_some() {
        return Err(LeftOut::Principal);
    }
    let actions = statement.actions();
    let entries = actions.patterns().iter().map(|entry| {
        let folded = entry.as_str().to_ascii_lowercase();
        // Without variables nothing keeps a pattern from being stated.
        matches("action", &pieces(&folded, false, true)?, |_, _| Err(LeftOut::OddVariable))
    });
    let mut parts = vec![polar(actions.polarity(), any(entries.collect::<Result<_, _>>()?))];
    let resources = statement.resources().ok_or(LeftOut::NoResource)?;
    let mut entries = Vec::new();
    for entry in resources.patterns() {
        let pattern = resource(entry.as_str(), version)?;
        // A variable without a value: as an entry of `NotResource` it keeps the statement from applying.
        let mut resolved = Vec::new();
        let formula = matches("resource", &pattern, |key, default| {
            let (term, has_value) = keys.variable(key, default)?;
            resolved.push(has_value);
            Ok(term)
        })?;
        match resources.polarity() {
            Polarity::Listed => {
                resolved.push(formula);
                entries.push(all(resolved));
            }
            Polarity::AllBut => {
                parts.extend(resolved);
                entries.push(formula);
            }
        }
    }
    parts.push(polar(resources.polarity(), any(entries)));
    for clause in statement.conditions() {
        parts.push(keys.clause(clause, version)?);
    }
    Ok(all(parts))
}

/// A resource's pattern: a short ARN as if stars stood in the missing parts.
fn resource(text: &str, version: Version) -> Result<Vec<Piece>, LeftOut> {
    let variables = version == Version::V2012;
    if variables && text.contains("${") {
        let fifth = text.match_indices(':').nth(4).map(|(at, _)| at);
        if text.find("${") < fifth || fifth.is_none() {
            return Err(LeftOut::OddVariable);
        }
    }
    let colons = text.matches(':').count();
    let padding = if text == "*" { 0 } else { 5_usize.saturating_sub(colons) };
    pieces(&format!("{text}{}", ":*".repeat(padding)), variables, true)
}

fn polar(polarity: Polarity, formula: String) -> String {
    match polarity {
        Polarity::Listed => formula,
        Polarity::AllBut => not(&formula),
    }
}

fn not(formula: &str) -> String {
    match formula {
        "true" => "false".into(),
        "false" => "true".into(),
        formula => format!("(not {formula})"),
    }
}

fn any(mut formulas: Vec<String>) -> String {
    formulas.retain(|formula| formula != "false");
    if formulas.iter().any(|formula| formula == "true") {
        return "true".into();
    }
    match formulas.as_slice() {
        [] => "false".into(),
        [only] => only.clone(),
        many => format!("(or {})", many.join(" ")),
    }
}

fn all(mut formulas: Vec<String>) -> String {
    formulas.retain(|formula| formula != "true");
    if formulas.iter().any(|formula| formula == "false") {
        return "false".into();
    }
    match formulas.as_slice() {
        [] => "true".into(),
        [only] => only.clone(),
        many => format!("(and {})", many.join(" ")),
    }
}

/// An action has two halves; letters of either case are one.
const PROLOGUE: &str = "(set-logic ALL)\n(declare-const action String)\n(declare-const resource String)\n\
    (define-fun plain () RegLan (re.union (re.range \"\\u{0}\" \"9\") (re.range \";\" \"\\u{2ffff}\")))\n\
    (assert (str.in_re action (re.++ (re.+ (re.union (re.range \"a\" \"z\") (re.range \"0\" \"9\") \
    (str.to_re \"-\") (str.to_re \".\"))) (str.to_re \":\") (re.+ (re.union (re.range \"a\" \"z\") \
    (re.range \"0\" \"9\"))))))\n";
