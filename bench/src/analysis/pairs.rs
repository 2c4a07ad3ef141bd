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
    /// Both as they are written.
    pub(super) texts: [Arc<str>; 2],
}

impl Pair {
    fn new(name: String, texts: [Arc<str>; 2]) -> Result<Self> {
        let [a, b] = texts.each_ref().map(|text| Policy::parse(text));
        let (a, b) = (a.with_context(|| name.clone())?, b.with_context(|| name.clone())?);
        Ok(Self { name, a: Arc::new(a), b: Arc::new(b), texts })
    }
}

/// Each managed policy against itself with a statement dropped, added, narrowed and widened.
pub(super) fn mutations() -> Result<Vec<Pair>> {
    let mut pairs = Vec::new();
    let all = catalog::managed_policies();
    for (number, managed) in all.iter().enumerate() {
        let document: Json = serde_json::from_str(managed.document())?;
        let whole: Arc<str> = managed.document().into();
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
            let text = document_of(&document, &statements);
            pairs.push(Pair::new(format!("{} {how} {at}", managed.name()), [Arc::clone(&whole), text])?);
        }
    }
    Ok(pairs)
}

/// Each managed policy with one condition more, against the same with another condition there, or against the same
/// with an element of that statement turned into its complement.
pub(super) fn conditions() -> Result<Vec<Pair>> {
    let blocks: Vec<[Json; 2]> = serde_json::from_str(CONDITIONS)?;
    let mut pairs = Vec::new();
    for (number, managed) in catalog::managed_policies().iter().enumerate() {
        let document: Json = serde_json::from_str(managed.document())?;
        let statements = statements(&document);
        let at = number % statements.len().max(1);
        let touched = statements.get(at).context("there is a statement")?;
        let block = number % (blocks.len() + 1);
        let (name, [a, b]) = match blocks.get(block) {
            Some(block) => {
                (format!("condition {}", block[0]), block.each_ref().map(|more| under(touched, more)))
            }
            None => ("complement".to_owned(), [touched.clone(), complement(touched)]),
        };
        let texts = [a, b].map(|statement| {
            let mut document = document.clone();
            // Variables are text in documents of the older version.
            document["Version"] = json!("2012-10-17");
            document_of(&document, &with(&statements, at, statement))
        });
        pairs.push(Pair::new(format!("{} {name} {at}", managed.name()), texts)?);
    }
    Ok(pairs)
}

/// The so many largest managed policies against each other.
pub(super) fn largest(count: usize) -> Result<Vec<Pair>> {
    let mut all: Vec<_> = catalog::managed_policies().iter().collect();
    all.sort_by_key(|managed| std::cmp::Reverse(managed.document().len()));
    all.truncate(count);
    let texts: Vec<(&str, Arc<str>)> =
        all.iter().map(|managed| (managed.name(), managed.document().into())).collect();
    let mut pairs = Vec::new();
    for (number, (name, a)) in texts.iter().enumerate() {
        for (other, b) in texts.iter().skip(number + 1) {
            pairs.push(Pair::new(format!("{name} {other}"), [Arc::clone(a), Arc::clone(b)])?);
        }
    }
    Ok(pairs)
}

fn document_of(document: &Json, statements: &[Json]) -> Arc<str> {
    json!({"Version": document["Version"], "Statement": statements}).to_string().into()
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

/// The statement with a block of conditions more.
fn under(statement: &Json, block: &Json) -> Json {
    let mut under = statement.clone();
    for (operator, keys) in block.as_object().into_iter().flatten() {
        for (key, values) in keys.as_object().into_iter().flatten() {
            under["Condition"][operator][key] = values.clone();
        }
    }
    under
}

/// All actions but those, or all resources but those.
fn complement(statement: &Json) -> Json {
    let mut turned = statement.clone();
    for (element, other) in [("Resource", "NotResource"), ("Action", "NotAction")] {
        if let (Some(object), true) = (turned.as_object_mut(), statement[element] != json!("*"))
            && let Some(listed) = object.remove(element)
        {
            object.insert(other.to_owned(), listed);
            return turned;
        }
    }
    turned
}

/// Pairs of condition blocks: of every type of operator, each with something close to it.
const CONDITIONS: &str = include_str!("conditions.json");
