//! `policy simulate`.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use catalog::Catalog;
use jiff::Timestamp;
use policy::scenario::{Detail, Reader, Scenario, ScenarioError};
use serde_json::{Value as Json, json};
use service::SystemClock;
use store::Clock as _;

use super::input::{self, Line};
use super::own_services;
use crate::args::{ExplainDetail, ScenarioFlags, Simulate};

pub(crate) fn run(args: &Simulate) -> anyhow::Result<ExitCode> {
    let now = SystemClock.now();
    let catalog = own_services::catalog(&args.services)?;
    if let Some(batch) = &args.batch {
        return run_batch(batch, detail(args.explain.unwrap_or(ExplainDetail::None)), &catalog, now);
    }
    let text = match (&args.file, &args.scenario.action) {
        (Some(file), _) => input::read(file)?,
        (None, Some(action)) => of_flags(&args.scenario, action)?.to_string(),
        (None, None) => bail!("give a scenario: a FILE, --batch FILE, or --principal, --action and policies"),
    };
    let scenario = Scenario::parse(&text, now)?;
    let wanted = args.explain.unwrap_or(ExplainDetail::Full);
    if args.json {
        println!("{}", scenario.answer_with(detail(wanted), &catalog));
    } else {
        let explanation = policy::explain_with(&scenario.set, &scenario.request, &catalog);
        match wanted {
            ExplainDetail::None => println!("{}", explanation.outcome),
            ExplainDetail::Short => println!("{}: {}", explanation.outcome, explanation.short()),
            ExplainDetail::Full => print!("{explanation}"),
        }
    }
    let is_refused = args.exit_code && !scenario.decide().is_allowed();
    Ok(if is_refused { ExitCode::from(REFUSED) } else { ExitCode::SUCCESS })
}

/// A decision for each line; a malformed line has an error in its place, and the exit code says so at the end.
fn run_batch(path: &Path, detail: Detail, catalog: &Catalog, now: Timestamp) -> anyhow::Result<ExitCode> {
    let mut lines = input::open(path)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut reader = Reader::new();
    let mut malformed = 0_u64;
    while let Some(line) =
        input::next_line(&mut *lines).with_context(|| format!("cannot read `{}`", path.display()))?
    {
        let read = match line {
            Line::Text(text) => reader.read(text.trim_end(), now),
            Line::Unusable(message) => Err(ScenarioError { id: Json::Null, message }),
        };
        let answer = match read {
            Ok(scenario) => scenario.answer_with(detail, catalog),
            Err(error) => {
                malformed += 1;
                error.to_json()
            }
        };
        writeln!(out, "{answer}")?;
    }
    out.flush()?;
    if malformed == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    let what = if malformed == 1 { "line is no scenario" } else { "lines are no scenarios" };
    eprintln!("portcullis: {malformed} {what}");
    Ok(ExitCode::FAILURE)
}

/// The scenario that flags describe, in the form that files have.
fn of_flags(flags: &ScenarioFlags, action: &str) -> anyhow::Result<Json> {
    let principal = match flags.principal.as_deref() {
        None if !(flags.identity_policy.is_empty()
            && flags.boundary.is_empty()
            && flags.session_policy.is_empty()) =>
        {
            bail!("whose policies are they? give --principal, such as arn:aws:iam::123456789012:user/alice")
        }
        None | Some("anonymous") => Json::Null,
        Some(principal) => Json::from(principal),
    };
    let mut context: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for pair in &flags.context {
        let (key, value) = pair.split_once('=').with_context(|| format!("`{pair}` is not KEY=VALUE"))?;
        context.entry(key).or_default().push(value);
    }
    let context: serde_json::Map<String, Json> = context
        .into_iter()
        .map(|(key, values)| {
            (key.to_owned(), if let [one] = values.as_slice() { json!(one) } else { json!(values) })
        })
        .collect();
    let levels = |files: &[PathBuf]| -> anyhow::Result<Vec<Vec<Json>>> {
        files.iter().map(|file| Ok(vec![document(file)?])).collect()
    };
    Ok(json!({
        "principal": principal,
        "principalType": flags.principal_type,
        "principalAccount": flags.principal_account.map(|account| account.to_string()),
        "action": action,
        "resource": flags.resource,
        "resourceAccount": flags.resource_account.map(|account| account.to_string()),
        "context": context,
        "implied": !flags.no_implied,
        "identityPolicies": documents(&flags.identity_policy)?,
        "permissionsBoundaries": documents(&flags.boundary)?,
        "sessionPolicies": documents(&flags.session_policy)?,
        "resourcePolicy": flags.resource_policy.as_deref().map(document).transpose()?,
        "endpointPolicies": documents(&flags.endpoint_policy)?,
        "serviceControlPolicies": levels(&flags.scp)?,
        "resourceControlPolicies": levels(&flags.rcp)?,
    }))
}

fn documents(files: &[PathBuf]) -> anyhow::Result<Vec<Json>> {
    files.iter().map(|file| document(file)).collect()
}

/// A policy's text, named by its file: as text, so that lines and columns are those of the file.
fn document(file: &Path) -> anyhow::Result<Json> {
    Ok(json!({"name": file.display().to_string(), "document": input::read(file)?}))
}

fn detail(explain: ExplainDetail) -> Detail {
    match explain {
        ExplainDetail::None => Detail::None,
        ExplainDetail::Short => Detail::Short,
        ExplainDetail::Full => Detail::Full,
    }
}

/// The exit code with which `--exit-code` says that the request is not allowed.
const REFUSED: u8 = 3;
