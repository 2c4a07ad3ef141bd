//! Shapes, documents and AWS's wire protocols: parse, validate, redact, serialise.
//!
//! The codecs are dynamic: they read static [`Shape`] tables that `cargo xtask codegen` writes into the crate `api`, so
//! there is one codec per protocol, compiled once, and no code per operation. A call goes through it like this:
//!
//! ```text
//! let form: Form = query::Form::parse(body)?;                 // or the query string; `append` adds the other part
//! let name: Option<&str> = form.action();                      // and form.version(): pick the service
//! let operation: &'static Operation = service.operation(name)?;
//! let input: Structure = query::input(operation, &form)?;      // = query::read, then validate
//! let event: serde_json::Value = redacted_json(&input);        // for the audit; also of typed inputs
//! let input = CreateUserInput::decode(input.into())?;          // Mismatch becomes an internal Fault
//! // … the handler answers with `impl Encode`, or `()` where the operation has no output …
//! let xml: String = query::success(operation, &output, request_id);
//! let event: serde_json::Value = redacted_response(&output);
//! // … or with a Fault …
//! let xml: String = query::fault(operation.service, &fault, request_id);   // status: fault.status
//! ```
//!
//! Faults of the model have functions in `api` (`faults::no_such_entity(message)`); others are made by
//! [`Fault::sender`], [`Fault::receiver`], [`Fault::validation`] and [`Fault::internal`], whose cause only the log sees.
//!
//! The JSON codecs will fill and read the same [`Document`]s; [`validate()`](validate::validate) and the redaction know no protocol.

pub mod decode;
pub mod document;
pub mod encode;
pub mod fault;
#[cfg(test)]
mod fixture;
pub mod operation;
pub mod pattern;
mod percent;
pub mod query;
pub mod redact;
pub mod shape;
pub mod timestamp;
pub mod validate;

pub use decode::{Decode, Fields, Mismatch};
pub use document::{Document, Structure};
pub use encode::{Encode, Field, Value, debug};
pub use fault::Fault;
pub use operation::{Operation, Pages, Protocol, Service};
pub use pattern::Pattern;
pub use redact::{Redacted, redacted_json, redacted_response};
pub use shape::{Kind, List, Location, Map, Member, Shape};
pub use timestamp::TimestampFormat;
pub use validate::validate;
