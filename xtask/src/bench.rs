//! `cargo xtask bench [NAME…]`: builds and runs the benchmarks of `bench/`.

use std::process::Command;

use anyhow::{Context, Result, ensure};

pub(crate) fn run(names: &[&str]) -> Result<()> {
    // The server that is measured is the one that people run.
    for package in [["--package", "cli"].as_slice(), ["--package", "bench"].as_slice()] {
        let status = Command::new("cargo").args(["build", "--release", "--quiet"]).args(package).status()?;
        ensure!(status.success(), "the build failed");
    }
    let status = Command::new("cargo")
        .args(["run", "--release", "--quiet", "--package", "bench", "--"])
        .args(names)
        .status()
        .context("cannot run the benchmarks")?;
    ensure!(status.success(), "a benchmark failed");
    Ok(())
}
