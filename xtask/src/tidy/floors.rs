//! Which way the crates import: only down, by the floors of ARCHITECTURE.md.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::Findings;

const MAP: &str = "ARCHITECTURE.md";

pub(super) fn check(findings: &mut Findings) -> Result<()> {
    let floors = floors(&fs::read_to_string(MAP).with_context(|| format!("cannot read `{MAP}`"))?);
    ensure!(!floors.is_empty(), "`{MAP}` has no floors under `## The plan`");
    let packages = packages()?;
    for (name, package) in &packages {
        if !package.inherits_lints {
            findings.error(format!("{name}: its Cargo.toml lacks `[lints] workspace = true`"));
        }
        if !package.in_house {
            continue;
        }
        let Some(floor) = floors.get(name) else {
            findings.error(format!("{name}: `{MAP}` gives it no floor"));
            continue;
        };
        for import in &package.imports {
            if floors.get(import).is_some_and(|below| below >= floor) {
                findings.error(format!("{name} (floor {floor}) imports {import}, which is not below it"));
            }
        }
    }
    Ok(())
}

/// The crates named in the plan: lines `6  iam  sts — why`.
fn floors(map: &str) -> BTreeMap<String, u8> {
    let plan = map.split("## The plan").nth(1).unwrap_or_default();
    let plan = plan.split("```").nth(1).unwrap_or_default();
    let mut floors = BTreeMap::new();
    for line in plan.lines() {
        let names = line.split('—').next().unwrap_or_default();
        let mut words = names.split_whitespace();
        let Some(floor) = words.next().and_then(|word| word.parse().ok()) else { continue };
        floors.extend(words.map(|name| (name.to_owned(), floor)));
    }
    floors
}

struct Package {
    /// Whether it lives under `crates/`.
    in_house: bool,
    inherits_lints: bool,
    /// What it imports of the workspace; tests may import what they like.
    imports: Vec<String>,
}

fn packages() -> Result<BTreeMap<String, Package>> {
    let output = Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .output()
        .context("cannot run `cargo metadata`")?;
    ensure!(output.status.success(), "cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let mut packages = BTreeMap::new();
    for package in list(&metadata, "packages") {
        let manifest = text(package, "manifest_path");
        let imports = list(package, "dependencies")
            .iter()
            .filter(|import| import.get("path").is_some() && import.get("kind").is_none_or(Value::is_null))
            .map(|import| text(import, "name").to_owned());
        let toml = fs::read_to_string(manifest)?;
        packages.insert(
            text(package, "name").to_owned(),
            Package {
                in_house: manifest.contains("/crates/"),
                inherits_lints: toml.contains("[lints]\nworkspace = true"),
                imports: imports.collect(),
            },
        );
    }
    Ok(packages)
}

fn list<'a>(object: &'a Value, name: &str) -> &'a [Value] {
    object.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floors_are_read_from_the_plan_alone() {
        let map =
            "## The plan\n\n```\n2  policy  store — one crate each\n1  types\n```\n\n```\n9 other\n```\n";
        let floors = floors(map);
        assert_eq!(floors.get("policy"), Some(&2));
        assert_eq!(floors.get("types"), Some(&1));
        assert_eq!(floors.len(), 3);
    }
}
