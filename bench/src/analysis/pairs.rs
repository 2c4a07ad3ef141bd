//! Pairs of policies to compare.
#![expect(
    clippy::indexing_slicing,
    reason = "a JSON object gives null for a name that it lacks, or makes it"
)]

use std::sync::Arc;

use anyhow::{Context as _, Result};
use policy::Policy;
use serde_json::{Value as Json, json};

/// Two policies.
pub(super) struct Pair {
    /// Where they come from.
    pub(super) name: String,
    pub(super) a: Arc<Policy>,
    pub(super) b: Arc<Policy>,
}

/// Each managed policy against itself with a statement dropped, added, narrowed and widened.
pub(super) fn mutations() -> Result<Vec<Pair>> {
    let mut pairs = Vec::new();
    let all = catalog::managed_policies();
    for (number, managed) in all.iter().enumerate() {
        let document: Json = serde_json::from_str(managed.document())?;
        let whole = Arc::new(Policy::parse(managed.document())?);
        let statements = statements(&document);
        // Which statement is touched goes round with the policies.
        let at = number % statements.len().max(1);
        let neighbour = all.get((number + 1) % all.len()).context("there are policies")?;
        let neighbour: Json = serde_json::from_str(neighbour.document())?;
        let mut changed = Vec::new();
        let mut dropped = statements.clone();
        let touched = dropped.remove(at);
        changed.push(("dropped", dropped));
        let mut added = statements.clone();
        added.extend(self::statements(&neighbour).into_iter().next());
        changed.push(("added", added));
        changed.push(("narrowed", with(&statements, at, narrowed(&touched, number))));
        changed.push(("widened", with(&statements, at, widened(&touched))));
        for (how, statements) in changed {
            let text = json!({"Version": document["Version"], "Statement": statements}).to_string();
            let b = Arc::new(Policy::parse(&text).with_context(|| format!("{} {how}", managed.name()))?);
            pairs.push(Pair { name: format!("{} {how} {at}", managed.name()), a: Arc::clone(&whole), b });
        }
    }
    Ok(pairs)
}

/// The so many largest managed policies against each other.
pub(super) fn largest(count: usize) -> Result<Vec<Pair>> {
    let mut all: Vec<_> = catalog::managed_policies().iter().collect();
    all.sort_by_key(|managed| std::cmp::Reverse(managed.document().len()));
    all.truncate(count);
    let parsed = all.iter().map(|managed| Ok((managed.name(), Arc::new(Policy::parse(managed.document())?))));
    let parsed: Vec<(&str, Arc<Policy>)> = parsed.collect::<Result<_>>()?;
    let mut pairs = Vec::new();
    for (number, (name, a)) in parsed.iter().enumerate() {
        for (other, b) in parsed.iter().skip(number + 1) {
            pairs.push(Pair { name: format!("{name} {other}"), a: Arc::clone(a), b: Arc::clone(b) });
        }
    }
    Ok(pairs)
}

fn statements(document: &Json) -> Vec<Json> {
    match &document["Statement"] {
        Json::Array(statements) => statements.clone(),
        one => vec![one.clone()],
    }
}

fn with(statements: &[Json], at: usize, statement: Json) -> Vec<Json> {
    let mut changed = statements.to_vec();
    if let Some(slot) = changed.get_mut(at) {
        *slot = statement;
    }
    changed
}

/// Fewer actions, a longer resource, or one more condition, in turns.
fn narrowed(statement: &Json, turn: usize) -> Json {
    let mut narrow = statement.clone();
    let has_resource = narrow.get("Resource").is_some();
    if let (0, Some(Json::Array(actions))) = (turn % 3, narrow.get_mut("Action"))
        && actions.len() > 1
    {
        actions.pop();
        return narrow;
    }
    if turn % 3 == 1 && has_resource {
        let first = match &narrow["Resource"] {
            Json::Array(resources) => resources.first().cloned().unwrap_or_default(),
            one => one.clone(),
        };
        let first = match first.as_str() {
            Some("*") | None => "arn:aws:s3:::narrow/*".to_owned(),
            Some(text) => format!("{}x", text.trim_end_matches('*')),
        };
        narrow["Resource"] = json!(first);
    } else {
        narrow["Condition"]["StringEquals"]["aws:RequestedRegion"] = json!(["eu-west-1", "us-east-1"]);
    }
    narrow
}

/// All actions of the first action's service, or all resources.
fn widened(statement: &Json) -> Json {
    let mut wide = statement.clone();
    let first = match &wide["Action"] {
        Json::Array(actions) => actions.first().and_then(Json::as_str),
        one => one.as_str(),
    };
    match first.and_then(|action| action.split_once(':')).map(|(service, _)| format!("{service}:*")) {
        Some(service) => wide["Action"] = json!([service]),
        None => wide["Resource"] = json!("*"),
    }
    wide
}
