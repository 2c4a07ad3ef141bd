//! Two policies as SMT-LIB: is there a request that one allows and the other does not?
//!
//! An action and a resource are strings, a condition key is a Boolean (whether it is there) and a string. Patterns
//! are regular expressions. Operators of strings and Booleans are stated as they are; a clause of another operator
//! is a Boolean of its own, the same for clauses of the same text. That is exact only while no key has clauses of
//! both sorts or different clauses of the second sort; pairs in which one has, or which use policy variables, are
//! not stated.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use policy::condition::{Clause, Family, Qualifier};
use policy::{Effect, Polarity, Policy, Statement};

use super::pairs::Pair;

/// The questions of a pair, a - b and b - a.
pub(super) struct Script {
    pub(super) texts: [String; 2],
}

/// States a pair; `None` where it cannot be stated exactly.
pub(super) fn script(pair: &Pair) -> Option<Script> {
    let mut keys = Keys::default();
    let (a, b) = (keys.policy(&pair.a)?, keys.policy(&pair.b)?);
    let head = keys.declarations()?;
    let ask = |yes: &str, no: &str| format!("{head}(assert {yes})\n(assert (not {no}))\n(check-sat)\n");
    Some(Script { texts: [ask(&a, &b), ask(&b, &a)] })
}

/// How a key is asked about.
#[derive(Default)]
struct Key {
    number: usize,
    texts: bool,
    booleans: bool,
    opaque: BTreeSet<String>,
}

#[derive(Default)]
struct Keys {
    known: BTreeMap<String, Key>,
    opaque: BTreeMap<String, usize>,
}

impl Keys {
    /// The formula that a policy allows the request.
    fn policy(&mut self, policy: &Policy) -> Option<String> {
        let (mut allows, mut denies) = (Vec::new(), Vec::new());
        for statement in policy.statements() {
            let formula = self.statement(statement)?;
            match statement.effect() {
                Effect::Allow => allows.push(formula),
                Effect::Deny => denies.push(formula),
            }
        }
        Some(format!("(and {} (not {}))", any(allows), any(denies)))
    }

    fn statement(&mut self, statement: &Statement) -> Option<String> {
        if statement.principals().is_some() {
            return None;
        }
        let actions = statement.actions();
        let entries =
            actions.patterns().iter().map(|entry| matches("action", &entry.as_str().to_ascii_lowercase()));
        let mut parts = vec![polar(actions.polarity(), any(entries.collect()))];
        let resources = statement.resources()?;
        let mut entries = Vec::new();
        for entry in resources.patterns() {
            let text = entry.as_str();
            if text.contains("${") {
                return None;
            }
            // The engine reads a short ARN as if stars stood in the missing parts.
            let colons = text.matches(':').count();
            let padding = if text == "*" { 0 } else { 5_usize.saturating_sub(colons) };
            entries.push(matches("resource", &format!("{text}{}", ":*".repeat(padding))));
        }
        parts.push(polar(resources.polarity(), any(entries)));
        for clause in statement.conditions() {
            parts.push(self.clause(clause)?);
        }
        Some(format!("(and {})", parts.join(" ")))
    }

    fn clause(&mut self, clause: &Clause) -> Option<String> {
        let test = clause.test();
        let values: Vec<&str> = clause.values().iter().map(|value| value.as_str()).collect();
        if values.iter().any(|value| value.contains("${")) || values.is_empty() {
            return None;
        }
        let next = self.known.len();
        let key = self.known.entry(clause.key().folded().to_owned()).or_default();
        if !key.texts && !key.booleans && key.opaque.is_empty() {
            key.number = next;
        }
        let number = key.number;
        let name = format!("k{number}");
        let equal = |value: &str| format!("(= {name} {})", literal(value));
        let same = match (test.family(), test.operator()) {
            _ if test.qualifier() != Qualifier::Single => None,
            (Family::Null, _) => {
                let absent = values.first()?.eq_ignore_ascii_case("true");
                key.texts |= !key.booleans;
                return Some(if absent { format!("(not p{number})") } else { format!("p{number}") });
            }
            (Family::Bool, _) => {
                key.booleans = true;
                Some(any(values.iter().map(|value| equal(&value.to_ascii_lowercase())).collect()))
            }
            (Family::String, "StringEquals" | "StringNotEquals") => {
                key.texts = true;
                Some(any(values.iter().map(|value| equal(value)).collect()))
            }
            (Family::String, "StringLike" | "StringNotLike") => {
                key.texts = true;
                Some(any(values.iter().map(|value| matches(&name, value)).collect()))
            }
            _ => None,
        };
        let Some(same) = same else {
            let text = format!("{} {} {values:?}", test.name(), clause.key().folded());
            key.opaque.insert(text.clone());
            let next = self.opaque.len();
            return Some(format!("o{}", self.opaque.entry(text).or_insert(next)));
        };
        Some(match (test.is_negated(), test.is_if_exists()) {
            (false, false) => format!("(and p{number} {same})"),
            (false, true) => format!("(or (not p{number}) {same})"),
            (true, _) => format!("(or (not p{number}) (not {same}))"),
        })
    }

    /// What stands before the question; `None` where some key is asked about in ways that do not go together.
    fn declarations(&self) -> Option<String> {
        let mut out = String::from(
            "(set-logic ALL)\n(declare-const action String)\n(declare-const resource String)\n\
             (assert (str.in_re action (re.++ (re.+ (re.union (re.range \"a\" \"z\") (re.range \"0\" \"9\") \
             (str.to_re \"-\") (str.to_re \".\"))) (str.to_re \":\") (re.+ (re.union (re.range \"a\" \"z\") \
             (re.range \"0\" \"9\"))))))\n",
        );
        for key in self.known.values() {
            let ways = usize::from(key.texts) + usize::from(key.booleans) + key.opaque.len();
            if ways > 1 {
                return None;
            }
            let number = key.number;
            let _ = writeln!(out, "(declare-const p{number} Bool)\n(declare-const k{number} String)");
            if key.booleans {
                let _ = writeln!(out, "(assert (or (= k{number} \"true\") (= k{number} \"false\")))");
            }
        }
        for number in self.opaque.values() {
            let _ = writeln!(out, "(declare-const o{number} Bool)");
        }
        Some(out)
    }
}

fn polar(polarity: Polarity, formula: String) -> String {
    match polarity {
        Polarity::Listed => formula,
        Polarity::AllBut => format!("(not {formula})"),
    }
}

fn any(formulas: Vec<String>) -> String {
    match formulas.as_slice() {
        [] => "false".into(),
        [only] => only.clone(),
        many => format!("(or {})", many.join(" ")),
    }
}

/// A variable matches a pattern of `*` and `?`.
fn matches(variable: &str, pattern: &str) -> String {
    if !pattern.contains(['*', '?']) {
        return format!("(= {variable} {})", literal(pattern));
    }
    let mut parts = Vec::new();
    let mut plain = String::new();
    for c in pattern.chars() {
        let wild = match c {
            '*' => "re.all",
            '?' => "re.allchar",
            c => {
                plain.push(c);
                continue;
            }
        };
        if !plain.is_empty() {
            parts.push(format!("(str.to_re {})", literal(&std::mem::take(&mut plain))));
        }
        parts.push(wild.into());
    }
    if !plain.is_empty() {
        parts.push(format!("(str.to_re {})", literal(&plain)));
    }
    match parts.as_slice() {
        [only] => format!("(str.in_re {variable} {only})"),
        many => format!("(str.in_re {variable} (re.++ {}))", many.join(" ")),
    }
}

fn literal(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\"\""),
            ' '..='~' if c != '\\' => out.push(c),
            c => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
        }
    }
    out.push('"');
    out
}
