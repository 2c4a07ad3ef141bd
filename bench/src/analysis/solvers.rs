//! cvc5 and z3 from PyPI, each in a Python of its own beside this run.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value as Json, json};

use super::smt::Script;

/// What one solver answered, question by question.
pub(super) struct Solver {
    pub(super) name: String,
    pub(super) answers: Vec<Answer>,
}

/// The answer to one question.
pub(super) struct Answer {
    /// None where it ran out of time.
    pub(super) is_sat: Option<bool>,
    pub(super) seconds: f64,
}

/// Puts the questions to a solver.
pub(super) fn ask(name: &str, scripts: &[&Script]) -> Result<Solver> {
    let python = environment()?;
    let mut child = Command::new(&python)
        .args(["-c", PROGRAM, name, &LIMIT_SECONDS.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run {}", python.display()))?;
    let mut input = child.stdin.take().context("a pipe was asked for")?;
    let lines: Vec<String> =
        scripts.iter().flat_map(|script| &script.texts).map(|text| json!(text).to_string()).collect();
    let writer = std::thread::spawn(move || lines.iter().try_for_each(|line| writeln!(input, "{line}")));
    let output = BufReader::new(child.stdout.take().context("a pipe was asked for")?);
    let mut answers: Vec<Answer> = Vec::new();
    for line in output.lines() {
        let answer: Json = serde_json::from_str(&line?)?;
        let is_sat = match answer.get("answer").and_then(Json::as_str) {
            Some("sat") => Some(true),
            Some("unsat") => Some(false),
            // What a solver cannot read is a fault of the encoding and not of its speed.
            Some(word) if word.starts_with("error") => bail!("{name}, question {}: {word}", answers.len()),
            _ => None,
        };
        answers.push(Answer {
            is_sat,
            seconds: answer.get("seconds").and_then(Json::as_f64).context("a time")?,
        });
        if answers.len().is_multiple_of(200) {
            eprintln!("{name}: {} of {} questions …", answers.len(), scripts.len() * 2);
        }
    }
    ensure!(child.wait()?.success(), "{name} failed");
    writer.join().map_err(|_| anyhow::anyhow!("the questions were not written"))??;
    ensure!(
        answers.len() == scripts.len() * 2,
        "{name} answered {} of {} questions",
        answers.len(),
        scripts.len() * 2
    );
    Ok(Solver { name: name.to_owned(), answers })
}

/// A Python with the solvers; made at the first run.
fn environment() -> Result<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/solvers");
    let python = dir.join("bin/python");
    let has_them = || Command::new(&python).args(["-c", "import cvc5, z3"]).stderr(Stdio::null()).status();
    if python.exists() && has_them()?.success() {
        return Ok(python);
    }
    eprintln!("installing cvc5 and z3 …");
    ensure!(
        Command::new("python3").args(["-m", "venv"]).arg(&dir).status()?.success(),
        "no virtual environment"
    );
    let pip = Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PACKAGES).status()?;
    ensure!(pip.success(), "the solvers could not be installed");
    Ok(python)
}

/// The solvers, as their packages are imported.
pub(super) const NAMES: [&str; 2] = ["cvc5", "z3"];

const PACKAGES: [&str; 2] = ["cvc5==1.4.2", "z3-solver==5.4.1.0"];

/// A question that takes longer stays open.
pub(super) const LIMIT_SECONDS: f64 = 2.0;

const PROGRAM: &str = include_str!("solvers.py");
