//! What of a service's model is kept.

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

/// Facts about the service as a whole.
const METADATA: &[&str] = &[
    "apiVersion",
    "endpointPrefix",
    "globalEndpoint",
    "jsonVersion",
    "protocol",
    "serviceFullName",
    "serviceId",
    "signingName",
    "targetPrefix",
    "timestampFormat",
    "xmlNamespace",
];

/// Facts about a shape, and about a shape where a member, a list or a map names it.
const SHAPE: &[&str] = &[
    "box",
    "deprecated",
    "enum",
    "error",
    "exception",
    "fault",
    "flattened",
    "idempotencyToken",
    "jsonvalue",
    "location",
    "locationName",
    "max",
    "min",
    "pattern",
    "payload",
    "required",
    "sensitive",
    "shape",
    "streaming",
    "timestampFormat",
    "type",
    "union",
    "xmlAttribute",
    "xmlNamespace",
];

/// Facts about an operation's results in pages.
const PAGES: &[&str] = &["input_token", "limit_key", "more_results", "output_token", "result_key"];

/// What is known, left out on purpose, and carries no fact that a server needs.
const LEFT_OUT: &[&str] = &["deprecatedMessage", "deprecatedSince", "documentation", "retryable"];

/// The model's facts, as `model/<service>.json` keeps them.
pub(super) fn keep(raw: &Value, version: &str) -> Result<Value> {
    let mut operations = Vec::new();
    for (name, operation) in object(raw, "operations")? {
        operations.push(
            keep_operation(name, operation, &raw["paginators"][name])
                .with_context(|| format!("operation {name}"))?,
        );
    }
    let mut shapes = Map::new();
    for (name, shape) in object(raw, "shapes")? {
        let kept = keep_shape(shape).with_context(|| format!("shape {name}"))?;
        shapes.insert(name.clone(), kept);
    }
    Ok(json!({
        "source": format!("botocore {version}"),
        "metadata": pick(&raw["metadata"], METADATA),
        "operations": operations,
        "shapes": shapes,
    }))
}

fn keep_operation(name: &str, raw: &Value, pages: &Value) -> Result<Value> {
    let mut kept = Map::new();
    kept.insert("name".into(), name.into());
    for part in ["input", "output"] {
        if let Some(reference) = raw.get(part) {
            let fields = ["shape", "resultWrapper", "locationName", "xmlNamespace"];
            kept.insert(part.into(), pick(reference, &fields));
        }
    }
    kept.insert("http".into(), raw["http"].clone());
    if let Some(errors) = raw["errors"].as_array() {
        let names: Vec<&Value> = errors.iter().map(|error| &error["shape"]).collect();
        kept.insert("errors".into(), json!(names));
    }
    if raw["authtype"] == "none" {
        kept.insert("unsigned".into(), true.into());
    }
    if raw["deprecated"] == true {
        kept.insert("deprecated".into(), true.into());
    }
    if pages.is_object() {
        kept.insert("pages".into(), pick(pages, PAGES));
    }
    Ok(Value::Object(kept))
}

fn keep_shape(raw: &Value) -> Result<Value> {
    let Value::Object(raw) = raw else {
        bail!("not an object");
    };
    let mut kept = Map::new();
    for (key, value) in raw {
        match key.as_str() {
            "members" => {
                let pairs = value.as_array().context("members are pairs")?;
                let members: Result<Vec<Value>> = pairs.iter().map(keep_member).collect();
                kept.insert(key.clone(), members?.into());
            }
            "member" | "key" | "value" => {
                kept.insert(key.clone(), keep_shape(value)?);
            }
            known if SHAPE.contains(&known) => {
                kept.insert(key.clone(), value.clone());
            }
            known if LEFT_OUT.contains(&known) => {}
            unknown => bail!("`{unknown}` is not known: keep it, or leave it out on purpose"),
        }
    }
    Ok(Value::Object(kept))
}

fn keep_member(pair: &Value) -> Result<Value> {
    let Value::Object(mut kept) = keep_shape(&pair[1])? else {
        bail!("not an object");
    };
    kept.insert("name".into(), pair[0].clone());
    Ok(Value::Object(kept))
}

fn pick(value: &Value, keys: &[&str]) -> Value {
    let mut kept = Map::new();
    for key in keys {
        if let Some(value) = value.get(*key) {
            kept.insert((*key).into(), value.clone());
        }
    }
    Value::Object(kept)
}

fn object<'a>(value: &'a Value, key: &str) -> Result<&'a Map<String, Value>> {
    value[key].as_object().with_context(|| format!("no `{key}`"))
}
