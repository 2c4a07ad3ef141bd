//! A service's model as the emitters see it: patched, and every reachable shape with its Rust name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::names;
use crate::model::folder;

/// A service's model.
pub(super) struct Model {
    /// The name of the module, as `iam`.
    pub(super) name: String,
    json: Value,
    /// The operations, sorted by name.
    pub(super) operations: Vec<Operation>,
    /// The shapes that operations reach, by their Rust name's order.
    pub(super) shapes: Vec<Shape>,
    indexes: BTreeMap<String, usize>,
}

/// An operation and its shapes.
pub(super) struct Operation {
    pub(super) name: String,
    pub(super) json: Value,
    /// The Rust name of the input's structure.
    pub(super) input: String,
    /// The Rust name of the output's structure, where there is one.
    pub(super) output: Option<String>,
}

/// A shape that an operation reaches.
pub(super) struct Shape {
    /// The name in the model.
    pub(super) name: String,
    /// The name in Rust, in camel case.
    pub(super) rust: String,
    pub(super) json: Value,
    /// What a structure is for, in a sentence.
    pub(super) purpose: String,
    /// Whether a request can carry it.
    pub(super) read: bool,
}

impl Model {
    /// The model of a service, patched.
    pub(super) fn load(service: &str) -> Result<Self> {
        let path = folder().join(format!("{service}.json"));
        let text = fs::read_to_string(&path)
            .with_context(|| format!("read {}; `cargo xtask model` makes it", path.display()))?;
        let mut json: Value = serde_json::from_str(&text)?;
        let patches: Value = serde_json::from_str(&fs::read_to_string(folder().join("patches.json"))?)?;
        for patch in patches[service].as_array().into_iter().flatten() {
            apply(&mut json, patch).with_context(|| format!("patch {patch}"))?;
        }
        Self::resolve(service, json)
    }

    fn resolve(service: &str, json: Value) -> Result<Self> {
        let mut model = Self {
            name: service.replace('-', "_"),
            json,
            operations: Vec::new(),
            shapes: Vec::new(),
            indexes: BTreeMap::new(),
        };
        let operations = model.json["operations"].as_array().cloned();
        let mut operations = operations.context("no operations")?;
        operations.sort_by(|a, b| a["name"].as_str().cmp(&b["name"].as_str()));
        let mut uses: BTreeMap<String, usize> = BTreeMap::new();
        for operation in &operations {
            for part in ["input", "output"] {
                if let Some(shape) = operation[part]["shape"].as_str() {
                    *uses.entry(shape.to_owned()).or_default() += 1;
                }
            }
        }
        for json in operations {
            let name = json["name"].as_str().context("a nameless operation")?.to_owned();
            let named = |part: &str, suffix: &str| {
                let shape = json[part]["shape"].as_str()?;
                let stem = match uses.get(shape) {
                    Some(1) => name.as_str(),
                    // Several operations share it: its own name says for what.
                    _ => shape.trim_end_matches("Request").trim_end_matches("Response"),
                };
                Some((shape.to_owned(), names::camel(stem) + suffix))
            };
            let input = match named("input", "Input") {
                Some((shape, rust)) => {
                    let purpose = format!("The request of `{name}`.");
                    model.reach(&shape, Some((&rust, &purpose)), true)?;
                    rust
                }
                None => model.empty_input(&name),
            };
            let output = match named("output", "Output") {
                Some((shape, rust)) => {
                    let purpose = format!("The response of `{name}`.");
                    model.reach(&shape, Some((&rust, &purpose)), false)?;
                    Some(rust)
                }
                None => None,
            };
            model.operations.push(Operation { name, json, input, output });
        }
        model.shapes.sort_by(|a, b| a.rust.cmp(&b.rust));
        for (index, shape) in model.shapes.iter().enumerate() {
            model.indexes.insert(shape.name.clone(), index);
        }
        let distinct: BTreeSet<String> =
            model.shapes.iter().map(|shape| names::screaming(&shape.rust)).collect();
        if distinct.len() != model.shapes.len() {
            bail!("two shapes of {service} have the same name in Rust");
        }
        Ok(model)
    }

    /// An operation whose requests carry nothing still has an input, so that all are handled alike.
    fn empty_input(&mut self, operation: &str) -> String {
        let rust = names::camel(operation) + "Input";
        self.shapes.push(Shape {
            name: format!("{operation}Request"),
            rust: rust.clone(),
            json: serde_json::json!({"type": "structure", "members": []}),
            purpose: format!("The request of `{operation}`, which carries nothing."),
            read: true,
        });
        rust
    }

    /// Notes a shape and all that it contains.
    fn reach(&mut self, name: &str, role: Option<(&str, &str)>, read: bool) -> Result<()> {
        if let Some(shape) = self.shapes.iter_mut().find(|shape| shape.name == name) {
            if shape.read || !read {
                return Ok(());
            }
            shape.read = true;
        } else {
            let json = self.json["shapes"][name].clone();
            if !json.is_object() {
                bail!("no shape `{name}`");
            }
            let (rust, purpose) = match role {
                Some((rust, purpose)) => (rust.to_owned(), purpose.to_owned()),
                None => (names::camel(name), format!("`{name}` of the model.")),
            };
            let name = name.to_owned();
            self.shapes.push(Shape { name, rust, json, purpose, read });
        }
        let json = self.json["shapes"][name].clone();
        for part in ["member", "key", "value"] {
            if let Some(inner) = json[part]["shape"].as_str() {
                self.reach(inner, None, read)?;
            }
        }
        for member in json["members"].as_array().into_iter().flatten() {
            let inner = member["shape"].as_str().context("a member without shape")?;
            self.reach(inner, None, read)?;
        }
        Ok(())
    }

    /// The shape of this name in the model.
    pub(super) fn shape(&self, name: &Value) -> Result<&Shape> {
        let name = name.as_str().context("a reference without shape")?;
        self.indexes
            .get(name)
            .and_then(|index| self.shapes.get(*index))
            .with_context(|| format!("no shape `{name}`"))
    }

    /// A fact about the service.
    pub(super) fn metadata(&self, key: &str) -> Result<&str> {
        self.json["metadata"][key].as_str().with_context(|| format!("no metadata `{key}`"))
    }

    /// A fact about the service that may be missing.
    pub(super) fn flag(&self, key: &str) -> &Value {
        &self.json["metadata"][key]
    }

    /// The errors that operations name, by their name in the model.
    pub(super) fn errors(&self) -> Result<BTreeMap<String, ErrorFacts>> {
        let mut errors = BTreeMap::new();
        for operation in &self.operations {
            for name in operation.json["errors"].as_array().into_iter().flatten() {
                let name = name.as_str().context("an error without name")?;
                errors.insert(name.to_owned(), self.error(name));
            }
        }
        Ok(errors)
    }

    /// What the model says of an error; without facts its own name is its code, and the sender is at fault.
    pub(super) fn error(&self, name: &str) -> ErrorFacts {
        let facts = &self.json["shapes"][name]["error"];
        let fault = self.json["shapes"][name]["fault"] == true;
        ErrorFacts {
            code: facts["code"].as_str().unwrap_or(name).to_owned(),
            status: facts["httpStatusCode"].as_u64().unwrap_or(if fault { 500 } else { 400 }),
            sender: facts["senderFault"].as_bool().unwrap_or(!facts.is_object() && !fault),
        }
    }
}

/// What an error is on the wire.
pub(super) struct ErrorFacts {
    pub(super) code: String,
    pub(super) status: u64,
    pub(super) sender: bool,
}

impl Shape {
    /// `structure`, `list`, `string` and so on.
    pub(super) fn kind(&self) -> &str {
        self.json["type"].as_str().unwrap_or_default()
    }

    /// Whether it becomes a Rust enum.
    pub(super) fn is_enum(&self) -> bool {
        self.kind() == "string" && self.json["enum"].is_array()
    }

    /// The members, in the model's order, each with whether it is required.
    pub(super) fn members(&self) -> impl Iterator<Item = (&str, &Value, bool)> {
        let required = &self.json["required"];
        self.json["members"].as_array().into_iter().flatten().filter_map(move |member| {
            let name = member["name"].as_str()?;
            let required = required.as_array().is_some_and(|all| all.iter().any(|r| r == name));
            Some((name, member, required))
        })
    }

    /// The name of the static in `shapes`.
    pub(super) fn constant(&self) -> String {
        names::screaming(&self.rust)
    }
}

/// Applies one entry of `patches.json`: it names what it changes (`service`, `shape`, `shape` with `member`,
/// `operation`, or every shape of a `pattern`), what it sets there, and why. A `shape` that is a `copy` of another is new.
fn apply(model: &mut Value, patch: &Value) -> Result<()> {
    if patch["reason"].as_str().is_none_or(str::is_empty) {
        bail!("a patch needs its reason");
    }
    let set = patch["set"].as_object().context("a patch sets something")?;
    if let Some(pattern) = patch["pattern"].as_str() {
        let shapes = model["shapes"].as_object_mut().context("no shapes")?;
        let mut targets = shapes.values_mut().filter(|shape| shape["pattern"] == pattern).peekable();
        targets.peek().context("no shape has this pattern")?;
        return targets.try_for_each(|target| put(target, set));
    }
    if let (Some(copied), Some(name)) = (patch["copy"].as_str(), patch["shape"].as_str()) {
        let shapes = model["shapes"].as_object_mut().context("no shapes")?;
        let copy = shapes.get(copied).context("no such shape to copy")?.clone();
        shapes.insert(name.to_owned(), copy);
    }
    let target = if patch["service"] == true {
        model.get_mut("metadata")
    } else if let Some(name) = patch["operation"].as_str() {
        named(model.get_mut("operations"), name)
    } else {
        let name = patch["shape"].as_str().context("a patch names its target")?;
        let shape = model.get_mut("shapes").and_then(|shapes| shapes.get_mut(name));
        match (shape, patch["member"].as_str()) {
            (shape, None) => shape,
            (Some(shape), Some(member)) => named(shape.get_mut("members"), member),
            (None, Some(_)) => None,
        }
    };
    put(target.context("no such target")?, set)
}

/// Sets members of an object; null removes one.
fn put(target: &mut Value, set: &serde_json::Map<String, Value>) -> Result<()> {
    let target = target.as_object_mut().context("a target is an object")?;
    for (key, value) in set {
        if value.is_null() {
            target.remove(key);
        } else {
            target.insert(key.clone(), value.clone());
        }
    }
    Ok(())
}

/// The element of a list that has this name.
fn named<'a>(list: Option<&'a mut Value>, name: &str) -> Option<&'a mut Value> {
    list?.as_array_mut()?.iter_mut().find(|there| there["name"] == name)
}
