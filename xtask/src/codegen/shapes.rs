//! `shapes.rs`: a static table for each shape.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::model::{Model, Shape};

/// The text of `shapes.rs`.
pub(super) fn emit(model: &Model) -> Result<String> {
    let mut patterns: BTreeMap<&str, String> = BTreeMap::new();
    for shape in &model.shapes {
        if let Some(pattern) = shape.json["pattern"].as_str() {
            let next = format!("PATTERN_{}", patterns.len() + 1);
            patterns.entry(pattern).or_insert(next);
        }
    }
    let body: String =
        model.shapes.iter().map(|shape| one(model, shape, &patterns)).collect::<Result<_>>()?;
    let mut uses: Vec<&str> = ["Kind", "Location", "Member", "Pattern", "TimestampFormat"]
        .into_iter()
        .filter(|name| body.contains(&format!("{name}::")))
        .collect();
    if !patterns.is_empty() {
        uses.push("Pattern");
    }
    uses.push("Shape");
    uses.sort_unstable();
    uses.dedup();
    let mut out = format!(
        "//! The shapes of {}, by their name in the model.\n\nuse wire::{{{}}};\n\n",
        model.metadata("serviceFullName")?,
        uses.join(", ")
    );
    for (pattern, name) in &patterns {
        writeln!(out, "static {name}: Pattern = Pattern::new({});", raw(pattern))?;
    }
    out.push('\n');
    out.push_str(&body);
    Ok(out)
}

fn one(model: &Model, shape: &Shape, patterns: &BTreeMap<&str, String>) -> Result<String> {
    let json = &shape.json;
    let name = &shape.name;
    let reference =
        |part: &str| -> Result<String> { Ok(format!("&{}", model.shape(&json[part]["shape"])?.constant())) };
    let mut text = match shape.kind() {
        "structure" => {
            let mut members = String::new();
            for (name, reference, required) in shape.members() {
                members.push_str(&member(model, name, reference, required)?);
            }
            format!("Shape::structure({name:?}, &[{members}])")
        }
        "list" => {
            let item = reference("member")?;
            match (json["flattened"] == true, json["member"]["locationName"].as_str()) {
                (false, None) => format!("Shape::list({name:?}, {item})"),
                (flattened, item_name) => format!(
                    "Shape::new({name:?}, Kind::List(List {{ item: {item}, item_name: {:?}, flattened: {flattened} }}))",
                    item_name.unwrap_or("member")
                ),
            }
        }
        "map" => {
            let (key, value) = (reference("key")?, reference("value")?);
            let names = (json["key"]["locationName"].as_str(), json["value"]["locationName"].as_str());
            match (json["flattened"] == true, names) {
                (false, (None, None)) => format!("Shape::map({name:?}, {key}, {value})"),
                (flattened, (key_name, value_name)) => format!(
                    "Shape::new({name:?}, Kind::Map(Map {{ key: {key}, value: {value}, key_name: {:?}, value_name: {:?}, flattened: {flattened} }}))",
                    key_name.unwrap_or("key"),
                    value_name.unwrap_or("value")
                ),
            }
        }
        "string" | "character" => format!("Shape::string({name:?})"),
        "timestamp" => format!(
            "Shape::new({name:?}, Kind::Timestamp({}))",
            match json["timestampFormat"].as_str() {
                None => "None",
                Some("iso8601") => "Some(TimestampFormat::Iso8601)",
                Some("unixTimestamp") => "Some(TimestampFormat::Epoch)",
                Some("rfc822") => "Some(TimestampFormat::Rfc822)",
                Some(other) => bail!("timestamp format `{other}` is not known"),
            }
        ),
        simple => {
            let kind = match simple {
                "blob" => "Blob",
                "boolean" => "Boolean",
                "integer" => "Integer",
                "long" => "Long",
                "float" => "Float",
                "double" => "Double",
                other => bail!("type `{other}` is not known"),
            };
            format!("Shape::new({name:?}, Kind::{kind})")
        }
    };
    for bound in ["min", "max"] {
        if let Some(value) = json[bound].as_i64() {
            write!(text, ".{bound}({value})")?;
        }
    }
    if let Some(pattern) = json["pattern"].as_str() {
        let constant = patterns.get(pattern).context("a pattern without static")?;
        write!(text, ".pattern(&{constant})")?;
    }
    if let Some(words) = json["words"].as_str() {
        write!(text, ".words({words:?})")?;
    }
    if let Some(values) = json["enum"].as_array() {
        let values: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
        write!(text, ".values(&{:?})", listed(&values))?;
    }
    for (fact, builder) in [("sensitive", "sensitive"), ("urlEncoded", "url_encoded")] {
        if json[fact] == true {
            write!(text, ".{builder}()")?;
        }
    }
    Ok(format!("/// `{name}`.\npub static {}: Shape = {text};\n\n", shape.constant()))
}

fn member(model: &Model, name: &str, reference: &Value, required: bool) -> Result<String> {
    let shape = model.shape(&reference["shape"])?.constant();
    let mut text = format!("Member::new({name:?}, &{shape})");
    let wire = reference["locationName"].as_str();
    let location = match (reference["location"].as_str(), wire) {
        (None, _) => None,
        (Some("statusCode"), _) => Some("Status".to_owned()),
        (Some(place), wire) => {
            let kind = match place {
                "header" => "Header",
                "headers" => "Headers",
                "querystring" => "Query",
                "uri" => "Path",
                other => bail!("location `{other}` is not known"),
            };
            Some(format!("{kind}({:?})", wire.unwrap_or(name)))
        }
    };
    match (location, wire) {
        (Some(location), _) => write!(text, ".at(Location::{location})")?,
        (None, Some(wire)) => write!(text, ".wire({wire:?})")?,
        (None, None) => {}
    }
    if required {
        text.push_str(".required()");
    }
    text.push_str(",\n");
    Ok(text)
}

/// The order in which AWS's messages list an enum's values: that of a Java hash set, which its services keep them in.
fn listed<'a>(values: &[&'a str]) -> Vec<&'a str> {
    let mut buckets: u32 = 16;
    while values.len() as f64 > f64::from(buckets) * 0.75 {
        buckets *= 2;
    }
    let bucket = |value: &&str| {
        let hash = value
            .encode_utf16()
            .fold(0_u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit)));
        (hash ^ (hash >> 16)) & (buckets - 1)
    };
    let mut values = values.to_vec();
    values.sort_by_key(bucket);
    values
}

/// A string literal that leaves backslashes alone.
fn raw(text: &str) -> String {
    if text.contains('"') {
        format!("r#\"{text}\"#")
    } else if text.contains('\\') {
        format!("r\"{text}\"")
    } else {
        format!("\"{text}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_listed_as_java_does() {
        // As Cognito and Lambda print them.
        assert_eq!(listed(&["OFF", "ON", "OPTIONAL"]), ["OPTIONAL", "OFF", "ON"]);
        assert_eq!(listed(&["None", "Tail"]), ["Tail", "None"]);
    }
}
