//! Instructions for a decision, counted by callgrind: the same in each run, whatever else the machine does.

use std::hint::black_box;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::ours::{Engine, Strings, decide};
use super::workload::{MEDIUM, Size, Workload};

/// How this program is called to be counted: with what to do and how often.
pub(crate) const ARGUMENT: &str = "--engine-decisions";

/// Fewer requests: what is counted runs fifty times slower.
const SMALL: Size = Size { asks: 1_000, ..MEDIUM };

/// Decides so many requests, prepared or from strings.
pub(crate) fn serve(what: &str, times: usize) -> Result<()> {
    let workload = Workload::of(&SMALL)?;
    let engine = Engine::of(&workload)?;
    let mut ready = Vec::new();
    for ask in &workload.asks {
        ready.push((engine.policies(ask)?, engine.prepare(ask)?, Strings::from(ask)));
    }
    let asks = ready.iter().cycle().take(times);
    match what {
        "prepared" => {
            for (set, request, _) in asks {
                black_box(decide(set, request));
            }
        }
        "raw" => {
            for (set, _, ask) in asks {
                black_box(engine.decide_raw(set, ask)?);
            }
        }
        other => bail!("`{other}` cannot be counted"),
    }
    Ok(())
}

/// Instructions for each decision; `None` where there is no valgrind.
pub(crate) fn each(what: &str) -> Result<Option<f64>> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        return Ok(None);
    }
    // What both runs do beside deciding cancels out.
    let (few, many) = (count(what, 1_000)?, count(what, 11_000)?);
    Ok(Some((many - few) / 10_000.0))
}

fn count(what: &str, times: usize) -> Result<f64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args([ARGUMENT, what, &times.to_string()])
        .output()
        .context("cannot run valgrind")?;
    let told = String::from_utf8_lossy(&output.stderr);
    let line = told.lines().find(|line| line.contains("Collected :")).context("callgrind counted nothing")?;
    Ok(line.rsplit(' ').next().unwrap_or_default().parse()?)
}
