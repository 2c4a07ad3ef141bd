//! A sample of the pairs to the solvers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use analysis::{Budget, Relation, compare};
use anyhow::Result;
use policy::Policy;

use super::requests::Dice;
use super::solvers::Solver;
use super::{Answered, BENCH, count, quantile, smt, solvers};
use crate::report::{Goal, Report};

/// Draws from each group, asks the solvers, and prints each disagreement.
pub(super) fn solve(report: &mut Report, groups: &[(&str, Vec<Answered<'_>>)]) -> Result<()> {
    let mut dice = Dice::new(117);
    let mut sample: Vec<(&Answered<'_>, smt::Script)> = Vec::new();
    let mut left_out = BTreeMap::<smt::LeftOut, usize>::new();
    for ((what, answers), wanted) in groups.iter().zip(SAMPLE) {
        let mut stated = Vec::new();
        for answered in answers {
            match smt::script(answered.0) {
                Ok(script) => stated.push((answered, script)),
                Err(reason) => *left_out.entry(reason).or_default() += 1,
            }
        }
        report.tell(BENCH, &format!("{what}: stated exactly as SMT-LIB"), count(stated.len()), "pairs");
        for _ in 0..wanted.min(stated.len()) {
            let drawn = dice.below(stated.len());
            sample.push(stated.swap_remove(drawn));
        }
    }
    for (reason, pairs) in left_out {
        report.tell(BENCH, &format!("left out: {}", reason.reason()), count(pairs), "pairs");
    }
    report.tell(BENCH, "the sample", count(sample.len()), "pairs");
    report.tell(BENCH, "limit of a solver's question, two to a pair", solvers::LIMIT_SECONDS, "s");
    let scripts: Vec<&smt::Script> = sample.iter().map(|(_, script)| script).collect();
    let ours = sample.iter().map(|(answered, _)| time(answered)).collect::<Result<Vec<_>>>()?;
    let answered: Vec<&Answered<'_>> = sample.iter().map(|(answered, _)| *answered).collect();
    let (mut solvers, mut disagreements) = (Vec::new(), 0);
    for name in solvers::NAMES {
        let solver = solvers::ask(name, &scripts)?;
        disagreements += tell_disagreements(&solver, &answered);
        solvers.push(solver);
    }
    let open = answered.iter().filter(|(_, answer)| answer.relation == Relation::Unknown).count();
    tell(report, "ours", &ours, open);
    let mut decided: Vec<bool> =
        answered.iter().map(|(_, answer)| answer.relation != Relation::Unknown).collect();
    for solver in &solvers {
        let both: Vec<bool> = pairs(solver).map(|(_, answers)| !answers.contains(&None)).collect();
        let times: Vec<f64> = pairs(solver).map(|(seconds, _)| seconds).collect();
        tell(report, &solver.name, &times, both.iter().filter(|decided| !**decided).count());
        for (decided, both) in decided.iter_mut().zip(both) {
            *decided &= both;
        }
    }
    let total = |times: &mut dyn Iterator<Item = f64>| -> f64 {
        times.zip(&decided).filter_map(|(seconds, decided)| decided.then_some(seconds)).sum()
    };
    let mine = total(&mut ours.iter().copied());
    let all = decided.iter().filter(|decided| **decided).count();
    report.tell(BENCH, "pairs that all three decided", count(all), "pairs");
    report.tell(BENCH, "… ours: total", mine, "s");
    for solver in &solvers {
        let theirs = total(&mut pairs(solver).map(|(seconds, _)| seconds));
        report.tell(BENCH, &format!("… {}: total", solver.name), theirs, "s");
        report.judge(
            BENCH,
            &format!("… {}: total by ours", solver.name),
            theirs / mine,
            "x",
            Goal::AtLeast(50.0),
        );
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

/// Our time, reading included as it is in the solvers' times.
fn time((pair, _): &Answered<'_>) -> Result<f64> {
    let start = Instant::now();
    let [a, b] = pair.texts.each_ref().map(|text| Policy::parse(text));
    std::hint::black_box(compare(&Arc::new(a?), &Arc::new(b?), Budget::default()));
    Ok(start.elapsed().as_secs_f64())
}

/// What a solver needed for each pair, and what it answered both ways.
fn pairs(solver: &Solver) -> impl Iterator<Item = (f64, [Option<bool>; 2])> {
    solver.answers.as_chunks::<2>().0.iter().map(|both| {
        (both.iter().map(|answer| answer.seconds).sum(), both.each_ref().map(|answer| answer.is_sat))
    })
}

fn tell(report: &mut Report, name: &str, seconds: &[f64], open: usize) {
    let mut sorted: Vec<f64> = seconds.iter().map(|seconds| seconds * 1e3).collect();
    sorted.sort_by(f64::total_cmp);
    for (percent, of) in [(50, "p50"), (99, "p99"), (100, "max")] {
        report.tell(BENCH, &format!("sample, {name}: {of} of a pair"), quantile(&sorted, percent), "ms");
    }
    report.tell(BENCH, &format!("sample, {name}: total"), seconds.iter().sum(), "s");
    report.tell(BENCH, &format!("sample, {name}: undecided"), count(open), "pairs");
}

/// Prints each answer that is not ours; how many there are.
fn tell_disagreements(solver: &Solver, answered: &[&Answered<'_>]) -> usize {
    let mut found = 0;
    for ((pair, answer), (_, theirs)) in answered.iter().zip(pairs(solver)) {
        let ours = [&answer.witness_a_minus_b, &answer.witness_b_minus_a];
        for (way, (ours, theirs)) in ["a - b", "b - a"].iter().zip(ours.iter().zip(theirs)) {
            let decided = answer.relation != Relation::Unknown || ours.is_some();
            if decided && theirs.is_some_and(|is_sat| is_sat != ours.is_some()) {
                found += 1;
                println!("DISAGREEMENT {}, {}, {way}: {theirs:?} against {ours:?}", solver.name, pair.name);
                println!("  a: {}\n  b: {}", pair.texts[0], pair.texts[1]);
            }
        }
    }
    found
}

/// How many pairs of each group go to the solvers.
const SAMPLE: [usize; 3] = [400, 450, 50];
