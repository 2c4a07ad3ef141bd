//! Chores of the house: `cargo xtask model|codegen|test|bench|coverage|tidy`.

mod codegen;
mod model;

use anyhow::{Result, bail};

const USAGE: &str = "usage: cargo xtask COMMAND

  model              make model/ from botocore's service models
  codegen [--check]  write crates/api from model/ (or fail where it differs)";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["model"] => model::run(),
        ["codegen"] => codegen::run(codegen::Mode::Write),
        ["codegen", "--check"] => codegen::run(codegen::Mode::Check),
        _ => bail!("{USAGE}"),
    }
}
