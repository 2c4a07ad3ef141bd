//! The peers: other people's engines on the same policies and requests, in programs of their own
//! (`bench/peers`), for they are slow to compile and none of ours.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value as Json;

use super::BENCH;
use super::clock::Spent;
use super::ours::{Engine, decide};
use super::workload::{Ask, Workload};
use crate::report::{Goal, Report};

/// How often faster than each of them a decision should be.
const GOALS: [(&str, Option<f64>); 4] =
    [("cedar", Some(400.0)), ("iam-rs", Some(200.0)), ("regorus", Some(2_000.0)), ("iam-simulate", None)];

/// So many requests are put to the peers.
pub(super) const ASKED: usize = 2_000;

pub(crate) fn run(report: &mut Report, workload: &Workload, ours: Spent) -> Result<()> {
    let engine = Engine::of(workload)?;
    let asks: Vec<_> = workload.asks.iter().take(ASKED).collect();
    let mut expected = String::new();
    for ask in &asks {
        expected.push(decide(&engine.policies(ask)?, &engine.prepare(ask)?).letter());
    }
    let question = serde_json::json!({
        "documents": workload.documents, "principals": workload.principals,
        "levels": workload.levels, "asks": asks,
    });
    let question = question.to_string();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    let mut answers = Vec::new();
    let mut cargo = Command::new("cargo");
    cargo.args(["run", "--release", "--quiet", "--manifest-path"]).arg(folder.join("Cargo.toml"));
    answers.extend(ask(cargo, &question)?);
    match node(&folder)? {
        Some(node) => answers.extend(ask(node, &question)?),
        None => eprintln!("  no npm here: iam-simulate is not measured"),
    }
    for answer in &answers {
        told(report, answer, &asks, &expected, ours)?;
    }
    Ok(())
}

/// Has a program decide; it prints a JSON object a peer.
fn ask(mut program: Command, question: &str) -> Result<Vec<Json>> {
    let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    child.stdin.take().context("its input")?.write_all(question.as_bytes())?;
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "{program:?} failed");
    String::from_utf8(output.stdout)?.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// The simulator for Node, installed at its pinned version.
fn node(folder: &Path) -> Result<Option<Command>> {
    let folder = folder.join("iam-simulate");
    if Command::new("npm").arg("--version").output().is_err() {
        return Ok(None);
    }
    let status = Command::new("npm")
        .args(["ci", "--silent", "--no-audit", "--no-fund"])
        .current_dir(&folder)
        .stdout(Stdio::null())
        .status()?;
    ensure!(status.success(), "npm ci failed in {}", folder.display());
    let mut node = Command::new("node");
    node.arg("simulate.mjs").current_dir(folder);
    Ok(Some(node))
}

/// `{"peer", "p50", "p99", "ends": "aei…"}`, times in microseconds; `?` is what it could not be asked.
fn told(report: &mut Report, answer: &Json, asks: &[&Ask], expected: &str, ours: Spent) -> Result<()> {
    let peer = answer["peer"].as_str().context("a peer's name")?;
    let time = |name: &str| answer[name].as_f64().context("a peer's time");
    let ends = answer["ends"].as_str().context("a peer's answers")?;
    let (mut agreed, mut differed, mut unasked) = (0.0, 0.0, 0.0);
    for ((theirs, ours), ask) in ends.chars().zip(expected.chars()).zip(asks) {
        *match theirs {
            '?' => &mut unasked,
            // A deny is a deny to an engine that does not tell the two apart.
            'd' if ours != 'a' => &mut agreed,
            same if same == ours => &mut agreed,
            _ => {
                eprintln!("  {theirs} by {peer}, {ours} here: {} {}", ask.action, ask.resource);
                &mut differed
            }
        } += 1.0;
    }
    let p50 = time("p50")?;
    report.tell(BENCH, &format!("{peer}: p50"), p50, "µs");
    report.tell(BENCH, &format!("{peer}: p99"), time("p99")?, "µs");
    report.tell(BENCH, &format!("{peer}: decisions that agree with ours"), agreed, "");
    report.tell(BENCH, &format!("{peer}: decisions that differ"), differed, "");
    report.tell(BENCH, &format!("{peer}: requests it has no words for"), unasked, "");
    let what = format!("{peer} over ours, p50");
    match GOALS.iter().find(|(name, _)| *name == peer).and_then(|(_, goal)| *goal) {
        Some(goal) => report.judge(BENCH, &what, p50 / ours.p50, "×", Goal::AtLeast(goal)),
        None => report.tell(BENCH, &what, p50 / ours.p50, "×"),
    }
    Ok(())
}
