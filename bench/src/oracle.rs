//! `oracle`: the engine against the slow evaluator of its tests, over a million random cases.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use crate::report::{Goal, Report};

const BENCH: &str = "oracle";

/// Sets of policies; sixteen requests are put to each.
const SETS: usize = 62_500;

pub(crate) fn run(report: &mut Report) -> Result<()> {
    let begin = Instant::now();
    let output = Command::new("cargo")
        .args(["test", "--release", "--quiet", "--package", "policy", "--test", "it", "--"])
        .args(["--exact", "generate::the_engine_agrees_with_the_oracle", "--nocapture"])
        .env("POLICY_ORACLE_SETS", SETS.to_string())
        .output()
        .context("cannot run the tests of `policy`")?;
    let told = String::from_utf8_lossy(&output.stdout);
    // How the cases ended, and how often each rule was met.
    told.lines()
        .filter(|line| line.starts_with("  ") || line.contains("cases"))
        .for_each(|line| eprintln!("  {line}"));
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "engine and oracle disagree:\n{told}\n{error}");
    let cases = told
        .lines()
        .find_map(|line| line.split_once(" cases:")?.0.parse::<f64>().ok())
        .context("the test told no number of cases")?;
    report.judge(BENCH, "random cases in which engine and oracle agree", cases, "", Goal::AtLeast(1e6));
    report.tell(BENCH, "build and run", begin.elapsed().as_secs_f64(), "s");
    Ok(())
}
