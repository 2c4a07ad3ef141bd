//! `policy compare`.

use std::borrow::Cow;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use analysis::{Budget, Comparison, Exhausted, Requests, compare_over, is_addressed};
use anyhow::{Context as _, bail};
use policy::{Policy, Request};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};

use super::input::{self, Line};
use super::{own_services, witness};
use crate::args::Compare;

pub(crate) fn run(args: &Compare) -> anyhow::Result<ExitCode> {
    let catalog = own_services::catalog(&args.services)?;
    let requests = if args.realistic { Requests::Realistic(&catalog) } else { Requests::Any };
    if let Some(batch) = &args.batch {
        return run_batch(batch, requests);
    }
    let (Some(a), Some(b)) = (&args.a, &args.b) else { bail!("give two documents, or --batch FILE") };
    let read = |path: &Path| -> anyhow::Result<Arc<Policy>> {
        let policy = Policy::parse(&input::read(path)?);
        Ok(Arc::new(policy.with_context(|| format!("`{}` is no policy", path.display()))?))
    };
    let (first, second) = (read(a)?, read(b)?);
    let start = Instant::now();
    let answer = compare_over(&first, &second, requests, Budget::default());
    if args.json {
        println!("{}", report(&Json::Null, &answer, [&first, &second], start));
        return Ok(ExitCode::SUCCESS);
    }
    println!("{}", answer.relation.as_str());
    let is_of_resource = is_addressed(&first) || is_addressed(&second);
    let differences = [(&answer.witness_a_minus_b, &first, a, b), (&answer.witness_b_minus_a, &second, b, a)];
    for (witness, allowing, by, not_by) in differences {
        if let Some(request) = witness {
            let witness = witness::of_document(request, allowing, is_of_resource);
            println!("allowed by {} and not by {}:\n  {witness}", by.display(), not_by.display());
        }
    }
    if let Some(exhausted) = answer.exhausted {
        println!("not decided: {}", reason(exhausted));
    }
    Ok(ExitCode::SUCCESS)
}

/// A relation for each line; a malformed line has an error in its place, and the exit code says so at the end.
fn run_batch(path: &Path, requests: Requests<'_>) -> anyhow::Result<ExitCode> {
    let mut lines = input::open(path)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut malformed = 0_u64;
    while let Some(line) =
        input::next_line(&mut *lines).with_context(|| format!("cannot read `{}`", path.display()))?
    {
        let read = match &line {
            Line::Text(text) => pair(text),
            Line::Unusable(message) => Err((Json::Null, message.clone())),
        };
        let answer = match read {
            Ok((id, a, b)) => {
                let start = Instant::now();
                report(&id, &compare_over(&a, &b, requests, Budget::default()), [&a, &b], start)
            }
            Err((id, message)) => {
                malformed += 1;
                json!({"id": id, "error": message})
            }
        };
        writeln!(out, "{answer}")?;
    }
    out.flush()?;
    if malformed == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("portcullis: lines that are no pair of policies: {malformed}");
    Ok(ExitCode::FAILURE)
}

type Pair = (Json, Arc<Policy>, Arc<Policy>);

/// A line as it is written, so that places and members that stand twice are those of its documents.
#[derive(Deserialize)]
struct Written<'l> {
    #[serde(default)]
    id: Json,
    #[serde(borrow)]
    a: Option<&'l RawValue>,
    #[serde(borrow)]
    b: Option<&'l RawValue>,
}

/// Reads `{"id", "a", "b"}`; a document is an object or its text in a string.
fn pair(line: &str) -> Result<Pair, (Json, String)> {
    let no_object = |error: String| (Json::Null, format!("no JSON object: {error}"));
    // A list would be read as the members in their order.
    if line.trim_start().starts_with('[') {
        return Err(no_object("it is a list".into()));
    }
    let Written { id, a, b } = serde_json::from_str(line).map_err(|error| no_object(error.to_string()))?;
    let document = |name: &str, written: Option<&RawValue>| {
        let written = written.ok_or_else(|| format!("`{name}` is missing"))?.get();
        let text = match written.as_bytes().first() {
            Some(b'"') => serde_json::from_str(written).map_err(|error| format!("`{name}`: {error}"))?,
            Some(b'{') => Cow::Borrowed(written),
            _ => return Err(format!("`{name}` must be a policy document")),
        };
        Policy::parse(&text).map(Arc::new).map_err(|error| format!("`{name}`: {error}"))
    };
    match (document("a", a), document("b", b)) {
        (Ok(a), Ok(b)) => Ok((id, a, b)),
        (Err(message), _) | (_, Err(message)) => Err((id, message)),
    }
}

fn report(id: &Json, answer: &Comparison, [a, b]: [&Arc<Policy>; 2], start: Instant) -> Json {
    let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
    let is_of_resource = is_addressed(a) || is_addressed(b);
    let witness = |request: &Option<Request>, allowing| {
        request.as_ref().map_or(Json::Null, |it| witness::of_document(it, allowing, is_of_resource))
    };
    let mut report = json!({
        "id": id,
        "relation": answer.relation.as_str(),
        "witnessAMinusB": witness(&answer.witness_a_minus_b, a),
        "witnessBMinusA": witness(&answer.witness_b_minus_a, b),
        "micros": micros,
    });
    if let (Some(exhausted), Some(report)) = (answer.exhausted, report.as_object_mut()) {
        report.insert("reason".into(), reason(exhausted).into());
    }
    report
}

/// What ran out, in words.
pub(crate) fn reason(exhausted: Exhausted) -> &'static str {
    match exhausted {
        Exhausted::Steps => "the budget of steps ran out",
        Exhausted::States => "the budget of states ran out",
        Exhausted::Method => "the method does not decide it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_pair_says_so_under_its_id() {
        assert!(pair("[]").is_err());
        let (id, message) = pair(r#"{"id": "x", "a": {"Statement": []}}"#).unwrap_err();
        assert_eq!((id, message.as_str()), (json!("x"), "`b` is missing"));
        let (_, message) = pair(r#"{"a": {"Statement": 1}, "b": {}}"#).unwrap_err();
        assert!(message.starts_with("`a`: "), "{message}");
        let empty = r#"{"Statement": []}"#;
        assert!(pair(&format!(r#"[1, {empty}, {empty}]"#)).is_err());
        assert!(pair(&format!(r#"{{"a": {empty}, "b": {empty}, "a": {empty}}}"#)).is_err());
    }

    #[test]
    fn a_document_in_a_line_is_refused_as_it_is_in_a_file() {
        let twice = r#"{"Statement": [], "Statement": []}"#;
        let text = Json::from(twice).to_string();
        for a in [twice, &text] {
            let (_, message) = pair(&format!(r#"{{"a": {a}, "b": {{"Statement": []}}}}"#)).unwrap_err();
            assert!(message.contains("Statement"), "{message}");
        }
    }
}
