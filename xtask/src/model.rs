//! `cargo xtask model`: AWS's service models, stripped to facts.
//!
//! The source is the botocore package of PyPI in one pinned version. Names, types, members in their order, constraints,
//! wire names, errors, HTTP bindings and paginators are kept; prose is not.

#![expect(
    clippy::indexing_slicing,
    reason = "only JSON values are indexed, and for reading: what one lacks is null"
)]

mod facts;
mod source;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

/// The version of botocore that the checked-in models come from.
const BOTOCORE: &str = "1.44.5";

/// The services whose models are kept, by their folder in botocore.
pub(crate) const SERVICES: &[&str] = &["iam", "sts"];

/// Makes `model/*.json` anew.
pub(crate) fn run() -> Result<()> {
    let folder = folder();
    let data = source::locate(BOTOCORE)?;
    for service in SERVICES {
        let raw = source::load(&data, service)?;
        let model = facts::keep(&raw, BOTOCORE).with_context(|| format!("model of {service}"))?;
        let path = folder.join(format!("{service}.json"));
        fs::write(&path, print(&model)).with_context(|| format!("write {}", path.display()))?;
        println!("model/{service}.json from botocore {BOTOCORE}");
    }
    Ok(())
}

/// Where the models are: `model/` beside `xtask/`.
pub(crate) fn folder() -> PathBuf {
    root().join("model")
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// JSON with one line for each thing that changes on its own: an operation, a shape's member.
fn print(model: &Value) -> String {
    let mut out = String::new();
    print_at(model, 0, &mut out);
    out.push('\n');
    out
}

fn print_at(value: &Value, depth: usize, out: &mut String) {
    let (open, close, entries): (_, _, Vec<(Option<&String>, &Value)>) = match value {
        Value::Object(map) if !flat(value) => ('{', '}', map.iter().map(|(k, v)| (Some(k), v)).collect()),
        Value::Array(items) if !flat(value) => ('[', ']', items.iter().map(|item| (None, item)).collect()),
        _ => {
            out.push_str(&value.to_string());
            return;
        }
    };
    out.push(open);
    for (index, (key, entry)) in entries.iter().enumerate() {
        out.push_str(if index == 0 { "\n" } else { ",\n" });
        out.push_str(&"  ".repeat(depth + 1));
        if let Some(key) = key {
            out.push_str(&Value::from(key.as_str()).to_string());
            out.push_str(": ");
        }
        print_at(entry, depth + 1, out);
    }
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
    out.push(close);
}

/// Whether a value fits on a line of its own.
fn flat(value: &Value) -> bool {
    value.to_string().len() <= 100
}
