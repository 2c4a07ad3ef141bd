//! `engine`: one decision in process, against the naive scan and the peers, on workloads made of the AWS managed policies.
#![expect(clippy::indexing_slicing, reason = "it indexes what it made itself, and a benchmark may stop")]

pub(crate) mod clock;
pub(crate) mod dice;
mod glob;
pub(crate) mod instructions;
mod naive;
mod ours;
mod peers;
mod templates;
pub(crate) mod workload;

use std::time::Instant;

use anyhow::{Result, ensure};

use crate::report::{Goal, Report, median};
use clock::{Spent, each, in_turn, middle};
use naive::Naive;
use ours::{Engine, Strings, decide};
use workload::{LARGE, MEDIUM, Workload};

const BENCH: &str = "engine";
const ROUNDS: usize = 5;

/// How a decision ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Allowed,
    ExplicitDeny,
    ImplicitDeny,
}

impl Outcome {
    /// One letter, as the peers write it.
    pub(crate) fn letter(self) -> char {
        match self {
            Self::Allowed => 'a',
            Self::ExplicitDeny => 'e',
            Self::ImplicitDeny => 'i',
        }
    }
}

pub(crate) fn run(report: &mut Report) -> Result<()> {
    let workload = Workload::of(&MEDIUM)?;
    describe(report, &workload)?;
    let ours = medium(report, &workload)?;
    instructions(report)?;
    compile(report)?;
    peers::run(report, &workload, ours)?;
    large(report)
}

/// What the workload is like.
fn describe(report: &mut Report, workload: &Workload) -> Result<()> {
    let burdens =
        workload.asks.iter().take(2_000).map(|ask| workload.burden(ask)).collect::<Result<Vec<_>>>()?;
    let of = |part: fn(&(usize, usize)) -> usize| {
        median(&burdens.iter().map(|burden| count(part(burden))).collect::<Vec<_>>())
    };
    report.tell(BENCH, "medium: statements that bear on a request, median", of(|burden| burden.0), "");
    report.tell(BENCH, "medium: patterns that bear on a request, median", of(|burden| burden.1), "");
    Ok(())
}

/// Ours and the naive scan in turn; what ours takes for a decision.
fn medium(report: &mut Report, workload: &Workload) -> Result<Spent> {
    let engine = Engine::of(workload)?;
    let naive = Naive::of(workload)?;
    let mut cases = Vec::new();
    for ask in &workload.asks {
        let principal = &workload.principals[ask.principal];
        cases.push((ask, principal, engine.policies(ask)?, engine.prepare(ask)?, Naive::prepare(ask)));
    }
    let mut ends = [0usize; 3];
    let mut disagreements = 0;
    for (ask, principal, set, request, plain) in &cases {
        let (ours, theirs) = (decide(set, request), naive.decide(principal, ask.resource_policy, plain));
        ends[ours as usize] += 1;
        if ours != theirs {
            disagreements += 1;
            eprintln!(
                "  {ours:?} here, {theirs:?} by the naive scan: {} {} {}",
                principal.arn, ask.action, ask.resource
            );
        }
    }
    let (mut prepared, mut raw, mut scan) = (vec![], vec![], vec![]);
    let (mut cold, mut cold_scan) = (vec![], vec![]);
    let few = &cases[..peers::ASKED];
    for _ in 0..ROUNDS {
        prepared.push(in_turn(few, |case| case.3.clone(), |case, request| decide(&case.2, request)));
        raw.push(in_turn(few, |case| Strings::from(case.0), |case, ask| engine.decide_raw(&case.2, ask)));
        scan.push(in_turn(
            few,
            |case| case.4.clone(),
            |case, plain| naive.decide(case.1, case.0.resource_policy, plain),
        ));
        cold.push(each(&cases, |case| case.3.clone(), |case, request| decide(&case.2, request)));
        cold_scan.push(each(
            &cases,
            |case| case.4.clone(),
            |case, plain| naive.decide(case.1, case.0.resource_policy, plain),
        ));
    }
    let (prepared, raw, scan) = (middle(&prepared), middle(&raw), middle(&scan));
    let (cold, cold_scan) = (middle(&cold), middle(&cold_scan));
    for (what, end) in ["allowed", "explicitly denied", "implicitly denied"].into_iter().zip(ends) {
        report.tell(BENCH, &format!("medium: requests {what}"), count(end), "");
    }
    report.judge(
        BENCH,
        "medium: disagreements with the naive scan",
        count(disagreements),
        "",
        Goal::AtMost(0.0),
    );
    report.judge(BENCH, "medium: prepared request, p50", prepared.p50, "µs", Goal::AtMost(0.3));
    report.judge(BENCH, "medium: prepared request, p99", prepared.p99, "µs", Goal::AtMost(1.5));
    report.judge(BENCH, "medium: from strings, p50", raw.p50, "µs", Goal::AtMost(0.6));
    report.tell(BENCH, "medium: naive scan, p50", scan.p50, "µs");
    report.tell(BENCH, "medium: naive scan, p99", scan.p99, "µs");
    report.judge(
        BENCH,
        "medium: naive scan over ours, p50",
        scan.p50 / prepared.p50,
        "×",
        Goal::AtLeast(10.0),
    );
    report.tell(BENCH, "medium, in random order over all requests: p50", cold.p50, "µs");
    report.tell(BENCH, "medium, in random order: p99", cold.p99, "µs");
    report.tell(BENCH, "medium, in random order: naive scan, p50", cold_scan.p50, "µs");
    report.tell(BENCH, "medium, in random order: naive scan over ours", cold_scan.p50 / cold.p50, "×");
    Ok(prepared)
}

fn instructions(report: &mut Report) -> Result<()> {
    for (what, name, goal) in [
        ("prepared", "medium: instructions, prepared", 1_000.0),
        ("raw", "medium: instructions, from strings", 2_500.0),
    ] {
        match instructions::each(what)? {
            Some(each) => report.judge(BENCH, name, each, "", Goal::AtMost(goal)),
            None => eprintln!("  no valgrind here: {name} are not counted"),
        }
    }
    Ok(())
}

/// Policies from text to what decides.
fn compile(report: &mut Report) -> Result<()> {
    use policy::{Bundle, Named, Policy, SourceKind};
    let workload = Workload::of(&workload::Size { principals: 1, sets: 1, buckets: 0, asks: 0, ..LARGE })?;
    let mut rounds = Vec::new();
    for _ in 0..3 {
        let begin = Instant::now();
        let mut kept = Vec::new();
        for text in &workload.documents {
            let policy = Policy::parse(text)?;
            kept.push(Bundle::of(Named::new(SourceKind::CustomerManaged, "p", policy.into())));
        }
        rounds.push(begin.elapsed().as_secs_f64());
        ensure!(kept.len() == workload.documents.len(), "some are lost");
    }
    let seconds = median(&rounds);
    report.tell(BENCH, "policies loaded", count(workload.documents.len()), "");
    report.judge(BENCH, "cold load of them", seconds, "s", Goal::AtMost(1.0));
    let managed: Vec<&str> =
        catalog::managed_policies().iter().map(catalog::ManagedPolicy::document).collect();
    let mut times = Vec::new();
    for text in &managed {
        // The middle of several: what interrupts one of them is none of its cost.
        let mut tries = Vec::new();
        for _ in 0..ROUNDS {
            let begin = Instant::now();
            let policy = Policy::parse(text)?;
            std::hint::black_box(Bundle::of(Named::new(SourceKind::AwsManaged, "p", policy.into())));
            tries.push(begin.elapsed().as_secs_f64() * 1e6);
        }
        times.push(median(&tries));
    }
    report.judge(BENCH, "one AWS managed policy compiled, median", median(&times), "µs", Goal::AtMost(20.0));
    let mean = times.iter().sum::<f64>() / count(times.len());
    report.judge(BENCH, "one AWS managed policy compiled, mean", mean, "µs", Goal::AtMost(20.0));
    Ok(())
}

/// 100,000 principals, the first ones asking most; then a million that ask alike.
fn large(report: &mut Report) -> Result<()> {
    let workload = Workload::of(&LARGE)?;
    let engine = Engine::of(&workload)?;
    // A second engine tells its size: the first may stand in memory that was used before.
    let before = resident()?;
    let second = Engine::of(&workload)?;
    report.tell(BENCH, "large: memory before the first decision", (resident()? - before) / 1e6, "MB");
    drop(second);
    report.judge(
        BENCH,
        "bytes for a further principal with known policies",
        count(Engine::BYTES_PER_PRINCIPAL),
        "",
        Goal::AtMost(300.0),
    );
    let mut cases = Vec::new();
    for ask in &workload.asks {
        cases.push((engine.policies(ask)?, engine.prepare(ask)?));
    }
    let rounds: Vec<Spent> = (0..ROUNDS)
        .map(|_| each(&cases, |case| case.1.clone(), |case, request| decide(&case.0, request)))
        .collect();
    let spent = middle(&rounds);
    report.judge(BENCH, "large: prepared request, p50", spent.p50, "µs", Goal::AtMost(0.8));
    report.tell(BENCH, "large: prepared request, p99", spent.p99, "µs");
    drop(cases);

    // A million principals, each with its own set of the layers that they share, asking alike often.
    let mut dice = dice::Dice::new(11);
    let million = (0..1_000_000)
        .map(|_| {
            let place = dice.below(workload.asks.len());
            Ok((engine.policies(&workload.asks[place])?, place))
        })
        .collect::<Result<Vec<_>>>()?;
    let requests = workload.asks.iter().map(|ask| engine.prepare(ask)).collect::<Result<Vec<_>>>()?;
    let uniform: Vec<usize> = (0..200_000).map(|_| dice.below(million.len())).collect();
    let rounds: Vec<Spent> = (0..ROUNDS)
        .map(|_| {
            each(
                &uniform,
                |who| requests[million[*who].1].clone(),
                |who, request| decide(&million[*who].0, request),
            )
        })
        .collect();
    let spent = middle(&rounds);
    report.judge(BENCH, "a million principals, uniform: p50", spent.p50, "µs", Goal::AtMost(1.5));
    Ok(())
}

/// The memory of this process, in bytes.
fn resident() -> Result<f64> {
    let pages = std::fs::read_to_string("/proc/self/statm")?;
    let pages: f64 = pages.split(' ').nth(1).unwrap_or_default().parse()?;
    Ok(pages * 4096.0)
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn count(number: usize) -> f64 {
    number as f64
}
