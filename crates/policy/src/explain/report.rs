//! An explanation as data: what `serde_json` writes of it is the JSON form.

use serde::Serialize;

use super::ActionFacts;
use crate::{Decision, Position};

/// A decision with everything that led to it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The principal's ARN or name.
    pub principal: String,
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// `allowed`, `explicitDeny` or `implicitDeny`.
    pub outcome: &'static str,
    /// The layers that block the request, by name.
    pub blocked_by: Vec<&'static str>,
    /// The rule outside all policies that refuses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guard: Option<&'static str>,
    /// AWS's sentence, for a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentence: Option<String>,
    /// What is known of the action; nothing where its service is not known.
    #[serde(rename = "actionFacts", skip_serializing_if = "Option::is_none")]
    pub known: Option<ActionFacts>,
    /// What is odd about the request by what is known of the action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// The layers that have a say.
    pub layers: Vec<LayerReport>,
    /// For each layer that should have allowed the request, a least statement that would.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<Suggestion>,
    /// Condition keys that the policies mention and the request does not have.
    pub missing_context_keys: Vec<String>,
    /// The decision itself.
    #[serde(skip)]
    pub decision: Decision,
}

/// What one layer says and why.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LayerReport {
    /// The layer's name.
    pub layer: &'static str,
    /// `allow`, `deny`, `silent` or `notApplicable`.
    pub result: &'static str,
    /// Whether it blocks the request.
    pub blocks: bool,
    /// What each level says, for control policies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<LevelReport>,
    /// The statements that apply.
    pub matched: Vec<StatementReport>,
    /// Where the layer blocks: the allow statement that comes nearest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<StatementReport>,
}

/// What one level of control policies says.
#[derive(Debug, Clone, Serialize)]
pub struct LevelReport {
    /// The level, 0 at the root.
    pub level: u32,
    /// `allow`, `deny` or `silent`.
    pub result: &'static str,
}

/// A statement and how each of its parts took the request.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatementReport {
    /// The policy's ARN or name.
    pub policy: String,
    /// IAM's word for the kind of policy.
    pub policy_kind: &'static str,
    /// The level within control policies, 0 at the root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<u32>,
    /// The policy's place within its layer or level, from 0.
    pub policy_index: u32,
    /// The statement's place within its policy, from 0.
    pub statement_index: u32,
    /// The statement's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// `Allow` or `Deny`.
    pub effect: &'static str,
    /// Where it begins.
    pub start: Place,
    /// Where it ends.
    pub end: Place,
    /// Its elements.
    pub elements: Vec<ElementReport>,
    /// Its conditions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<ClauseReport>,
    /// Resources with variables and what the request makes of them; nothing where a variable
    /// has no value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resolved: Vec<(String, Option<String>)>,
}

/// An element and whether it takes the request.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ElementReport {
    /// `Action`, `NotResource` and so on.
    pub element: String,
    /// Whether it takes the request.
    pub matches: bool,
    /// Where it does not: what the request has in that place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_value: Option<String>,
    /// Where it does not: the element's entries, none of which takes the request; of a Not-element, those it excepts.
    /// Variables are filled in where they have a value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policy_values: Vec<String>,
    /// Where its value begins.
    pub start: Place,
    /// Where its value ends.
    pub end: Place,
}

/// A condition and whether it holds.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClauseReport {
    /// The operator with qualifier and suffix.
    pub operator: String,
    /// The condition key.
    pub key: String,
    /// The type of its values, such as `ArrayOfString`, where the key is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_type: Option<String>,
    /// The policy's values, variables filled in where they have a value.
    pub policy_values: Vec<String>,
    /// The request's values; none where it does not have the key.
    pub request_values: Option<Vec<String>>,
    /// Whether it holds.
    pub holds: bool,
    /// What is special about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'static str>,
    /// Where the key begins.
    pub start: Place,
    /// Where the key ends.
    pub end: Place,
}

/// A statement that is not there and would help.
#[derive(Debug, Clone, Serialize)]
pub struct Suggestion {
    /// The layer that it would belong to.
    pub layer: &'static str,
    /// The levels of service control policies that each need it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<u32>,
    /// The statement, for a document of version 2012-10-17.
    pub statement: serde_json::Value,
}

/// Line and column, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The line.
    pub line: u32,
    /// The column in characters.
    pub column: u32,
}

impl From<Position> for Place {
    fn from(position: Position) -> Self {
        Self { line: position.line, column: position.column }
    }
}
