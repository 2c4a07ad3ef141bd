//! Benchmarks: each prints its ratio against a peer or a floor of the same run.
//!
//! `cargo xtask bench [NAME…]` runs them all, or those named. Absolute figures drift from run to
//! run on a shared machine; the ratios are what to look at. Rounds of the two sides alternate, and
//! the median round counts. Nothing here is a test: a figure below its goal is printed, not failed.

mod analysis;
mod aws;
mod bare;
mod directory;
mod durable;
mod engine;
mod gate;
mod list;
mod load;
mod oracle;
mod principals;
mod process;
mod questions;
mod report;
mod signature;
mod start;
mod sts;

use anyhow::{Result, bail};

use crate::report::Report;

type Bench = fn(&mut Report) -> Result<()>;

/// Every benchmark, in the order in which they run.
const ALL: &[(&str, Bench)] = &[
    ("gate", gate::run),
    ("durable", durable::run),
    ("sigv4", signature::run),
    ("start", start::run),
    ("list", list::run),
    ("directory", directory::run),
    ("principals", principals::run),
    ("sts", sts::run),
    ("analysis", analysis::run),
    ("questions", questions::run),
    ("engine", engine::run),
    ("oracle", oracle::run),
];

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    if let [bare::ARGUMENT, address, size] = args[..] {
        return bare::serve(address, size.parse()?);
    }
    if let [engine::instructions::ARGUMENT, what, times] = args[..] {
        return engine::instructions::serve(what, times.parse()?);
    }
    let json = args.contains(&"--json");
    let names: Vec<&str> = args.into_iter().filter(|arg| *arg != "--json").collect();
    for name in &names {
        if !ALL.iter().any(|(known, _)| known == name) {
            let known: Vec<&str> = ALL.iter().map(|(known, _)| *known).collect();
            bail!("no benchmark `{name}`; there are: {}", known.join(", "));
        }
    }
    let mut report = Report::default();
    for (name, bench) in ALL.iter().filter(|(name, _)| names.is_empty() || names.contains(name)) {
        eprintln!("{name} …");
        bench(&mut report)?;
    }
    if json {
        println!("{}", report.json());
    } else {
        print!("{report}");
    }
    Ok(())
}
