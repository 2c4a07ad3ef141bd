//! `policy validate`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use analysis::checks::{
    Finding, FindingType, LastAccessed, Location, PathElement, PolicyType, ResourceType, validate_with,
};
use catalog::Catalog;
use policy::Position;
use policy::validate::{Kind, findings as refusals};
use serde_json::{Value as Json, json};

use super::{input, own_services, report};
use crate::args::{FindingsFormat, PolicyKind, Validate};

/// A finding in one file.
struct Found {
    file: String,
    finding: Finding,
}

pub(crate) fn run(asked: &Validate) -> anyhow::Result<ExitCode> {
    let used = asked.used.as_ref().map(|path| input::read(path)).transpose()?;
    let used =
        used.map(|text| LastAccessed::new(text.lines().map(str::trim).filter(|line| !line.is_empty())));
    let catalog = own_services::catalog(&asked.services)?;
    let mut found = Vec::new();
    for path in &asked.files {
        let file = path.display().to_string();
        let of_file = match input::read(path) {
            Ok(text) => examine(asked, &text, used.as_ref(), &catalog),
            // The other documents have findings too.
            Err(error) => vec![unreadable(&error)],
        };
        found.extend(of_file.into_iter().map(|finding| Found { file: file.clone(), finding }));
    }
    match asked.format {
        FindingsFormat::Text => print_text(&found, asked.files.len()),
        FindingsFormat::Json => {
            println!("{}", json!({"findings": found.iter().map(as_json).collect::<Vec<_>>()}));
        }
        FindingsFormat::Sarif => println!("{}", sarif(&found)),
        FindingsFormat::Junit => print_junit(&found, &asked.files),
        FindingsFormat::Github => {
            for Found { file, finding } in &found {
                let message = format!("{}: {}", finding.code, finding.details);
                println!("{}", report::annotation(level(finding.kind), file, place(finding), &message));
            }
        }
    }
    let failed = found.iter().any(|found| found.finding.kind == FindingType::Error);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The findings of the checks, and IAM's own refusal where none of them is an error.
fn examine(asked: &Validate, text: &str, used: Option<&LastAccessed>, catalog: &Catalog) -> Vec<Finding> {
    let (policy_type, resource_type, kind) = kinds(asked);
    let mut found = validate_with(text, policy_type, resource_type, used, catalog);
    if !found.iter().any(|finding| finding.kind == FindingType::Error)
        && let Some(refusal) = refusals(kind, text).into_iter().next()
    {
        let details = match &refusal.detail {
            Some(detail) => format!("{} ({detail})", refusal.message),
            None => refusal.message,
        };
        let location = Location { path: Vec::new(), start: refusal.position, end: refusal.position };
        found.insert(
            0,
            Finding { kind: FindingType::Error, code: REFUSED, details, locations: vec![location] },
        );
    }
    found
}

/// What is found of a file that cannot be read, without a place.
fn unreadable(error: &anyhow::Error) -> Finding {
    let details = format!("{error:#}");
    Finding { kind: FindingType::Error, code: UNREADABLE, details, locations: Vec::new() }
}

/// The policy type and resource type of the checks, and the kind of the engine.
fn kinds(asked: &Validate) -> (PolicyType, Option<ResourceType>, Kind) {
    let trust = ResourceType::AssumeRolePolicyDocument;
    let resource = asked.resource_type;
    match asked.policy_type {
        Some(PolicyType::Identity) => (PolicyType::Identity, None, Kind::Identity),
        Some(PolicyType::Resource) if resource == Some(trust) => {
            (PolicyType::Resource, resource, Kind::Trust)
        }
        Some(PolicyType::Resource) => (PolicyType::Resource, resource, Kind::Resource),
        Some(PolicyType::ServiceControl) => (PolicyType::ServiceControl, None, Kind::ServiceControl),
        Some(PolicyType::ResourceControl) => (PolicyType::ResourceControl, None, Kind::ResourceControl),
        None => match asked.kind {
            PolicyKind::Identity if resource == Some(trust) => (PolicyType::Resource, resource, Kind::Trust),
            PolicyKind::Identity if resource.is_some() => (PolicyType::Resource, resource, Kind::Resource),
            PolicyKind::Identity => (PolicyType::Identity, None, Kind::Identity),
            PolicyKind::Trust => (PolicyType::Resource, Some(trust), Kind::Trust),
            PolicyKind::Resource => (PolicyType::Resource, resource, Kind::Resource),
            PolicyKind::Session => (PolicyType::Identity, None, Kind::Session),
            PolicyKind::Scp => (PolicyType::ServiceControl, None, Kind::ServiceControl),
            PolicyKind::Rcp => (PolicyType::ResourceControl, None, Kind::ResourceControl),
        },
    }
}

fn print_text(found: &[Found], files: usize) {
    for found in found {
        println!("{}", as_line(found));
    }
    if found.is_empty() {
        println!("{files} document{}, nothing wrong", if files == 1 { "" } else { "s" });
    }
}

fn as_line(Found { file, finding }: &Found) -> String {
    let (line, column) = place(finding).unwrap_or((1, 1));
    let kind = finding.kind.as_str().to_ascii_lowercase().replace('_', " ");
    format!("{file}:{line}:{column}: {kind}: {} [{}]", finding.details, finding.code)
}

/// A test for each document: its errors fail it, its other findings are what it printed.
fn print_junit(found: &[Found], files: &[PathBuf]) {
    let files: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    let of = |file: &str, is_error: bool| -> Vec<String> {
        let of_file = found.iter().filter(|found| found.file == file);
        of_file.filter(|found| (found.finding.kind == FindingType::Error) == is_error).map(as_line).collect()
    };
    let failed = files.iter().filter(|file| !of(file, true).is_empty()).count();
    let counts = format!(r#"tests="{}" failures="{failed}""#, files.len());
    println!(r#"<?xml version="1.0" encoding="UTF-8"?>"#);
    println!(r#"<testsuites {counts}><testsuite name="portcullis policy validate" {counts}>"#);
    for file in &files {
        let name = report::xml(file);
        println!(r#"<testcase classname="{name}" name="{name}" file="{name}">"#);
        let (errors, others) = (of(file, true), of(file, false));
        if let Some(first) = errors.first() {
            let (first, all) = (report::xml(first), report::xml(&errors.join("\n")));
            println!(r#"<failure message="{first}">{all}</failure>"#);
        }
        if !others.is_empty() {
            println!("<system-out>{}</system-out>", report::xml(&others.join("\n")));
        }
        println!("</testcase>");
    }
    println!("</testsuite></testsuites>");
}

/// A finding as ValidatePolicy answers it, and the file.
fn as_json(Found { file, finding }: &Found) -> Json {
    let locations: Vec<Json> = finding
        .locations
        .iter()
        .map(|Location { path, start, end }| {
            json!({
                "path": path.iter().map(step).collect::<Vec<_>>(),
                "span": {"start": position(start), "end": position(end)},
            })
        })
        .collect();
    json!({
        "file": file,
        "findingType": finding.kind.as_str(),
        "issueCode": finding.code,
        "findingDetails": finding.details,
        "learnMoreLink": link(finding),
        "locations": locations,
    })
}

fn step(element: &PathElement) -> Json {
    match element {
        PathElement::Index(index) => json!({"index": index}),
        PathElement::Key(key) => json!({"key": key}),
        PathElement::Substring { start, length } => json!({"substring": {"start": start, "length": length}}),
        PathElement::Value(value) => json!({"value": value}),
    }
}

/// AWS counts lines from 1, columns and offsets from 0.
fn position(position: &Position) -> Json {
    json!({"line": position.line, "column": position.column.saturating_sub(1), "offset": position.offset})
}

/// The Static Analysis Results Interchange Format, 2.1.0.
fn sarif(found: &[Found]) -> Json {
    let rules: BTreeMap<&str, Json> =
        found.iter().map(|Found { finding, .. }| (finding.code, rule(finding))).collect();
    let results: Vec<_> = found
        .iter()
        .map(|Found { file, finding }| {
            let region = |Location { start, end, .. }: &Location| {
                json!({"physicalLocation": {
                    "artifactLocation": {"uri": report::uri(file)},
                    "region": {
                        "startLine": start.line, "startColumn": start.column,
                        "endLine": end.line, "endColumn": end.column,
                    },
                }})
            };
            let mut places: Vec<Json> = finding.locations.iter().map(region).collect();
            if places.is_empty() {
                places.push(json!({"physicalLocation": {"artifactLocation": {"uri": report::uri(file)}}}));
            }
            json!({
                "ruleId": finding.code,
                "level": level(finding.kind).replace("notice", "note"),
                "message": {"text": finding.details},
                "locations": places,
            })
        })
        .collect();
    report::sarif(rules.into_values().collect(), results)
}

/// The rule that a finding breaks. Its address must be absolute: what this project documents itself is told as text.
fn rule(finding: &Finding) -> Json {
    match link(finding) {
        None => json!({"id": finding.code}),
        Some(link) if link.starts_with("https:") => json!({"id": finding.code, "helpUri": link}),
        Some(page) => json!({"id": finding.code, "help": {"text": page}}),
    }
}

/// The level of an annotation.
fn level(kind: FindingType) -> &'static str {
    match kind {
        FindingType::Error => "error",
        FindingType::SecurityWarning | FindingType::Warning => "warning",
        FindingType::Suggestion => "notice",
    }
}

fn place(finding: &Finding) -> Option<(u32, u32)> {
    finding.locations.first().map(|location| (location.start.line, location.start.column))
}

/// Where to read on.
fn link(finding: &Finding) -> Option<String> {
    match finding.code {
        REFUSED => {
            Some("https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html".into())
        }
        UNREADABLE => None,
        _ => Some(finding.learn_more_link()),
    }
}

/// The code of IAM's own refusal, where no check says it.
const REFUSED: &str = "MALFORMED_POLICY_DOCUMENT";
/// The code of a file without a document to look at.
const UNREADABLE: &str = "UNREADABLE_DOCUMENT";

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn in_file(file: &str, finding: Finding) -> Found {
        Found { file: file.into(), finding }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_a_finding_beside_those_of_the_others() {
        let error = input::read(Path::new("no/such/file.json")).unwrap_err();
        let found = in_file("no/such/file.json", unreadable(&error));
        let line = as_line(&found);
        assert!(
            line.starts_with("no/such/file.json:1:1: error: cannot read `no/such/file.json`: "),
            "{line}"
        );
        assert!(line.ends_with(" [UNREADABLE_DOCUMENT]"), "{line}");
        assert_eq!(as_json(&found)["learnMoreLink"], Json::Null);
        let sarif = sarif(&[found]);
        let run = &sarif["runs"][0];
        assert_eq!(run["tool"]["driver"]["rules"], json!([{"id": "UNREADABLE_DOCUMENT"}]));
        let place = json!([{"physicalLocation": {"artifactLocation": {"uri": "no/such/file.json"}}}]);
        assert_eq!(run["results"][0]["locations"], place);
    }

    #[test]
    fn the_addresses_of_rules_are_absolute() {
        // The statement's action is none, so that a check of our own speaks beside AWS's.
        let text =
            r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3", "Resource": "*"}}"#;
        let findings =
            validate_with(text, PolicyType::Identity, None, None, &Catalog::with(Vec::new()).unwrap());
        let found: Vec<Found> = findings.into_iter().map(|finding| in_file("a.json", finding)).collect();
        let sarif = sarif(&found);
        let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
        assert!(rules.iter().any(|rule| rule["id"] == "INVALID_ACTION" && rule["helpUri"].is_string()));
        let own = json!({"id": "DEAD_STATEMENT", "help": {"text": "docs/policy-checks.md#dead-statement"}});
        assert!(rules.contains(&own), "{rules:?}");
        for address in rules.iter().filter_map(|rule| rule["helpUri"].as_str()) {
            assert!(address.starts_with("https://"), "{address}");
        }
    }
}
