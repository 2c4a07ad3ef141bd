//! The workload as the bench writes it, and what every translation needs of it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value as Json};

#[derive(Deserialize)]
pub struct Workload {
    pub documents: Vec<String>,
    pub principals: Vec<Principal>,
    pub levels: Vec<Vec<usize>>,
    pub asks: Vec<Ask>,
}

#[derive(Deserialize)]
pub struct Principal {
    /// The user's or the role's.
    pub arn: String,
    pub session: Option<String>,
    pub identity: Vec<usize>,
    pub boundary: Option<usize>,
}

#[derive(Deserialize)]
pub struct Ask {
    pub principal: usize,
    pub action: String,
    pub resource: String,
    pub resource_policy: Option<usize>,
    pub context: BTreeMap<String, Held>,
}

#[derive(Deserialize, Clone)]
#[serde(untagged)]
pub enum Held {
    One(String),
    Many(Vec<String>),
}

impl Workload {
    pub fn principal(&self, ask: &Ask) -> &Principal {
        &self.principals[ask.principal]
    }

    /// The statements of a policy, with variables written out.
    pub fn statements(&self, index: usize, ask: &Ask) -> Vec<Statement> {
        let mut text = self.documents[index].clone();
        for (key, held) in &ask.context {
            if let Held::One(value) = held {
                text = text.replace(&format!("${{{key}}}"), value);
            }
        }
        let document: Json = serde_json::from_str(&text).expect("the bench writes JSON");
        list(document.get("Statement"))
            .into_iter()
            .filter_map(|one| one.as_object().cloned())
            .map(Statement)
            .collect()
    }
}

/// One statement.
#[derive(Clone)]
pub struct Statement(Map<String, Json>);

/// A clause of a condition: `ForAnyValue:StringLikeIfExists`, taken apart.
pub struct Clause {
    /// `ForAllValues`, `ForAnyValue` or nothing.
    pub quantity: String,
    /// Without quantity, `Not` and `IfExists`.
    pub operator: String,
    pub negated: bool,
    pub if_exists: bool,
    /// In lower case.
    pub key: String,
    pub values: Vec<String>,
}

impl Statement {
    pub fn is_deny(&self) -> bool {
        self.0["Effect"] == "Deny"
    }

    /// The strings of an element, or of its complement; whether it was that.
    pub fn element(&self, name: &str) -> (Vec<String>, bool) {
        let complement = format!("Not{name}");
        match self.0.get(&complement) {
            Some(value) => (strings(value), true),
            None => (self.0.get(name).map(strings).unwrap_or_default(), false),
        }
    }

    /// Whether it speaks of the principal; a grant to the account is no grant to it.
    pub fn names(&self, principal: &Principal) -> bool {
        let named = match self.0.get("Principal") {
            Some(Json::Object(kinds)) => kinds.values().flat_map(strings).collect(),
            Some(other) => strings(other),
            None => Vec::new(),
        };
        named.iter().any(|name| name == "*" || *name == principal.arn)
    }

    pub fn clauses(&self) -> Vec<Clause> {
        let mut clauses = Vec::new();
        for (operator, keys) in self.0.get("Condition").and_then(Json::as_object).into_iter().flatten() {
            let (quantity, rest) = operator.split_once(':').unwrap_or(("", operator));
            let (rest, if_exists) = rest.strip_suffix("IfExists").map_or((rest, false), |base| (base, true));
            for (key, values) in keys.as_object().into_iter().flatten() {
                clauses.push(Clause {
                    quantity: quantity.to_owned(),
                    operator: rest.replacen("Not", "", 1),
                    negated: rest.contains("Not"),
                    if_exists,
                    key: key.to_lowercase(),
                    values: strings(values),
                });
            }
        }
        clauses
    }
}

impl Clause {
    /// Whether it compares numbers or moments, and how: `Equals`, `LessThan` and so on.
    pub fn order(&self) -> Option<&str> {
        self.operator.strip_prefix("Numeric").or_else(|| self.operator.strip_prefix("Date"))
    }
}

/// A number, or the seconds of a moment.
pub fn number(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| Some(text.parse::<jiff::Timestamp>().ok()?.as_second()))
}

fn strings(value: &Json) -> Vec<String> {
    list(Some(value))
        .into_iter()
        .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        .collect()
}

fn list(value: Option<&Json>) -> Vec<&Json> {
    match value {
        None => Vec::new(),
        Some(Json::Array(items)) => items.iter().collect(),
        Some(one) => vec![one],
    }
}
