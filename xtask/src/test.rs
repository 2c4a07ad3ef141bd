//! `cargo xtask test [STAGE…]`: the gate. Sets up what is missing and runs everything.

mod count;
mod setup;
mod shell;

use std::path::Path;
use std::time::Instant;

use anyhow::{Result, bail, ensure};
use count::Count;
use shell::Line;

/// A stage of the gate.
struct Stage {
    name: &'static str,
    what: &'static str,
    run: fn() -> Result<Count>,
}

const STAGES: &[Stage] = &[
    Stage { name: "fmt", what: "every file is formatted", run: fmt },
    Stage { name: "tidy", what: "the rules of the house", run: || checked(crate::tidy::run()) },
    Stage { name: "codegen", what: "crates/api is what model/ says", run: codegen },
    Stage { name: "coverage", what: "docs/coverage.md is what the routes say", run: coverage },
    Stage { name: "clippy", what: "no lint warns, in tests neither", run: clippy },
    Stage { name: "rust", what: "all Rust tests", run: rust },
    Stage { name: "doc", what: "all examples in documentation", run: doc },
    Stage { name: "fuzz", what: "each fuzz target, briefly", run: fuzz },
    Stage { name: "release", what: "the binary that people run", run: release },
    Stage { name: "e2e", what: "real clients against that binary", run: e2e },
];

pub(crate) fn run(names: &[&str]) -> Result<()> {
    for name in names {
        ensure!(
            STAGES.iter().any(|stage| stage.name == *name),
            "no stage `{name}`; there are:\n{}",
            stages()
        );
    }
    let mut total = Count::default();
    let mut lines = Vec::new();
    for stage in STAGES.iter().filter(|stage| names.is_empty() || names.contains(&stage.name)) {
        println!("\n=== {}: {}", stage.name, stage.what);
        let started = Instant::now();
        let count = (stage.run)().unwrap_or_else(|error| {
            println!("{}: {error:#}", stage.name);
            Count { failed: 1, ..Count::default() }
        });
        lines.push(format!("{:<9} {count}  ({:.0} s)", stage.name, started.elapsed().as_secs_f64()));
        total += count;
    }
    println!("\n=== summary\n{}\n\n{total}", lines.join("\n"));
    if total.failed > 0 {
        bail!("the gate is shut");
    }
    Ok(())
}

/// The stages and what they hold, for the usage text.
pub(crate) fn stages() -> String {
    let lines: Vec<_> = STAGES.iter().map(|stage| format!("    {:<9} {}", stage.name, stage.what)).collect();
    lines.join("\n")
}

fn checked(result: Result<()>) -> Result<Count> {
    result.map(|()| Count::one_passed())
}

fn fmt() -> Result<Count> {
    Line::of("cargo fmt --all --check").run()
}

fn codegen() -> Result<Count> {
    checked(crate::codegen::run(crate::codegen::Mode::Check))
}

fn coverage() -> Result<Count> {
    checked(crate::coverage::run(crate::codegen::Mode::Check))
}

fn clippy() -> Result<Count> {
    setup::debian()?;
    Line::of("cargo clippy --workspace --all-targets --quiet -- -D warnings").run()
}

fn rust() -> Result<Count> {
    setup::debian()?;
    let counted = if setup::has("cargo-nextest") {
        Line::of("cargo nextest run --workspace --no-fail-fast --status-level slow --final-status-level fail")
            .run_tests()
    } else {
        Line::of("cargo test --workspace --lib --bins --tests --no-fail-fast --quiet").run_tests()
    };
    some(counted?)
}

fn doc() -> Result<Count> {
    some(Line::of("cargo test --workspace --doc --quiet").run_tests()?)
}

/// The fuzz targets stand outside the workspace; their driver needs only the stable toolchain.
fn fuzz() -> Result<Count> {
    ensure!(Path::new("fuzz/Cargo.toml").exists(), "there are no fuzz targets");
    Line::of("cargo run --quiet --release --manifest-path fuzz/Cargo.toml --target-dir target -- smoke").run()
}

fn release() -> Result<Count> {
    Line::of("cargo build --release --quiet --package cli").run()
}

fn e2e() -> Result<Count> {
    release()?;
    let python = setup::python()?;
    setup::debian()?;
    setup::node()?;
    some(Line::of(&format!("{python} -m pytest e2e -q -rs -p no:cacheprovider --color=no")).run_tests()?)
}

/// A runner that ran nothing has not passed.
fn some(count: Count) -> Result<Count> {
    ensure!(count.passed + count.failed > 0, "no test ran");
    Ok(count)
}
