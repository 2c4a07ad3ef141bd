//! What answers are made of, as JSON and in words.

use analysis::Exhausted;
use analysis::estate::{Condition, Decider, Estate, Undecided, Why};
use anyhow::bail;
use policy::{Context, Key, Request, Values};
use serde_json::{Map, Value as Json, json};

use crate::policy_commands::reason;

/// The one user or role of a name.
pub(super) fn find(estate: &Estate, name: &str) -> anyhow::Result<usize> {
    let arns = |found: &[usize]| -> Vec<String> {
        found.iter().take(MOST_NAMED).map(|at| format!("\n  {}", arn(estate, *at))).collect()
    };
    match estate.named(name).as_slice() {
        [one] => Ok(*one),
        [] => bail!("there is no user or role `{name}` among the {} here", estate.members().len()),
        several => {
            bail!("`{name}` is {} users and roles: give an ARN{}", several.len(), arns(several).concat())
        }
    }
}

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

/// The same in words, with what the request brings. The caller is a place in the estate.
pub(super) fn print_why(estate: &Estate, (caller, why): (usize, &Why), request: &Request, indent: &str) {
    for decider in &why.deciders {
        println!("{indent}by {}", decider_text(decider));
    }
    for decider in &why.unless {
        println!("{indent}unless {}", decider_text(decider));
    }
    // What a call settles for the requests that come after it is told even where the call itself does not hang on it.
    if let Some(circumstances) = circumstances(estate, caller, request) {
        println!("{indent}for instance {circumstances}");
    }
}

/// What a request is about that the requests of a member are not anyhow, in words: its session, and the keys that it
/// brings. `None` where that is nothing.
pub(super) fn circumstances(estate: &Estate, caller: usize, request: &Request) -> Option<String> {
    let member = estate.members().get(caller)?;
    let resource = request.resource.as_str();
    let bare = member.asker(resource).request(request.action.clone(), resource);
    let session = request.principal.arn().filter(|arn| Some(*arn) != bare.principal.arn());
    let parts = [session.map(|arn| format!("as {arn}")), brought(request, &bare.context)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// The keys of a request that are not known of it anyhow, in words; `None` where there are none.
pub(super) fn brought(request: &Request, known: &Context) -> Option<String> {
    // The unique id ends with the session's name, which the principal tells.
    let is_new =
        |(key, values): &(&Key, &Values)| known.lookup(key) != Some(*values) && key.folded() != "aws:userid";
    let keys = request.context.iter().filter(is_new);
    let keys: Vec<String> =
        keys.map(|(key, values)| format!("{} = {}", key.as_str(), values.as_slice().join(", "))).collect();
    (!keys.is_empty()).then(|| format!("with {}", keys.join(" and ")))
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

/// So many are named where one was meant.
const MOST_NAMED: usize = 10;

/// What is said of a chain of which not every step was shown to go with the others.
pub(super) const EACH_BY_ITSELF: &str =
    "(each step is allowed by itself; whether they go together was not decided)";
