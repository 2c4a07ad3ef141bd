//! What answers are made of, as JSON and in words.

use analysis::Exhausted;
use analysis::estate::{Condition, Decider, Estate, Undecided, Why};
use policy::Request;
use serde_json::{Map, Value as Json, json};

use crate::policy_commands::{reason, scenario};

/// The ARN of a member.
pub(super) fn arn(estate: &Estate, member: usize) -> &str {
    estate.members().get(member).map_or("", |member| member.arn.as_str())
}

pub(super) fn decider(decider: &Decider) -> Json {
    json!({
        "policy": decider.policy,
        "layer": decider.layer,
        "sid": decider.sid,
        "statement": decider.statement,
        "conditions": conditions(&decider.conditions),
    })
}

/// Why a request is allowed: the statements, and what could take it away.
pub(super) fn why(why: &Why) -> Json {
    json!({
        "conditional": why.is_conditional,
        "statements": why.deciders.iter().map(decider).collect::<Json>(),
        "unless": why.unless.iter().map(decider).collect::<Json>(),
    })
}

/// The same in words, with an example where it takes conditions.
pub(super) fn print_why(why: &Why, request: &Request, indent: &str) {
    for decider in &why.deciders {
        println!("{indent}by {}", decider_text(decider));
    }
    for decider in &why.unless {
        println!("{indent}unless {}", decider_text(decider));
    }
    if why.is_conditional {
        println!("{indent}for instance {}", scenario(request));
    }
}

/// A statement in words: by name or by place, and what it asks.
pub(super) fn decider_text(decider: &Decider) -> String {
    let statement = match &decider.sid {
        Some(sid) if !sid.is_empty() => format!("statement `{sid}`"),
        _ => format!("statement {}", decider.statement),
    };
    let conditions = decider.conditions.iter();
    let conditions: Vec<String> =
        conditions.map(|one| format!("{} {}: {}", one.operator, one.key, one.values.join(" or "))).collect();
    let when =
        if conditions.is_empty() { String::new() } else { format!(", if {}", conditions.join(" and ")) };
    format!("{} ({}), {statement}{when}", decider.policy, decider.layer)
}

pub(super) fn undecided(estate: &Estate, list: &[Undecided]) -> Json {
    let one = |one: &Undecided| {
        json!({
            "principal": arn(estate, one.member),
            "role": one.role.map(|role| arn(estate, role)),
            "reason": reason(one.exhausted),
        })
    };
    list.iter().map(one).collect()
}

/// Says on standard error what an answer does not cover.
pub(super) fn warn(estate: &Estate, list: &[Undecided]) {
    for one in list {
        let over = one.role.map_or(String::new(), |role| format!(" over {}", arn(estate, role)));
        eprintln!("not decided for {}{over}: {}", arn(estate, one.member), reason(one.exhausted));
    }
}

/// Conditions, as a statement has them.
pub(super) fn conditions(list: &[Condition]) -> Json {
    let mut operators: Map<String, Json> = Map::new();
    for condition in list {
        let keys = operators.entry(condition.operator.clone()).or_insert_with(|| json!({}));
        if let Some(keys) = keys.as_object_mut() {
            keys.insert(condition.key.clone(), json!(condition.values));
        }
    }
    Json::Object(operators)
}

/// What ran out, as JSON.
pub(super) fn exhausted(what: Option<Exhausted>) -> Json {
    what.map_or(Json::Null, |what| reason(what).into())
}

/// What is said of a chain of which not every step was shown to go with the others.
pub(super) const EACH_BY_ITSELF: &str =
    "(each step is allowed by itself; whether they go together was not decided)";
