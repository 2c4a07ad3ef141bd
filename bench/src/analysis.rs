//! `analysis`: exact comparison of policies, against cvc5 and z3 on the same questions, and against the engine.
//!
//! Pairs are made of AWS's managed policies: statements dropped, added, narrowed and widened; conditions of every type
//! of operator against others close to them, and elements against their complements; the forty largest against each
//! other. A sample of the pairs that SMT-LIB states exactly goes to the solvers, each question under a time limit.
//! Disagreements are printed. Then a million random requests, drawn from the literals and edges of both policies of a
//! pair, are put to the engine and must not contradict the relation.

mod pairs;
mod requests;
mod sample;
mod smt;
mod solvers;

use std::sync::Arc;
use std::time::Instant;

use analysis::{Budget, Comparison, Relation, compare};
use anyhow::{Result, ensure};

use crate::report::{Goal, Report};
use pairs::Pair;

pub(crate) fn run(report: &mut Report) -> Result<()> {
    let groups = [
        (MUTATIONS, pairs::mutations()?),
        ("conditions, complements", pairs::conditions()?),
        ("40 largest", pairs::largest(40)?),
    ];
    let mut answers: Vec<(&str, Vec<Answered<'_>>)> = Vec::new();
    for (what, pairs) in &groups {
        let (times, compared) = compare_all(pairs);
        tell(report, what, &times, &compared);
        for (pair, answer) in pairs.iter().zip(&compared) {
            if let Some(exhausted) = answer.exhausted {
                println!("undecided: {}: {exhausted:?}", pair.name);
            }
        }
        answers.push((what, pairs.iter().zip(compared).collect()));
    }
    sample::solve(report, &answers)?;
    let all: Vec<_> = answers.iter().flat_map(|(_, answers)| answers).collect();
    replay(report, &all)
}

type Answered<'p> = (&'p Pair, Comparison);

fn compare_all(pairs: &[Pair]) -> (Vec<f64>, Vec<Comparison>) {
    let timed = |pair: &Pair| {
        let start = Instant::now();
        let answer = compare(&pair.a, &pair.b, Budget::default());
        (start.elapsed().as_secs_f64() * 1e3, answer)
    };
    pairs.iter().map(timed).unzip()
}

fn tell(report: &mut Report, what: &str, times: &[f64], answers: &[Comparison]) {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    let undecided = answers.iter().filter(|answer| answer.relation == Relation::Unknown).count();
    report.tell(BENCH, &format!("{what}: pairs"), count(sorted.len()), "pairs");
    report.tell(BENCH, &format!("{what}: undecided"), count(undecided), "pairs");
    let goals = [(50, "p50", 0.3), (99, "p99", 50.0), (100, "max", 1_000.0)];
    for (percent, name, goal) in goals {
        let (name, value) = (format!("{what}: {name}"), quantile(&sorted, percent));
        // The goals are for a policy and its next version, not for any two.
        match what {
            MUTATIONS => report.judge(BENCH, &name, value, "ms", Goal::AtMost(goal)),
            _ => report.tell(BENCH, &name, value, "ms"),
        }
    }
    report.tell(BENCH, &format!("{what}: total"), sorted.iter().sum::<f64>() / 1e3, "s");
}

/// A million requests to the engine.
fn replay(report: &mut Report, answers: &[&Answered<'_>]) -> Result<()> {
    let decided: Vec<_> = answers.iter().filter(|(_, answer)| answer.relation != Relation::Unknown).collect();
    ensure!(!decided.is_empty(), "nothing was decided");
    let each = REQUESTS.div_ceil(decided.len());
    let mut dice = requests::Dice::new(2026);
    let (mut asked, mut differ, mut contradictions) = (0_usize, 0_usize, 0_usize);
    for (pair, answer) in decided {
        let deciders =
            [requests::Decider::new(Arc::clone(&pair.a)), requests::Decider::new(Arc::clone(&pair.b))];
        let pool = requests::Pool::of([&pair.a, &pair.b]);
        for _ in 0..each {
            let Some(request) = pool.draw(&mut dice) else { continue };
            let [a, b] = deciders.each_ref().map(|decider| decider.allows(&request));
            asked += 1;
            differ += usize::from(a != b);
            let contradicts = match answer.relation {
                Relation::Equivalent => a != b,
                Relation::MorePermissive => b && !a,
                Relation::LessPermissive => a && !b,
                Relation::Incomparable | Relation::Unknown => false,
            };
            if contradicts {
                contradictions += 1;
                println!("CONTRADICTION {}: {:?}, but {request:?}: {a} and {b}", pair.name, answer.relation);
            }
        }
    }
    report.tell(BENCH, "random requests put to the engine", count(asked), "requests");
    report.tell(BENCH, "… that told the two policies apart", count(differ), "requests");
    report.judge(
        BENCH,
        "… that contradicted the relation",
        count(contradictions),
        "requests",
        Goal::AtMost(0.0),
    );
    Ok(())
}

fn quantile(sorted: &[f64], percent: usize) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get(last * percent / 100).copied().unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "counts of pairs and requests are far below 2^52")]
fn count(n: usize) -> f64 {
    n as f64
}

const BENCH: &str = "analysis";
const MUTATIONS: &str = "mutations";

const REQUESTS: usize = 1_000_000;
