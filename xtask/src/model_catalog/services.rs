//! The service authorization reference: services, actions, resource types, condition keys.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// The two files of the reference.
pub(super) struct Services {
    /// One block a service; its lines are told apart by their first letter.
    pub(super) text: String,
    /// Where each block lies: prefix, first byte, length.
    pub(super) index: String,
    pub(super) count: usize,
    pub(super) actions: usize,
}

pub(super) fn read(folder: &Path) -> Result<Services> {
    let mut services = Services { text: String::new(), index: String::new(), count: 0, actions: 0 };
    let names = json(&folder.join("serviceNames.json"))?;
    let guarded = json(&folder.join("rcpSupportedServices.json"))?;
    let mut prefixes: Vec<String> = words(&json(&folder.join("services.json"))?)?;
    prefixes.sort();

    for prefix in prefixes {
        let start = services.text.len();
        let name = text(&names, &prefix)?;
        let rcp = guarded.as_array().is_some_and(|list| list.iter().any(|item| item == prefix.as_str()));
        line(&mut services.text, &["s", &prefix, name, if rcp { "rcp" } else { "" }])?;
        let part = |kind: &str| json(&folder.join(kind).join(format!("{prefix}.json")));
        resource_types(&mut services.text, &part("resourceTypes")?)?;
        condition_keys(&mut services.text, &part("conditionKeys")?)?;
        services.actions += actions(&mut services.text, &part("actions")?)?;
        writeln!(services.index, "{prefix}\t{start}\t{}", services.text.len() - start)?;
        services.count += 1;
    }
    Ok(services)
}

fn resource_types(out: &mut String, types: &Value) -> Result<()> {
    for kind in sorted(types, "key")? {
        // Some types have several formats, in one string.
        let formats: Vec<&str> = text(kind, "arn")?.split(", ").collect();
        ensure!(formats.iter().all(|format| !format.contains(' ')), "odd ARN format in {kind}");
        let keys = kind.get("conditionKeys").map(key_names).transpose()?.unwrap_or_default();
        line(out, &["r", text(kind, "key")?, &formats.join(" "), &keys.join(" ")])?;
    }
    Ok(())
}

fn condition_keys(out: &mut String, keys: &Value) -> Result<()> {
    let mut before = String::new();
    for key in sorted(keys, "key")? {
        let name = key_name(text(key, "key")?);
        if name != before {
            line(out, &["k", &name, text(key, "type")?])?;
        }
        before = name;
    }
    Ok(())
}

/// The name of a condition key. Two services write `tag-key` where all others write `${TagKey}`.
fn key_name(name: &str) -> String {
    name.strip_suffix("/tag-key").map_or_else(|| name.to_owned(), |family| format!("{family}/${{TagKey}}"))
}

fn key_names(list: &Value) -> Result<Vec<String>> {
    Ok(words(list)?.iter().map(|name| key_name(name)).collect())
}

fn actions(out: &mut String, actions: &Value) -> Result<usize> {
    let actions = sorted(actions, "name")?;
    for action in &actions {
        let level = match text(action, "accessLevel")?.split(',').next() {
            Some(level @ ("List" | "Read" | "Write" | "Tagging" | "Permissions management")) => level,
            _ => bail!("unknown access level in {action}"),
        };
        let mut uses = Vec::new();
        for kind in action.get("resourceTypes").and_then(Value::as_array).context("no resource types")? {
            let required = kind.get("required").and_then(Value::as_bool).unwrap_or(false);
            let mut usage = format!("{}{}", text(kind, "name")?, if required { "!" } else { "" });
            let keys = key_names(kind.get("conditionKeys").context("no keys")?)?;
            if !keys.is_empty() {
                write!(usage, "={}", keys.join(" "))?;
            }
            uses.push(usage);
        }
        let keys = key_names(action.get("conditionKeys").context("no keys")?)?;
        line(out, &["a", text(action, "name")?, level, &uses.join("|"), &keys.join(" ")])?;
    }
    Ok(actions.len())
}

/// One line: columns parted by tabs, empty ones at the end left out.
fn line(out: &mut String, columns: &[&str]) -> Result<()> {
    for column in columns {
        ensure!(!column.contains(['\t', '\n']), "a column cannot hold `{column}`");
    }
    out.push_str(columns.join("\t").trim_end_matches('\t'));
    out.push('\n');
    Ok(())
}

/// The members of an object, in the order of their lower-case names: the order that lookups search by.
fn sorted<'a>(object: &'a Value, name: &str) -> Result<Vec<&'a Value>> {
    let mut members: Vec<(String, &Value)> = Vec::new();
    for member in object.as_object().context("not an object")?.values() {
        members.push((text(member, name)?.to_ascii_lowercase(), member));
    }
    members.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(members.into_iter().map(|(_, member)| member).collect())
}

fn words(list: &Value) -> Result<Vec<String>> {
    let list = list.as_array().with_context(|| format!("not a list: {list}"))?;
    list.iter()
        .map(|item| {
            let word = item.as_str().with_context(|| format!("not a string: {item}"))?;
            ensure!(!word.contains([' ', '|', '=']) || word.contains("${"), "odd word `{word}`");
            Ok(word.to_owned())
        })
        .collect()
}

fn text<'a>(object: &'a Value, name: &str) -> Result<&'a str> {
    object.get(name).and_then(Value::as_str).with_context(|| format!("no `{name}` in {object}"))
}

fn json(path: &Path) -> Result<Value> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("cannot parse `{}`", path.display()))
}
