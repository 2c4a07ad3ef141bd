//! Chores of the house: `cargo xtask model|codegen|test|bench|coverage|tidy`.

mod codegen;
mod model;
mod model_catalog;

use anyhow::{Result, bail};

const USAGE: &str = "usage: cargo xtask COMMAND

  model [catalog]    make model/ from botocore's service models and the facts of the catalog (or these alone)
  codegen [--check]  write crates/api from model/ (or fail where it differs)";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["model"] => model::run().and_then(|()| model_catalog::run()),
        ["model", "catalog"] => model_catalog::run(),
        ["codegen"] => codegen::run(codegen::Mode::Write),
        ["codegen", "--check"] => codegen::run(codegen::Mode::Check),
        _ => bail!("{USAGE}"),
    }
}
