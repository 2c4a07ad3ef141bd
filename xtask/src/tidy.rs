//! `cargo xtask tidy`: the rules of the house that no compiler holds.

mod files;
mod floors;

use anyhow::{Result, bail};

pub(crate) fn run() -> Result<()> {
    let mut findings = Findings::default();
    files::check(&mut findings)?;
    floors::check(&mut findings)?;
    for warning in &findings.warnings {
        println!("warning: {warning}");
    }
    for error in &findings.errors {
        println!("error: {error}");
    }
    match findings.errors.len() {
        0 => Ok(()),
        count => bail!("{count} findings"),
    }
}

/// What a check has to say.
#[derive(Default)]
struct Findings {
    errors: Vec<String>,
    warnings: Vec<String>,
}

impl Findings {
    fn error(&mut self, text: String) {
        self.errors.push(text);
    }

    fn warn(&mut self, text: String) {
        self.warnings.push(text);
    }
}
