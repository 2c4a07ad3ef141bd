//! `policy simulate`, `policy test`, `policy validate`, `policy compare`, `policy check`, `policy generate`,
//! `policy replay`: the engine at one's desk.

mod check;
mod compare;
pub(crate) mod input;
pub(crate) mod own_services;
mod report;
mod simulate;
mod test;
mod usage;
mod validate;
mod witness;

use std::process::ExitCode;

pub(crate) use self::compare::reason;
pub(crate) use self::witness::scenario;
use crate::args::Policy;

pub(crate) fn run(command: Policy) -> anyhow::Result<ExitCode> {
    match command {
        Policy::Simulate(simulate) => simulate::run(&simulate),
        Policy::Test { files, format, services } => test::run(&files, format, &services),
        Policy::Compare(compare) => compare::run(&compare),
        Policy::Check(check) => check::run(&check),
        Policy::Validate(validate) => validate::run(&validate),
        Policy::Generate(generate) => usage::generate(&generate),
        Policy::Replay(replay) => usage::replay(&replay),
    }
}
