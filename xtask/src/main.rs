//! Chores of the house: `cargo xtask model|codegen|test|bench|coverage|tidy`.

mod bench;
mod codegen;
mod coverage;
mod model;
mod model_catalog;
mod test;
mod tidy;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

const USAGE: &str = "usage: cargo xtask COMMAND

  model [catalog]    make model/ from botocore's service models and the facts of the catalog (or these alone)
  model pack         pack the managed policies of model/ as the catalog embeds them
  codegen [--check]  write crates/api from model/ (or fail where it differs)
  coverage [--check] write docs/coverage.md from the routes (or fail where it differs)
  tidy               check file lengths, import directions, names
  bench [NAME...]    build and run the benchmarks
  test [STAGE...]    set up what is missing and run the whole gate, or these stages of it:";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    std::env::set_current_dir(root).with_context(|| format!("cannot enter `{root}`"))?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["model"] => model::run().and_then(|()| model_catalog::run()),
        ["model", "catalog"] => model_catalog::run(),
        ["model", "pack"] => model_catalog::pack(),
        ["codegen"] => codegen::run(codegen::Mode::Write),
        ["codegen", "--check"] => codegen::run(codegen::Mode::Check),
        ["coverage"] => coverage::run(codegen::Mode::Write),
        ["coverage", "--check"] => coverage::run(codegen::Mode::Check),
        ["tidy"] => tidy::run(),
        ["bench", names @ ..] => bench::run(names),
        ["test", stages @ ..] => test::run(stages),
        _ => bail!("{USAGE}\n{}", test::stages()),
    }
}
