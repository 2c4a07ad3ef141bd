//! The AWS Query protocol: form parameters in, XML out.
//!
//! A request is `Action`, `Version` and the input's members as parameters, in the query string of a GET or the body of a
//! POST: `Tags.member.1.Key=team`. A response is XML around the output's members, or [`json`] for who accepts that.

mod form;
pub mod json;
mod read;
mod write;

pub use form::Form;
pub use read::read;
pub use write::{fault, success};

use crate::document::Structure;
use crate::fault::Fault;
use crate::operation::Operation;
use crate::validate::validate;

/// The `Content-Type` of responses.
pub const CONTENT_TYPE: &str = "text/xml";

/// The input of a call, read and validated: [`read()`], then [`validate`].
///
/// # Errors
/// `MalformedInput` where a parameter cannot be read, `ValidationError` where the input breaks a constraint.
pub fn input(operation: &'static Operation, form: &Form<'_>) -> Result<Structure, Fault> {
    let structure = read(operation.input, form)?;
    validate(operation.service, &structure)?;
    Ok(structure)
}

#[cfg(test)]
mod tests;
