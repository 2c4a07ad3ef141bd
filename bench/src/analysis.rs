//! `analysis`: exact comparison of policies, against cvc5 and z3 on the same questions, and against the engine.
//!
//! Pairs are made of AWS's managed policies: statements dropped, added, narrowed and widened, and the forty largest
//! against each other. A sample of the pairs (those whose conditions the encoding states exactly, every so many-th)
//! goes to the solvers as SMT-LIB with the theory of strings, each question under a time limit, in this process's
//! own run. Disagreements are printed. Then a million random requests, drawn from the literals and edges of both
//! policies of a pair, are put to the engine and must not contradict the relation.

mod pairs;
mod requests;
mod smt;
mod solvers;

use std::sync::Arc;
use std::time::Instant;

use analysis::{Budget, Comparison, Relation, compare};
use anyhow::{Result, ensure};

use crate::report::{Goal, Report};
use pairs::Pair;

pub(crate) fn run(report: &mut Report) -> Result<()> {
    let (mutations, largest) = (pairs::mutations()?, pairs::largest(40)?);
    let mut answers: Vec<Answered<'_>> = Vec::new();
    for (what, pairs) in [(MUTATIONS, &mutations), ("40 largest", &largest)] {
        let (times, compared) = compare_all(pairs);
        tell(report, what, &times, &compared);
        for (pair, answer) in pairs.iter().zip(compared) {
            if let Some(exhausted) = answer.exhausted {
                println!("undecided: {}: {exhausted:?}", pair.name);
            }
            answers.push((pair, answer));
        }
    }
    solve(report, &answers)?;
    replay(report, &answers)
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

/// The sample to the solvers.
fn solve(report: &mut Report, answers: &[Answered<'_>]) -> Result<()> {
    let stated: Vec<(&Answered<'_>, smt::Script)> =
        answers.iter().filter_map(|answered| Some((answered, smt::script(answered.0)?))).collect();
    let stride = (stated.len() / SAMPLE).max(1);
    let sample: Vec<_> = stated.iter().step_by(stride).collect();
    report.tell(BENCH, "pairs that the encoding states exactly", count(stated.len()), "pairs");
    report.tell(BENCH, "… of which went to the solvers, both ways", count(sample.len()), "pairs");
    let mut ours = 0.0;
    for ((pair, _), _) in &sample {
        let start = Instant::now();
        std::hint::black_box(compare(&pair.a, &pair.b, Budget::default()));
        ours += start.elapsed().as_secs_f64();
    }
    report.tell(BENCH, "the sample: total", ours, "s");
    let scripts: Vec<&smt::Script> = sample.iter().map(|(_, script)| script).collect();
    let mut disagreements = 0;
    for solver in solvers::run(&scripts)? {
        let mut times: Vec<f64> = solver.answers.iter().map(|answer| answer.seconds * 1e3).collect();
        times.sort_by(f64::total_cmp);
        let open = solver.answers.iter().filter(|answer| answer.is_sat.is_none()).count();
        let name = &solver.name;
        report.tell(BENCH, &format!("{name}: p50 a question"), quantile(&times, 50), "ms");
        report.tell(BENCH, &format!("{name}: p99 a question"), quantile(&times, 99), "ms");
        report.tell(BENCH, &format!("{name}: questions without an answer in time"), count(open), "questions");
        let total = times.iter().sum::<f64>() / 1e3;
        report.tell(BENCH, &format!("{name}: total"), total, "s");
        report.judge(BENCH, &format!("{name}: total by ours"), total / ours, "x", Goal::AtLeast(50.0));
        for (((pair, answer), _), both) in sample.iter().zip(solver.answers.chunks_exact(2)) {
            let found = [&answer.witness_a_minus_b, &answer.witness_b_minus_a];
            for (theirs, (ours, way)) in both.iter().zip(found.iter().zip(["a - b", "b - a"])) {
                let decided = answer.relation != Relation::Unknown || ours.is_some();
                if decided && theirs.is_sat.is_some_and(|is_sat| is_sat != ours.is_some()) {
                    disagreements += 1;
                    println!(
                        "DISAGREEMENT {name}, {}, {way}: {:?} against {ours:?}",
                        pair.name, theirs.is_sat
                    );
                }
            }
        }
    }
    report.judge(
        BENCH,
        "disagreements with the solvers",
        count(disagreements),
        "questions",
        Goal::AtMost(0.0),
    );
    Ok(())
}

/// A million requests to the engine.
fn replay(report: &mut Report, answers: &[Answered<'_>]) -> Result<()> {
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

/// About so many pairs go to the solvers, each as two questions.
const SAMPLE: usize = 150;

const REQUESTS: usize = 1_000_000;
