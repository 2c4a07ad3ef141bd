//! `cargo xtask model`: AWS's service models, stripped to facts.

use anyhow::{Result, bail};

/// Makes `model/*.json` anew.
pub(crate) fn run() -> Result<()> {
    bail!("not yet")
}
