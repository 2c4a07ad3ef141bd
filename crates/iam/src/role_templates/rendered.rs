//! A template with its parameters filled in: the role that it makes.

use std::collections::{BTreeMap, BTreeSet};

use api::iam::faults;
use serde_json::Value as Json;
use service::{Error, Result};
use types::{Arn, Path, PolicyName, RoleName};
use wire::Fault;

use super::known::{NAME, Template};
use crate::places::{Filler, Places, Unfilled};

/// The role that a template makes of some values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rendered {
    pub(super) name: RoleName,
    pub(super) path: Path,
    pub(super) description: String,
    pub(super) trust: Json,
    pub(super) inline: Vec<(PolicyName, Json)>,
    pub(super) attached: Vec<Arn>,
}

impl Rendered {
    /// Fills in what the caller gives, and the defaults for the rest.
    pub(super) fn of(template: &Template, given: &BTreeMap<String, Vec<String>>) -> Result<Self> {
        let known = |name: &str| template.parameters.iter().find(|parameter| parameter.name == name);
        for (name, values) in given {
            let parameter =
                known(name).ok_or_else(|| unrendered(&format!("Unrecognized parameter: {name}")))?;
            if !parameter.is_list() && values.len() != 1 {
                let count = values.len();
                let message = format!("{name} replacement value must contain exactly one value, got {count}");
                return Err(Fault::validation(message).into());
            }
        }
        let mut values = given.clone();
        for parameter in &template.parameters {
            if let (Some(default), false) = (&parameter.default_value, given.contains_key(&parameter.name)) {
                values.insert(parameter.name.clone(), vec![default.clone()]);
            }
        }
        let fillers = values.iter().map(|(name, texts)| {
            (name.as_str(), Filler { texts, is_list: known(name).is_some_and(|known| known.is_list()) })
        });
        let mut places = Places::new(fillers);
        let mut text = |pattern: &str| match places.filled(pattern) {
            Ok(Json::String(text)) => Ok(text),
            Ok(_) => Err(unrendered(&format!("A list stands in {pattern}"))),
            Err(cause) => Err(unfilled(&cause)),
        };
        let name = RoleName::parse(&text(NAME)?)?;
        let path = template.role_path_pattern.as_deref().map(&mut text).transpose()?;
        let path = path.map_or(Ok(Path::root()), |path| Path::parse(&path))?;
        let description = text(&template.role_description_pattern)?;
        let mut document = |json: &Json| {
            let mut json = enabled(json, &values);
            places.fill(&mut json).map(|()| json).map_err(|cause| unfilled(&cause))
        };
        let mut inline = Vec::with_capacity(template.inline.len());
        for policy in &template.inline {
            let json = document(&policy.document)?;
            // A policy whose statements are all disabled is left out.
            if json.get("Statement").and_then(Json::as_array).is_none_or(|statements| !statements.is_empty())
            {
                inline.push((PolicyName::parse(&policy.name)?, json));
            }
        }
        let attached: Result<Vec<_>, _> = template.managed().map(|policy| Arn::parse(&policy)).collect();
        Ok(Self {
            name,
            path,
            description,
            trust: document(&template.trust)?,
            inline,
            attached: attached.map_err(Error::internal)?,
        })
    }

    /// Whether a trust policy says what the template's does.
    pub(super) fn has_trust(&self, text: &str) -> bool {
        says(text, &self.trust)
    }

    /// Whether exactly these managed policies are attached.
    pub(super) fn has_attached<'p>(&self, attached: impl Iterator<Item = &'p Arn>) -> bool {
        attached.collect::<BTreeSet<_>>() == self.attached.iter().collect()
    }

    /// Whether exactly these inline policies are there, and say what the template's do.
    pub(super) fn has_inline<'p>(&self, there: impl Iterator<Item = (&'p PolicyName, &'p str)>) -> bool {
        let there: BTreeMap<_, _> = there.collect();
        there.len() == self.inline.len()
            && self.inline.iter().all(|(name, json)| there.get(name).is_some_and(|text| says(text, json)))
    }
}

/// A document without the statements that a parameter switches off. They go before their own places are looked at, so
/// the parameters that only they need may be missing.
fn enabled(document: &Json, values: &BTreeMap<String, Vec<String>>) -> Json {
    let mut document = document.clone();
    let Some(statements) = document.get_mut("Statement").and_then(Json::as_array_mut) else {
        return document;
    };
    statements.retain_mut(|statement| {
        let Some(switch) = statement.as_object_mut().and_then(|members| members.remove(SWITCH)) else {
            return true;
        };
        let value = switch.as_str().and_then(|name| values.get(name)).and_then(|values| values.first());
        value.is_some_and(|value| value.eq_ignore_ascii_case("true"))
    });
    document
}

/// Whether a policy's text says the same as a document, however it is written: a list of one is its only item, and the
/// order of a list tells nothing.
fn says(text: &str, document: &Json) -> bool {
    serde_json::from_str::<Json>(text).is_ok_and(|json| normal(json) == normal(document.clone()))
}

fn normal(json: Json) -> Json {
    match json {
        Json::Object(members) => {
            Json::Object(members.into_iter().map(|(name, value)| (name, normal(value))).collect())
        }
        Json::Array(items) => {
            let mut items: Vec<Json> = items.into_iter().map(normal).collect();
            items.sort_by_cached_key(Json::to_string);
            match (items.len(), items.pop()) {
                (1, Some(only)) => only,
                (_, last) => items.into_iter().chain(last).collect(),
            }
        }
        other => other,
    }
}

fn unfilled(cause: &Unfilled) -> Fault {
    match cause {
        Unfilled::Missing(name) => unrendered(&format!("Parameter '{name}' not found.")),
        Unfilled::Unclosed(text) => unrendered(&format!("A parameter has no end: {text}")),
        Unfilled::TooMany => unrendered("The values make too many combinations."),
    }
}

fn unrendered(cause: &str) -> Fault {
    faults::invalid_input(format!("Failed to render template: {cause}"))
}

/// The member of a statement that names the parameter which switches it on.
const SWITCH: &str = "@Enabled";
