//! `faults.rs`: a function for each error that the model names.

use std::fmt::Write;

use anyhow::{Result, bail};

use super::model::Model;
use super::names;

/// The text of `faults.rs`.
pub(super) fn emit(model: &Model) -> Result<String> {
    let mut out = format!(
        "//! The errors of {}, one function each.\n\nuse wire::Fault;\n\n",
        model.metadata("serviceFullName")?
    );
    let mut functions = std::collections::BTreeMap::new();
    for (name, facts) in model.errors()? {
        let stem = facts.code.trim_end_matches("Exception");
        if functions.insert(names::snake(stem), facts).is_some() {
            bail!("two errors are named as `{name}`");
        }
    }
    for (function, facts) in functions {
        let side = if facts.sender { "sender" } else { "receiver" };
        writeln!(
            out,
            "/// `{code}` ({status}).\n\
             pub fn {function}(message: impl Into<String>) -> Fault {{\n\
                 Fault::{side}(\"{code}\", {status}, message)\n\
             }}\n",
            code = facts.code,
            status = facts.status,
        )?;
    }
    Ok(out)
}
