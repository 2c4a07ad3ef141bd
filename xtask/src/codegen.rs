//! `cargo xtask codegen`: `model/` in, `crates/api` out.

use anyhow::{Result, bail};

/// Whether generated files are written, or compared with what is there.
#[derive(Clone, Copy)]
pub(crate) enum Mode {
    Write,
    Check,
}

/// Generates every service's module.
pub(crate) fn run(mode: Mode) -> Result<()> {
    match mode {
        Mode::Write | Mode::Check => bail!("not yet"),
    }
}
