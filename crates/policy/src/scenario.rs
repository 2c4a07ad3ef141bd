//! A question as one JSON object, and its answer as another: what `portcullis policy simulate`
//! reads and prints.

mod answer;
mod principal;

use std::collections::HashMap;
use std::sync::Arc;

use compact_str::CompactString;
use serde_json::Value as Json;
use types::AccountId;

use crate::json::{self, Duplicates, Node, Value};
use crate::span::Span;
use crate::{
    Action, Bundle, Context, Layer, Named, Outcome, Policy, PolicySet, Request, SourceKind, Values, implied,
};

pub use answer::Detail;

/// One question: policies, a request, and what to expect of the decision.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Whatever the question calls itself; null where it does not.
    pub id: Json,
    /// The policies.
    pub set: PolicySet,
    /// The request, with the keys that principal and clock imply.
    pub request: Request,
    /// What the decision should be, for a scenario that is a test.
    pub expect: Option<Expectation>,
}

/// What a test expects of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// `allowed`, `explicitDeny`, `implicitDeny`, or `denied` for either denial.
    pub decision: Expected,
    /// The layers that block, in any order; `None` if they do not matter.
    pub blocked_by: Option<Vec<String>>,
}

/// An outcome as a test names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Exactly this one.
    Outcome(Outcome),
    /// A denial of either kind.
    Denied,
}

/// Why a text is not a scenario.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ScenarioError {
    /// The scenario's id, as far as it could be read.
    pub id: Json,
    /// What is wrong.
    pub message: String,
}

impl ScenarioError {
    /// The line that stands in for a decision: `{"id", "error"}`.
    #[must_use]
    pub fn to_json(&self) -> Json {
        serde_json::json!({"id": self.id, "error": self.message})
    }
}

/// Reads scenarios. Documents that come again, as in a batch they do, are parsed once.
#[derive(Debug, Default)]
pub struct Reader {
    policies: HashMap<Box<str>, Arc<Policy>>,
    /// Bytes of text that `policies` holds.
    held: usize,
}

/// The largest scenario, in bytes.
const MAX_SCENARIO_BYTES: usize = 16 * 1024 * 1024;

/// How many bytes of documents a reader remembers before it starts anew.
const MAX_HELD_BYTES: usize = 64 * 1024 * 1024;

impl Scenario {
    /// Reads one scenario. `now` is the moment that the implied keys tell.
    pub fn parse(text: &str, now: jiff::Timestamp) -> Result<Self, ScenarioError> {
        Reader::default().read(text, now)
    }
}

impl Expectation {
    /// Compares with a decision; the error says what differs.
    pub fn check(&self, decision: &crate::Decision) -> Result<(), String> {
        let found = decision.outcome();
        let good = match self.decision {
            Expected::Outcome(outcome) => outcome == found,
            Expected::Denied => found != Outcome::Allowed,
        };
        if !good {
            return Err(format!("expected {}, got {}", self.decision.name(), found.wire_name()));
        }
        let Some(expected) = &self.blocked_by else { return Ok(()) };
        let mut expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        let mut blocked: Vec<&str> = decision.blocked_by().map(|layer| layer.name()).collect();
        expected.sort_unstable();
        blocked.sort_unstable();
        if expected != blocked {
            return Err(format!(
                "expected to be blocked by [{}], got [{}]",
                expected.join(", "),
                blocked.join(", ")
            ));
        }
        Ok(())
    }
}

impl Expected {
    fn name(self) -> &'static str {
        match self {
            Self::Outcome(outcome) => outcome.wire_name(),
            Self::Denied => "denied",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let outcomes = [Outcome::Allowed, Outcome::ExplicitDeny, Outcome::ImplicitDeny];
        match text {
            "denied" => Some(Self::Denied),
            _ => outcomes.into_iter().find(|outcome| outcome.wire_name() == text).map(Self::Outcome),
        }
    }
}

/// Splits a file of scenarios: a JSON list, one object, or an object a line.
pub fn split(text: &str) -> Result<Vec<&str>, ScenarioError> {
    let trimmed = text.trim_start();
    let one_document =
        trimmed.starts_with('[') || json::read_up_to(text, usize::MAX, Duplicates::Kept).is_ok();
    if !one_document {
        return Ok(text.lines().filter(|line| !line.trim().is_empty()).collect());
    }
    let node = json::read_up_to(text, usize::MAX, Duplicates::Kept).map_err(|fault| ScenarioError {
        id: Json::Null,
        message: format!("{} at {}", fault.problem, json::locate(text, fault.offset)),
    })?;
    Ok(node.items().iter().map(|item| slice(text, item.span)).collect())
}

type Read<T> = Result<T, String>;

impl Reader {
    /// A reader that remembers nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads one scenario. `now` is the moment that the implied keys tell.
    pub fn read(&mut self, text: &str, now: jiff::Timestamp) -> Result<Scenario, ScenarioError> {
        let id_of = |id: Option<&Node>| id.map_or(Json::Null, |id| id_value(text, id));
        // The documents are read once more, each by itself: what stands twice in one of them is
        // told with its place.
        let node =
            json::read_up_to(text, MAX_SCENARIO_BYTES, Duplicates::Kept).map_err(|fault| ScenarioError {
                id: id_of(json::find_member(text, "id").as_ref()),
                message: format!("{} at {}", fault.problem, json::locate(text, fault.offset)),
            })?;
        let id = id_of(node.get("id"));
        self.scenario(text, &node, now, id.clone()).map_err(|message| ScenarioError { id, message })
    }

    fn scenario(&mut self, text: &str, node: &Node, now: jiff::Timestamp, id: Json) -> Read<Scenario> {
        if node.as_object().is_none() {
            return Err(format!("a scenario is an object, not {}", node.kind()));
        }
        refuse_duplicates(node, "scenario")?;
        refuse_misspelt(node, &FIELDS, "a scenario")?;
        let context = context(given(node, "context"))?;
        let principal = principal::read(node, &context)?;
        let action =
            Action::parse_one(required(node, "action")?).map_err(|error| format!("`action`: {error}"))?;
        let mut request = Request::new(principal, action, required(node, "resource")?).with_context(context);
        request.resource_account = account(node, "resourceAccount")?;
        match given(node, "implied").map(|node| &node.value) {
            None | Some(Value::Bool(true)) => implied::add(&mut request.context, &request.principal, now),
            Some(Value::Bool(false)) => {}
            Some(_) => return Err("`implied` must be true or false".into()),
        }
        let set = PolicySet {
            identity: self.set(text, node, "identityPolicies", SourceKind::Input)?,
            boundary: self.set(text, node, "permissionsBoundaries", SourceKind::Input)?,
            session: self.set(text, node, "sessionPolicies", SourceKind::Session)?,
            resource: self.set(text, node, "resourcePolicy", SourceKind::Resource)?,
            endpoint: self.set(text, node, "endpointPolicies", SourceKind::Endpoint)?,
            service_control: self.levels(text, node, "serviceControlPolicies", SourceKind::ServiceControl)?,
            resource_control: self.levels(
                text,
                node,
                "resourceControlPolicies",
                SourceKind::ResourceControl,
            )?,
        };
        Ok(Scenario { id, set, request, expect: expectation(given(node, "expect"))? })
    }

    /// A list of documents as one set; null and an empty list are none.
    fn set(&mut self, text: &str, node: &Node, field: &str, kind: SourceKind) -> Read<Option<Arc<Bundle>>> {
        match given(node, field) {
            Some(list) if !list.items().is_empty() => self.bundle(text, list, field, kind).map(Some),
            _ => Ok(None),
        }
    }

    fn levels(
        &mut self,
        text: &str,
        node: &Node,
        field: &str,
        kind: SourceKind,
    ) -> Read<Option<Arc<[Arc<Bundle>]>>> {
        let Some(list) = given(node, field) else { return Ok(None) };
        let Value::Array(levels) = &list.value else {
            return Err(format!("`{field}` must be a list of levels, not {}", list.kind()));
        };
        if levels.is_empty() {
            return Ok(None);
        }
        let level = |(number, level): (usize, &Node)| {
            let name = format!("{field}[{number}]");
            match &level.value {
                Value::Array(_) => self.bundle(text, level, &name, kind),
                _ => Err(format!("`{name}` must be a list of documents, not {}", level.kind())),
            }
        };
        levels.iter().enumerate().map(level).collect::<Read<Arc<[_]>>>().map(Some)
    }

    fn bundle(&mut self, text: &str, list: &Node, field: &str, kind: SourceKind) -> Read<Arc<Bundle>> {
        let is_list = matches!(list.value, Value::Array(_));
        let named = list.items().iter().enumerate().map(|(number, item)| {
            let place = if is_list { format!("{field}[{number}]") } else { field.to_owned() };
            self.named(text, item, &place, kind)
        });
        Ok(Bundle::new(named.collect::<Read<_>>()?))
    }

    /// A document, or `{"name", "document"}`; a document may also be its text in a string.
    fn named(&mut self, text: &str, item: &Node, place: &str, kind: SourceKind) -> Read<Named> {
        let document = item.get("document").unwrap_or(item);
        let name = match item.get("document").and_then(|_| item.get("name")) {
            None => place,
            Some(name) => name.as_str().ok_or_else(|| format!("`{place}`: `name` must be a string"))?,
        };
        let policy = match &document.value {
            Value::String(document) => self.policy(document),
            Value::Object(_) => self.policy(slice(text, document.span)),
            _ => Err(format!("a policy is an object, not {}", document.kind())),
        };
        Ok(Named::new(kind, name, policy.map_err(|error| format!("`{place}`: {error}"))?))
    }

    fn policy(&mut self, text: &str) -> Read<Arc<Policy>> {
        if let Some(known) = self.policies.get(text) {
            return Ok(Arc::clone(known));
        }
        let policy = Arc::new(Policy::parse(text).map_err(|error| error.to_string())?);
        if self.held + text.len() > MAX_HELD_BYTES {
            self.policies.clear();
            self.held = 0;
        }
        self.held += text.len();
        self.policies.insert(text.into(), Arc::clone(&policy));
        Ok(policy)
    }
}

fn context(node: Option<&Node>) -> Read<Context> {
    let mut context = Context::new();
    let Some(node) = node else { return Ok(context) };
    let members =
        node.as_object().ok_or_else(|| format!("`context` must be an object, not {}", node.kind()))?;
    refuse_duplicates(node, "context")?;
    for member in members {
        let wrong =
            || format!("`context`: `{}` must be a string, number, boolean or a list of them", member.key);
        let one = |node: &Node| match &node.value {
            Value::String(text) | Value::Number(text) => Ok(text.clone()),
            Value::Bool(value) => Ok(CompactString::from(if *value { "true" } else { "false" })),
            Value::Null | Value::Array(_) | Value::Object(_) => Err(wrong()),
        };
        match &member.value.value {
            // A null is no value: the key is absent.
            Value::Null => {}
            Value::Array(items) => {
                context.set(&member.key, Values::Many(items.iter().map(one).collect::<Read<_>>()?));
            }
            _ => context.set(&member.key, Values::One(one(&member.value)?)),
        }
    }
    Ok(context)
}

fn expectation(node: Option<&Node>) -> Read<Option<Expectation>> {
    let Some(node) = node else { return Ok(None) };
    refuse_duplicates(node, "expectation")?;
    refuse_misspelt(node, &["decision", "blockedBy"], "an expectation")?;
    let decision = node.as_str().or_else(|| node.get("decision")?.as_str());
    let decision = decision.and_then(Expected::parse).ok_or_else(|| {
        "`expect` must be allowed, explicitDeny, implicitDeny or denied, or an object with one of them as `decision`"
            .to_owned()
    })?;
    let blocked_by = given(node, "blockedBy").map(|list| list.items().iter().map(layer_name).collect());
    Ok(Some(Expectation { decision, blocked_by: blocked_by.transpose()? }))
}

/// The name of a layer. One that no decision ever has would be a test that fails for the wrong reason.
fn layer_name(item: &Node) -> Read<String> {
    let name = item.as_str().ok_or("`expect`: `blockedBy` must be a list of layers")?;
    if Layer::ALL.iter().any(|layer| layer.name() == name) {
        return Ok(name.to_owned());
    }
    let known: Vec<&str> = Layer::ALL.iter().map(|layer| layer.name()).collect();
    Err(format!("`expect`: `{name}` is not a layer: known are {}", known.join(", ")))
}

/// An id as it is written. A number is read here, to its last digit: `serde_json` rounds some fractions.
fn id_value(text: &str, id: &Node) -> Json {
    let Value::Number(number) = &id.value else {
        return serde_json::from_str(slice(text, id.span)).unwrap_or_default();
    };
    let whole = number.parse::<u64>().map(Json::from).or_else(|_| number.parse::<i64>().map(Json::from));
    whole.or_else(|_| number.parse::<f64>().map(Json::from)).unwrap_or_default()
}

fn refuse_duplicates(node: &Node, name: &str) -> Read<()> {
    let mut seen = std::collections::HashSet::new();
    match node.as_object().unwrap_or_default().iter().find(|member| !seen.insert(member.key.as_str())) {
        Some(member) => Err(format!("`{}` stands twice in the {name}", member.key)),
        None => Ok(()),
    }
}

/// Fields that nobody knows are passed over; one that is a known one but for case, number or hyphens is a mistake.
fn refuse_misspelt(node: &Node, fields: &[&str], what: &str) -> Read<()> {
    for member in node.as_object().unwrap_or_default() {
        let written = member.key.as_str();
        if let Some(meant) = fields.iter().find(|field| **field != written && stem(field) == stem(written)) {
            return Err(format!("`{written}` is not a field of {what}: `{meant}` is meant"));
        }
    }
    Ok(())
}

fn stem(name: &str) -> String {
    let letters: String = name.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).collect();
    let folded = letters.to_lowercase();
    match folded.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => folded.strip_suffix('s').unwrap_or(&folded).to_owned(),
    }
}

/// What a scenario may say.
const FIELDS: [&str; 17] = [
    "id",
    "principal",
    "principalType",
    "principalAccount",
    "action",
    "resource",
    "resourceAccount",
    "context",
    "implied",
    "identityPolicies",
    "permissionsBoundaries",
    "sessionPolicies",
    "resourcePolicy",
    "endpointPolicies",
    "serviceControlPolicies",
    "resourceControlPolicies",
    "expect",
];

/// A field that is there and not null.
fn given<'n>(node: &'n Node, field: &str) -> Option<&'n Node> {
    node.get(field).filter(|node| node.value != Value::Null)
}

fn required<'n>(node: &'n Node, field: &str) -> Read<&'n str> {
    let found = given(node, field).ok_or_else(|| format!("`{field}` is missing"))?;
    let text = found.as_str().ok_or_else(|| format!("`{field}` must be a string, not {}", found.kind()))?;
    if text.is_empty() {
        return Err(format!("`{field}` is empty"));
    }
    Ok(text)
}

fn account(node: &Node, field: &str) -> Read<Option<AccountId>> {
    let Some(found) = given(node, field) else { return Ok(None) };
    let text = found.as_str().ok_or_else(|| format!("`{field}` must be a string, not {}", found.kind()))?;
    AccountId::parse(text).map(Some).map_err(|error| format!("`{field}`: {error}"))
}

fn slice(text: &str, span: Span) -> &str {
    let index = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
    text.get(index(span.start)..index(span.end)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
