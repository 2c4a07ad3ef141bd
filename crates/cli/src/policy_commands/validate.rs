//! `policy validate`.

use std::path::PathBuf;
use std::process::ExitCode;

use policy::validate::{Kind, Malformed, findings};
use serde_json::json;

use super::{input, report};
use crate::args::{FindingsFormat, PolicyKind};

/// What is wrong with one file.
struct Finding {
    file: String,
    what: Malformed,
}

pub(crate) fn run(files: &[PathBuf], kind: PolicyKind, format: FindingsFormat) -> anyhow::Result<ExitCode> {
    let mut found = Vec::new();
    for path in files {
        let text = input::read(path)?;
        let file = path.display().to_string();
        found.extend(
            findings(engine_kind(kind), &text).into_iter().map(|what| Finding { file: file.clone(), what }),
        );
    }
    match format {
        FindingsFormat::Text => print_text(&found, files.len()),
        FindingsFormat::Json => println!("{}", found.iter().map(as_json).collect::<serde_json::Value>()),
        FindingsFormat::Sarif => print_sarif(&found),
        FindingsFormat::Github => {
            for finding in &found {
                let place = Some((finding.what.position.line, finding.what.position.column));
                println!("{}", report::annotation("error", &finding.file, place, &message(&finding.what)));
            }
        }
    }
    Ok(if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print_text(found: &[Finding], files: usize) {
    for Finding { file, what } in found {
        println!("{file}:{}:{}: error: {}", what.position.line, what.position.column, message(what));
    }
    if found.is_empty() {
        println!("{files} documents, nothing wrong");
    }
}

fn as_json(finding: &Finding) -> serde_json::Value {
    let what = &finding.what;
    json!({
        "file": finding.file,
        "severity": "error",
        "message": what.message,
        "detail": what.detail,
        "line": what.position.line,
        "column": what.position.column,
    })
}

/// The Static Analysis Results Interchange Format, 2.1.0.
fn print_sarif(found: &[Finding]) {
    let results: Vec<_> = found
        .iter()
        .map(|Finding { file, what }| {
            json!({
                "ruleId": "MalformedPolicyDocument",
                "level": "error",
                "message": {"text": message(what)},
                "locations": [{"physicalLocation": {
                    "artifactLocation": {"uri": file},
                    "region": {"startLine": what.position.line, "startColumn": what.position.column},
                }}],
            })
        })
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "portcullis",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": [{"id": "MalformedPolicyDocument"}],
            }},
            "results": results,
        }],
    });
    println!("{log}");
}

fn message(what: &Malformed) -> String {
    match &what.detail {
        Some(detail) => format!("{} ({detail})", what.message),
        None => what.message.clone(),
    }
}

fn engine_kind(kind: PolicyKind) -> Kind {
    match kind {
        PolicyKind::Identity => Kind::Identity,
        PolicyKind::Trust => Kind::Trust,
        PolicyKind::Resource => Kind::Resource,
        PolicyKind::Session => Kind::Session,
        PolicyKind::Scp => Kind::ServiceControl,
        PolicyKind::Rcp => Kind::ResourceControl,
    }
}
