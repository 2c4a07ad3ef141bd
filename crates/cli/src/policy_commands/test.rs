//! `policy test`: scenarios that say what to expect.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use catalog::Catalog;
use policy::scenario::{Reader, split};
use serde_json::Value as Json;
use service::SystemClock;
use store::Clock as _;

use super::{input, own_services, report};
use crate::args::{OwnServices, TestFormat};

/// A scenario that ran as a test.
struct Case {
    file: String,
    name: String,
    /// What went wrong, if anything did.
    failure: Option<String>,
}

pub(crate) fn run(files: &[PathBuf], format: TestFormat, services: &OwnServices) -> anyhow::Result<ExitCode> {
    let catalog = own_services::catalog(services)?;
    let mut cases = Vec::new();
    for file in files {
        run_file(file, &catalog, &mut cases)?;
    }
    match format {
        TestFormat::Text => print_text(&cases),
        TestFormat::Junit => print_junit(&cases),
        TestFormat::Github => print_github(&cases),
    }
    let is_good = !cases.is_empty() && cases.iter().all(|case| case.failure.is_none());
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn run_file(path: &Path, catalog: &Catalog, cases: &mut Vec<Case>) -> anyhow::Result<()> {
    let text = input::read(path)?;
    let file = path.display().to_string();
    let texts = split(&text).map_err(|error| anyhow::anyhow!("`{file}`: {error}"))?;
    let mut reader = Reader::new();
    let now = SystemClock.now();
    for (number, text) in texts.into_iter().enumerate() {
        let (id, failure) = match reader.read(text, now) {
            Err(error) => (error.id.clone(), Some(error.to_string())),
            Ok(scenario) => {
                let failure = match &scenario.expect {
                    None => Some("the scenario does not say what to `expect`".to_owned()),
                    Some(expected) => expected.check(&scenario.decide()).err().map(|differs| {
                        let explained = policy::explain_with(&scenario.set, &scenario.request, catalog);
                        format!("{differs}\n{explained}")
                    }),
                };
                (scenario.id, failure)
            }
        };
        let name = match id {
            Json::String(id) => id,
            Json::Null => format!("scenario {}", number + 1),
            other => other.to_string(),
        };
        cases.push(Case { file: file.clone(), name, failure });
    }
    Ok(())
}

fn print_text(cases: &[Case]) {
    for case in cases {
        match &case.failure {
            None => println!("ok    {}: {}", case.file, case.name),
            Some(failure) => {
                println!("FAIL  {}: {}", case.file, case.name);
                for line in failure.lines() {
                    println!("      {line}");
                }
            }
        }
    }
    let failed = cases.iter().filter(|case| case.failure.is_some()).count();
    println!("{} passed, {failed} failed", cases.len() - failed);
}

fn print_junit(cases: &[Case]) {
    let failed = cases.iter().filter(|case| case.failure.is_some()).count();
    println!(r#"<?xml version="1.0" encoding="UTF-8"?>"#);
    println!(
        r#"<testsuites tests="{0}" failures="{failed}"><testsuite name="portcullis" tests="{0}" failures="{failed}">"#,
        cases.len()
    );
    for case in cases {
        let (file, name) = (report::xml(&case.file), report::xml(&case.name));
        match &case.failure {
            None => println!(r#"<testcase classname="{file}" name="{name}"/>"#),
            Some(failure) => {
                let first = report::xml(failure.lines().next().unwrap_or_default());
                let whole = report::xml(failure);
                println!(
                    r#"<testcase classname="{file}" name="{name}"><failure message="{first}">{whole}</failure></testcase>"#
                );
            }
        }
    }
    println!("</testsuite></testsuites>");
}

fn print_github(cases: &[Case]) {
    for case in cases {
        if let Some(failure) = &case.failure {
            println!(
                "{}",
                report::annotation("error", &case.file, None, &format!("{}: {failure}", case.name))
            );
        }
    }
}
