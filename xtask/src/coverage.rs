//! `cargo xtask coverage`: which operations of each service's model have a route, as `docs/coverage.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::codegen::Mode;

const PAGE: &str = "docs/coverage.md";
const ENDS: &str = "e2e/harness/ends.json";

pub(crate) fn run(mode: Mode) -> Result<()> {
    let page = page()?;
    match mode {
        Mode::Write => fs::write(PAGE, page).with_context(|| format!("cannot write `{PAGE}`")),
        Mode::Check => {
            let stands = fs::read_to_string(PAGE).unwrap_or_default();
            ensure!(stands == page, "`{PAGE}` is out of date: run `cargo xtask coverage`");
            Ok(())
        }
    }
}

fn page() -> Result<String> {
    let mut page = String::from(
        "# Coverage\n\n\
         Which operations of AWS's models answer. Made by `cargo xtask coverage` from the `routes!` tables. For each\n\
         that does, the end-to-end tests see one answer at least that succeeds and one that refuses; a run that does\n\
         not fails (`e2e/test_zz_ledger.py`). Where a line names an error, nobody's call can do better than to end in it.\n",
    );
    let ends = ends()?;
    for service in services()? {
        let modelled = modelled(&service)?;
        let routed = routed(&service)?;
        let strangers: Vec<_> = routed.difference(&modelled).collect();
        ensure!(strangers.is_empty(), "{service} has routes that its model lacks: {strangers:?}");
        write!(page, "\n## {service}: {} of {}\n\n", routed.len(), modelled.len())?;
        for operation in &modelled {
            let mark = if routed.contains(operation) { 'x' } else { ' ' };
            match ends.get(&format!("{service}:{operation}")) {
                Some(code) => writeln!(page, "- [{mark}] {operation}: ends in {code}")?,
                None => writeln!(page, "- [{mark}] {operation}")?,
            }
        }
    }
    Ok(page)
}

/// The operations that end in an error even for who has leave, with its code: what the end-to-end tests expect of them.
fn ends() -> Result<BTreeMap<String, String>> {
    let text = fs::read_to_string(ENDS).with_context(|| format!("cannot read `{ENDS}`"))?;
    serde_json::from_str(&text).with_context(|| format!("`{ENDS}` is not a table of operations to codes"))
}

/// The services that have both a model and a crate.
fn services() -> Result<Vec<String>> {
    let mut services = Vec::new();
    for entry in fs::read_dir("model")? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        if path.extension().is_some_and(|end| end == "json") && Path::new("crates").join(name).is_dir() {
            services.push(name.to_owned());
        }
    }
    services.sort();
    ensure!(!services.is_empty(), "no service has a model");
    Ok(services)
}

fn modelled(service: &str) -> Result<BTreeSet<String>> {
    let path = format!("model/{service}.json");
    let model: Value = serde_json::from_str(&fs::read_to_string(&path)?)
        .with_context(|| format!("cannot parse `{path}`"))?;
    let operations = model
        .get("operations")
        .and_then(Value::as_array)
        .with_context(|| format!("`{path}` has no operations"))?;
    operations
        .iter()
        .map(|operation| {
            Ok(operation.get("name").and_then(Value::as_str).context("an operation has no name")?.to_owned())
        })
        .collect()
}

/// The operations in the `routes![…]` tables of a service's crate.
fn routed(service: &str) -> Result<BTreeSet<String>> {
    let mut routes: BTreeMap<String, PathBuf> = BTreeMap::new();
    for path in sources(&Path::new("crates").join(service).join("src"))? {
        for table in tables(&fs::read_to_string(&path)?) {
            for row in table.split(',').filter(|row| row.contains("=>")) {
                let operation = row.split("=>").next().unwrap_or_default().trim().to_owned();
                if let Some(other) = routes.insert(operation.clone(), path.clone()) {
                    bail!(
                        "{service}: `{operation}` has two routes, in {} and {}",
                        other.display(),
                        path.display()
                    );
                }
            }
        }
    }
    Ok(routes.into_keys().collect())
}

/// What stands between the `;` and the `]` of each `routes![Service; …]`, without comments.
fn tables(source: &str) -> Vec<String> {
    let mut tables = Vec::new();
    for part in source.split("= routes![").skip(1) {
        let Some((table, _)) = part.split_once(']') else { continue };
        let Some((_, rows)) = table.split_once(';') else { continue };
        let rows = rows.lines().map(|line| line.split("//").next().unwrap_or_default());
        tables.push(rows.collect::<Vec<_>>().join("\n"));
    }
    tables
}

/// The Rust files below a folder.
pub(crate) fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if !folder.is_dir() {
        return Ok(found);
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_and_comments_are_not() {
        let source = "pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;\n    CreateUser => create_user, // why\n    // Gone => gone,\n    GetUser => get_user,\n];\n";
        let tables = tables(source);
        assert_eq!(tables.len(), 1);
        assert!(tables[0].contains("CreateUser => create_user") && tables[0].contains("GetUser"));
        assert!(!tables[0].contains("Gone"));
    }
}
