//! `policy test`: scenarios that say what to expect.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

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
    /// The line of the file on which it begins, from 1.
    line: u32,
    name: String,
    /// How long it took to read and to decide.
    time: Duration,
    /// What went wrong, if anything did.
    failure: Option<String>,
}

pub(crate) fn run(files: &[PathBuf], format: TestFormat, services: &OwnServices) -> anyhow::Result<ExitCode> {
    let catalog = own_services::catalog(services)?;
    let mut cases = Vec::new();
    for file in files {
        run_file(file.display().to_string(), &input::read(file)?, &catalog, &mut cases);
    }
    match format {
        TestFormat::Text => print_text(&cases),
        TestFormat::Junit => print_junit(&cases),
        TestFormat::Github => print_github(&cases),
    }
    let is_good = !cases.is_empty() && cases.iter().all(|case| case.failure.is_none());
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn run_file(file: String, text: &str, catalog: &Catalog, cases: &mut Vec<Case>) {
    let texts = match split(text) {
        Ok(texts) => texts,
        // One bad file is one failure: the others are tested, and the report is whole.
        Err(error) => {
            let (name, failure) = ("the file".to_owned(), Some(error.to_string()));
            return cases.push(Case { file, line: 1, name, time: Duration::ZERO, failure });
        }
    };
    let mut reader = Reader::new();
    let now = SystemClock.now();
    let mut lines = LinesBelow { text, read: 0, line: 1 };
    for (number, piece) in texts.into_iter().enumerate() {
        let line = lines.line_of(piece);
        let begin = Instant::now();
        let (id, failure) = match reader.read(piece, now) {
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
        cases.push(Case { file: file.clone(), line, name, time: begin.elapsed(), failure });
    }
}

/// Counts the lines of a text as its pieces come by, in their order.
struct LinesBelow<'t> {
    text: &'t str,
    /// How many bytes were counted, and the line that they end on.
    read: usize,
    line: u32,
}

impl<'t> LinesBelow<'t> {
    /// The line on which a piece of the text begins.
    fn line_of(&mut self, piece: &'t str) -> u32 {
        let rest = self.text.get(self.read..).unwrap_or_default();
        let before = rest.find(piece).and_then(|at| rest.get(..at)).unwrap_or_default();
        self.line += u32::try_from(before.matches('\n').count()).unwrap_or_default();
        let line = self.line;
        self.line += u32::try_from(piece.matches('\n').count()).unwrap_or_default();
        self.read += before.len() + piece.len();
        line
    }
}

fn print_text(cases: &[Case]) {
    for case in cases {
        match &case.failure {
            None => println!("ok    {}: {}", case.file, case.name),
            Some(failure) => {
                println!("FAIL  {}:{}: {}", case.file, case.line, case.name);
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
    let (tests, time) = (cases.len(), seconds(cases.iter().map(|case| case.time).sum()));
    let counts = format!(r#"tests="{tests}" failures="{failed}" time="{time}""#);
    println!(r#"<testsuites {counts}><testsuite name="portcullis" {counts}>"#);
    for case in cases {
        let (file, name) = (report::xml(&case.file), report::xml(&case.name));
        let (line, time) = (case.line, seconds(case.time));
        let start = format!(
            r#"<testcase classname="{file}" name="{name}" file="{file}" line="{line}" time="{time}""#
        );
        match &case.failure {
            None => println!("{start}/>"),
            Some(failure) => {
                let first = report::xml(failure.lines().next().unwrap_or_default());
                let whole = report::xml(failure);
                println!(r#"{start}><failure message="{first}">{whole}</failure></testcase>"#);
            }
        }
    }
    println!("</testsuite></testsuites>");
}

/// As JUnit writes times: seconds, in decimals.
fn seconds(time: Duration) -> String {
    format!("{:.6}", time.as_secs_f64())
}

fn print_github(cases: &[Case]) {
    for case in cases {
        if let Some(failure) = &case.failure {
            println!(
                "{}",
                report::annotation(
                    "error",
                    &case.file,
                    Some((case.line, 1)),
                    &format!("{}: {failure}", case.name)
                )
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_piece_has_the_line_on_which_it_begins() {
        let text = "[\n  {\"id\": 1},\n\n  {\"id\":\n2}, {\"id\": 1}]";
        let mut lines = LinesBelow { text, read: 0, line: 1 };
        let found: Vec<u32> = split(text).unwrap().into_iter().map(|piece| lines.line_of(piece)).collect();
        assert_eq!(found, [2, 4, 5]);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_a_failure_among_the_others() {
        let catalog = Catalog::aws();
        let mut cases = Vec::new();
        run_file("bad.json".into(), "[{\"id\": 1,", catalog, &mut cases);
        let good = r#"{"id": "a", "action": "s3:GetObject", "resource": "*", "expect": "denied"}"#;
        run_file("good.json".into(), good, catalog, &mut cases);
        let found: Vec<_> = cases.iter().map(|case| (case.file.as_str(), case.failure.as_deref())).collect();
        assert_eq!(
            found,
            [("bad.json", Some("the document ends too early at line 1, column 11")), ("good.json", None)]
        );
    }
}
