//! Mutations of AWS's managed policies.

use std::sync::Arc;
use std::time::{Duration, Instant};

use analysis::Relation::{Equivalent, LessPermissive, MorePermissive, Unknown};
use analysis::{Budget, compare};
use policy::Policy;
use serde_json::{Value, json};

fn parse(document: &Value) -> Arc<Policy> {
    Arc::new(Policy::parse(&document.to_string()).unwrap())
}

/// Every how many-th policy is taken; the bench takes all.
fn stride() -> usize {
    std::env::var("ANALYSIS_STRIDE").ok().and_then(|text| text.parse().ok()).unwrap_or(12)
}

#[test]
fn mutations_are_decided_with_the_relation_that_they_must_have() {
    let (mut times, mut unknown) = (Vec::new(), Vec::new());
    for managed in catalog::managed_policies().iter().step_by(stride()) {
        let document: Value = serde_json::from_str(managed.document()).unwrap();
        let statements = match &document["Statement"] {
            Value::Array(statements) => statements.clone(),
            one => vec![one.clone()],
        };
        let with = |statements: Vec<Value>| {
            let mut changed = document.clone();
            changed["Statement"] = Value::Array(statements);
            parse(&changed)
        };
        let whole = parse(&document);
        let mut cases = vec![("same", with(statements.clone()), vec![Equivalent])];
        let mut reversed = statements.clone();
        reversed.reverse();
        cases.push(("reversed", with(reversed), vec![Equivalent]));
        let at = statements.len() / 2;
        let mut dropped = statements.clone();
        let gone = dropped.remove(at);
        let is_allow = gone["Effect"] == "Allow";
        let less = if is_allow { MorePermissive } else { LessPermissive };
        cases.push(("dropped", with(dropped), vec![less, Equivalent]));
        let mut narrowed = statements.clone();
        narrowed[at]["Condition"]["StringEquals"]["portcullis:Region"] = json!("eu-west-1");
        cases.push(("narrowed", with(narrowed), vec![less, Equivalent]));
        let mut denied = statements.clone();
        denied.push(json!({"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::secret/*"}));
        cases.push(("denied", with(denied), vec![MorePermissive, Equivalent]));
        let mut added = statements.clone();
        added.push(json!({"Effect": "Allow", "Action": "portcullis:Test", "Resource": "*"}));
        cases.push(("added", with(added), vec![LessPermissive, Equivalent]));
        for (mutation, changed, expected) in cases {
            let start = Instant::now();
            let answer = compare(&whole, &changed, Budget::default());
            times.push((start.elapsed(), managed.name()));
            if answer.relation == Unknown {
                unknown.push((managed.name(), mutation, answer.exhausted));
            } else {
                assert!(expected.contains(&answer.relation), "{} {mutation}: {answer:?}", managed.name());
            }
        }
    }
    times.sort();
    let at = |share: usize| times[(times.len() - 1) * share / 1000];
    let total: Duration = times.iter().map(|(time, _)| *time).sum();
    println!("{} pairs: p50 {:?} p99 {:?} max {:?} total {total:?}", times.len(), at(500), at(990), at(1000));
    println!("unknown: {} {unknown:?}", unknown.len());
    assert!(unknown.is_empty(), "{unknown:?}");
}
