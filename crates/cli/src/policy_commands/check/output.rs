//! How checks are reported.

use std::fmt::Write as _;

use analysis::{Grant, is_addressed};
use anyhow::Context as _;
use policy::{Policy, Position};
use serde_json::{Value as Json, json};

use super::documents::State;
use super::{Checked, Outcome, Words};
use crate::args::{CheckFormat, Report};
use crate::policy_commands::{report as forms, witness};

pub(crate) fn write(words: Words, checked: &[Checked], report: &Report) -> anyhow::Result<()> {
    let text = match report.format() {
        CheckFormat::Text => text(words, checked),
        CheckFormat::Json => format!("{:#}\n", as_json(words, checked)),
        CheckFormat::Sarif => format!("{:#}\n", sarif(words, checked)),
        CheckFormat::Junit => junit(words, checked),
        CheckFormat::Github => github(words, checked),
    };
    match &report.output {
        None => print!("{text}"),
        Some(path) => {
            std::fs::write(path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
        }
    }
    Ok(())
}

/// The document, where it is known.
fn policy(checked: &Checked) -> Option<&Policy> {
    match &checked.document.state {
        State::Known { policy, .. } => Some(policy),
        State::Unknown(_) | State::Untold(_) => None,
    }
}

/// The witness as a scenario.
fn question(checked: &Checked, grant: &Grant) -> Json {
    match &checked.document.state {
        State::Known { policy, .. } => witness::of_document(&grant.witness, policy, is_addressed(policy)),
        State::Unknown(_) | State::Untold(_) => witness::scenario(&grant.witness),
    }
}

/// Where a statement begins in the file, where the file is the document.
fn place(checked: &Checked, statement: usize) -> Option<Position> {
    let State::Known { policy, is_whole_file: true } = &checked.document.state else { return None };
    let statement = policy.statements().get(statement)?;
    Some(policy.position(statement.span().start))
}

/// Access Analyzer's sentence about a statement.
fn description(words: Words, checked: &Checked, grant: &Grant) -> String {
    let sid = policy(checked).and_then(|policy| policy.statements().get(grant.statement)?.sid());
    match sid {
        Some(sid) if !sid.is_empty() => format!("{} sid: {sid}.", words.reason),
        _ => format!("{} index: {}.", words.reason, grant.statement),
    }
}

fn message(words: Words, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Pass => words.pass.to_owned(),
        Outcome::Fail(_) => words.fail.to_owned(),
        Outcome::Unproven(why, _) => format!("The check fails because {why}."),
        Outcome::Untold(why) => format!("Not checked: {why}."),
    }
}

fn result(outcome: &Outcome) -> &'static str {
    if matches!(outcome, Outcome::Pass | Outcome::Untold(_)) { "PASS" } else { "FAIL" }
}

fn grants(outcome: &Outcome) -> &[Grant] {
    match outcome {
        Outcome::Pass | Outcome::Untold(_) => &[],
        Outcome::Fail(grants) | Outcome::Unproven(_, grants) => grants,
    }
}

/// Those that were checked, and those of which the plan tells too little.
fn told(checked: &[Checked]) -> (Vec<&Checked>, Vec<&Checked>) {
    checked.iter().partition(|one| !matches!(one.outcome, Outcome::Untold(_)))
}

fn text(words: Words, checked: &[Checked]) -> String {
    let mut out = String::new();
    let (checked, untold) = told(checked);
    for one in &checked {
        let name = one.document.name();
        let _ = writeln!(out, "{}  {name}: {}", result(&one.outcome), message(words, &one.outcome));
        for grant in grants(&one.outcome) {
            let place = place(one, grant.statement).map_or(String::new(), |at| format!(" ({at})"));
            let _ = writeln!(out, "      {}{place}", description(words, one, grant));
            let _ = writeln!(out, "      for instance {}", question(one, grant));
        }
    }
    if checked.is_empty() {
        out.push_str("PASS  no document that the check concerns\n");
    }
    for one in untold {
        let _ = writeln!(out, "NOTE  {}: {}", one.document.name(), message(words, &one.outcome));
    }
    out
}

/// One document as Access Analyzer answers; several as a list of such answers under one that sums them up.
fn as_json(words: Words, checked: &[Checked]) -> Json {
    let answer = |one: &Checked| {
        let reasons: Vec<Json> = grants(&one.outcome)
            .iter()
            .map(|grant| {
                let mut reason = json!({
                    "description": description(words, one, grant),
                    "statementIndex": grant.statement,
                    "witness": question(one, grant),
                });
                let sid = policy(one).and_then(|policy| policy.statements().get(grant.statement)?.sid());
                if let (Some(sid), Some(reason)) = (sid.filter(|sid| !sid.is_empty()), reason.as_object_mut())
                {
                    reason.insert("statementId".into(), sid.into());
                }
                reason
            })
            .collect();
        let mut answer = json!({
            "result": result(&one.outcome),
            "message": message(words, &one.outcome),
            "reasons": reasons,
        });
        if let (Outcome::Unproven(why, _), Some(answer)) = (&one.outcome, answer.as_object_mut()) {
            answer.insert("unproven".into(), why.as_str().into());
        }
        answer
    };
    if let [one] = checked
        && one.document.address.is_none()
    {
        return answer(one);
    }
    let placed = |one: &Checked, mut answer: Json| {
        if let Some(answer) = answer.as_object_mut() {
            answer.insert("file".into(), one.document.file.as_str().into());
            answer.insert("resource".into(), one.document.address.as_deref().into());
            answer.insert("attribute".into(), one.document.attribute.as_deref().into());
        }
        answer
    };
    let (checked, untold) = told(checked);
    let documents: Vec<Json> = checked.iter().map(|one| placed(one, answer(one))).collect();
    let note = |one: &&Checked| placed(one, json!({"message": message(words, &one.outcome)}));
    let notes: Vec<Json> = untold.iter().map(note).collect();
    let worst = checked.iter().map(|one| &one.outcome).max_by_key(|outcome| match outcome {
        Outcome::Pass | Outcome::Untold(_) => 0,
        Outcome::Unproven(..) => 1,
        Outcome::Fail(_) => 2,
    });
    let outcome = worst.unwrap_or(&Outcome::Pass);
    json!({
        "result": result(outcome),
        "message": message(words, outcome),
        "documents": documents,
        "notes": notes,
    })
}

/// The Static Analysis Results Interchange Format, 2.1.0.
fn sarif(words: Words, checked: &[Checked]) -> Json {
    let mut results = Vec::new();
    for one in checked {
        let located = |statement: Option<usize>| {
            let mut physical = json!({"artifactLocation": {"uri": forms::uri(&one.document.file)}});
            if let Some(at) = statement.and_then(|statement| place(one, statement))
                && let Some(physical) = physical.as_object_mut()
            {
                physical.insert("region".into(), json!({"startLine": at.line, "startColumn": at.column}));
            }
            match &one.document.address {
                None => json!({"physicalLocation": physical}),
                Some(address) => json!({"physicalLocation": physical, "logicalLocations": [
                    {"fullyQualifiedName": address, "kind": "resource"}]}),
            }
        };
        let level = if matches!(one.outcome, Outcome::Untold(_)) { "note" } else { "error" };
        let mut add = |statement: Option<usize>, text: String| {
            results.push(json!({
                "ruleId": words.id,
                "level": level,
                "message": {"text": text},
                "locations": [located(statement)],
            }));
        };
        for grant in grants(&one.outcome) {
            let text = format!("{} For instance {}", description(words, one, grant), question(one, grant));
            add(Some(grant.statement), text);
        }
        if matches!(one.outcome, Outcome::Unproven(..) | Outcome::Untold(_)) {
            add(None, message(words, &one.outcome));
        }
    }
    let rules = json!([{"id": words.id, "shortDescription": {"text": words.fail}}]);
    forms::sarif(rules, results)
}

fn junit(words: Words, checked: &[Checked]) -> String {
    let (told, untold) = told(checked);
    let failed = told.iter().filter(|one| !matches!(one.outcome, Outcome::Pass)).count();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        r#"<testsuites tests="{0}" failures="{failed}"><testsuite name="{1}" tests="{0}" failures="{failed}" skipped="{2}">"#,
        checked.len(),
        words.id,
        untold.len()
    );
    for one in checked {
        let (file, name) = (forms::xml(&one.document.file), forms::xml(&one.document.name()));
        if matches!(one.outcome, Outcome::Pass) {
            let _ = writeln!(out, r#"<testcase classname="{file}" name="{name}"/>"#);
            continue;
        }
        if matches!(one.outcome, Outcome::Untold(_)) {
            let message = forms::xml(&message(words, &one.outcome));
            let _ = writeln!(
                out,
                r#"<testcase classname="{file}" name="{name}"><skipped message="{message}"/></testcase>"#
            );
            continue;
        }
        let mut whole = message(words, &one.outcome);
        for grant in grants(&one.outcome) {
            let _ = write!(whole, "\n{} {}", description(words, one, grant), question(one, grant));
        }
        let _ = writeln!(
            out,
            r#"<testcase classname="{file}" name="{name}"><failure message="{}">{}</failure></testcase>"#,
            forms::xml(&message(words, &one.outcome)),
            forms::xml(&whole)
        );
    }
    out.push_str("</testsuite></testsuites>\n");
    out
}

fn github(words: Words, checked: &[Checked]) -> String {
    let mut out = String::new();
    for one in checked {
        let of_plan = one.document.address.as_ref().map_or(String::new(), |address| format!("{address}: "));
        let level = if matches!(one.outcome, Outcome::Untold(_)) { "notice" } else { "error" };
        let mut add = |place: Option<Position>, message: &str| {
            let place = place.map(|at| (at.line, at.column));
            let line = forms::annotation(level, &one.document.file, place, &format!("{of_plan}{message}"));
            let _ = writeln!(out, "{line}");
        };
        for grant in grants(&one.outcome) {
            let text = format!("{}\nFor instance {}", description(words, one, grant), question(one, grant));
            add(place(one, grant.statement), &text);
        }
        if matches!(one.outcome, Outcome::Unproven(..) | Outcome::Untold(_)) {
            add(None, &message(words, &one.outcome));
        }
    }
    out
}
