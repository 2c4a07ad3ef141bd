//! `tests/it/inputs.rs`: every input of every service, by operation, for the tests of the codecs.

use std::fmt::Write;

use anyhow::Result;

use super::model::Model;
use super::names;

/// The text of `inputs.rs`.
pub(super) fn emit(models: &[Model]) -> Result<String> {
    let mut rows = String::new();
    for model in models {
        for operation in &model.operations {
            writeln!(
                rows,
                "(&{service}::operations::{constant}, typed::<{service}::types::{input}>),",
                service = model.name,
                constant = names::screaming(&operation.name),
                input = operation.input,
            )?;
        }
    }
    let services: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
    Ok(format!(
        "//! Every operation with the decoder of its input.\n\n\
         use api::{{{}}};\nuse wire::Operation;\n\nuse crate::typed::{{Typed, typed}};\n\n\
         pub(crate) const INPUTS: &[(&Operation, Typed)] = &[{rows}];\n",
        services.join(", ")
    ))
}
