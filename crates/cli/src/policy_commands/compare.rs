//! `policy compare`.

use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use analysis::{Budget, Comparison, Exhausted, Requests, compare_over, is_addressed};
use anyhow::{Context as _, bail};
use policy::{Named, Policy, PolicySet, Principal, Request, SourceKind, Values, evaluate};
use serde_json::{Map, Value as Json, json};

use super::input::{self, Line};
use super::own_services;
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
    let of_resource = is_addressed(&first) || is_addressed(&second);
    if args.json {
        println!("{}", report(&Json::Null, &answer, of_resource, start));
        return Ok(ExitCode::SUCCESS);
    }
    println!("{}", answer.relation.as_str());
    for (witness, by, not_by) in [(&answer.witness_a_minus_b, a, b), (&answer.witness_b_minus_a, b, a)] {
        if let Some(request) = witness {
            let witness = question(request, of_resource);
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
                let of_resource = is_addressed(&a) || is_addressed(&b);
                let start = Instant::now();
                report(&id, &compare_over(&a, &b, requests, Budget::default()), of_resource, start)
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

/// Reads `{"id", "a", "b"}`; a document is an object or its text in a string.
fn pair(line: &str) -> Result<Pair, (Json, String)> {
    let mut line: Map<String, Json> =
        serde_json::from_str(line).map_err(|error| (Json::Null, format!("no JSON object: {error}")))?;
    let id = line.remove("id").unwrap_or_default();
    let mut document = |name: &str| {
        let text = match line.remove(name) {
            Some(Json::String(text)) => text,
            Some(object @ Json::Object(_)) => object.to_string(),
            Some(_) => return Err((id.clone(), format!("`{name}` must be a policy document"))),
            None => return Err((id.clone(), format!("`{name}` is missing"))),
        };
        let policy = Policy::parse(&text).map_err(|error| (id.clone(), format!("`{name}`: {error}")))?;
        Ok(Arc::new(policy))
    };
    let (a, b) = (document("a")?, document("b")?);
    Ok((id, a, b))
}

fn report(id: &Json, answer: &Comparison, of_resource: bool, start: Instant) -> Json {
    let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
    let witness =
        |request: &Option<Request>| request.as_ref().map_or(Json::Null, |it| question(it, of_resource));
    let mut report = json!({
        "id": id,
        "relation": answer.relation.as_str(),
        "witnessAMinusB": witness(&answer.witness_a_minus_b),
        "witnessBMinusA": witness(&answer.witness_b_minus_a),
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

/// A witness as `policy simulate` reads it, so that with one of the two documents as policy it decides as they do.
///
/// A role and a KMS key let nobody in by identity policies alone. There the question brings the policy with which
/// the resource leaves that to its account.
fn question(witness: &Request, of_resource: bool) -> Json {
    let mut question = scenario(witness);
    if !of_resource && let (Some(policy), Some(question)) = (delegation(witness), question.as_object_mut()) {
        question.insert("resourcePolicy".into(), policy);
    }
    question
}

/// The policy of the resource without which no identity policy allows the request.
fn delegation(request: &Request) -> Option<Json> {
    let account = request.resource_account?;
    let allow = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let mut trust = allow.clone();
    trust.as_object_mut()?.insert("Principal".into(), json!({"AWS": account.as_str()}));
    let read = |statement: &Json, kind: SourceKind| {
        let text = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        Some(Named::new(kind, "", Arc::new(Policy::parse(&text).ok()?)))
    };
    let alone = PolicySet::new().with_identity(vec![read(&allow, SourceKind::Input)?]);
    if evaluate(&alone, request).is_allowed() {
        return None;
    }
    let with = alone.with_resource(read(&trust, SourceKind::Resource)?);
    let helps = evaluate(&with, request).is_allowed();
    helps.then(|| json!({"Version": "2012-10-17", "Statement": [trust]}))
}

/// A request as `policy simulate` reads it. The keys are all there are: none is implied.
pub(crate) fn scenario(request: &Request) -> Json {
    let (principal, kind) = match &request.principal {
        Principal::Anonymous => (Json::Null, Some("anonymous")),
        Principal::Service(service) => (service.name().into(), Some("service")),
        Principal::Federated(by) => (by.provider().into(), Some("federated")),
        known => (known.arn().map_or(Json::Null, |arn| arn.as_str().into()), None),
    };
    let context: Map<String, Json> = request
        .context
        .iter()
        .map(|(key, values)| {
            let value = match values {
                Values::One(value) => json!(value.as_str()),
                Values::Many(values) => json!(values.iter().map(|value| value.as_str()).collect::<Vec<_>>()),
            };
            (key.as_str().to_owned(), value)
        })
        .collect();
    let mut scenario = json!({
        "principal": principal,
        "action": request.action.as_str(),
        "resource": request.resource.as_str(),
        "context": context,
        "implied": false,
    });
    if let Some(scenario) = scenario.as_object_mut() {
        if let Some(kind) = kind {
            scenario.insert("principalType".into(), kind.into());
        }
        if let Some(account) = request.resource_account {
            scenario.insert("resourceAccount".into(), account.as_str().into());
        }
    }
    scenario
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_witness_is_a_scenario_that_the_simulator_decides_alike() {
        let line = json!({"id": 7,
            "a": {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*",
                "Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}}},
            "b": {"Statement": []}});
        let (id, a, b) = pair(&line.to_string()).unwrap();
        let answer = report(&id, &analysis::compare(&a, &b, Budget::default()), false, Instant::now());
        assert_eq!(answer["relation"], "morePermissive");
        let mut scenario = answer["witnessAMinusB"].clone();
        for (document, allowed) in [(&line["a"], true), (&line["b"], false)] {
            scenario["identityPolicies"] = json!([document]);
            let read = policy::scenario::Scenario::parse(&scenario.to_string(), jiff::Timestamp::UNIX_EPOCH);
            assert_eq!(read.unwrap().decide().is_allowed(), allowed, "{scenario}");
        }
    }

    #[test]
    fn a_witness_brings_the_policy_of_a_resource_that_must_have_one() {
        for (action, resource) in
            [("kms:Decrypt", "arn:aws:kms:*:*:key/*"), ("sts:AssumeRole", "arn:aws:iam::*:role/*")]
        {
            let a = json!({"Statement": {"Effect": "Allow", "Action": action, "Resource": resource}});
            let line = json!({"a": a, "b": {"Statement": []}});
            let (id, first, second) = pair(&line.to_string()).unwrap();
            let answer = analysis::compare(&first, &second, Budget::default());
            let mut witness = report(&id, &answer, false, Instant::now())["witnessAMinusB"].clone();
            assert!(witness["resourcePolicy"].is_object(), "{witness}");
            witness["identityPolicies"] = json!([a]);
            let read = policy::scenario::Scenario::parse(&witness.to_string(), jiff::Timestamp::UNIX_EPOCH);
            assert!(read.unwrap().decide().is_allowed(), "{witness}");
        }
    }

    #[test]
    fn what_is_no_pair_says_so_under_its_id() {
        assert!(pair("[]").is_err());
        let (id, message) = pair(r#"{"id": "x", "a": {"Statement": []}}"#).unwrap_err();
        assert_eq!((id, message.as_str()), (json!("x"), "`b` is missing"));
        let (_, message) = pair(r#"{"a": {"Statement": 1}, "b": {}}"#).unwrap_err();
        assert!(message.starts_with("`a`: "), "{message}");
    }
}
