//! Generated from AWS's service models: inputs, outputs, faults, shape tables and operations.
//!
//! Each service is a module with the same four parts:
//!
//! - [`types`](iam::types): `CreateUserInput`, `CreateUserOutput`, `User`, `StatusType` … plain structures with required
//!   members bare and optional ones in `Option`; enums with `as_str`, `parse` and `ALL`. All are [`wire::Encode`], and what
//!   a request can carry is [`wire::Decode`]. `Debug` prints sensitive members as `***`. An operation without output
//!   answers with `()`.
//! - [`operations`](iam::operations): a `static` [`wire::Operation`] for each operation, as `CREATE_USER`, and the
//!   service itself, [`iam::SERVICE`], which finds them by name: `iam::SERVICE.operation("CreateUser")`.
//! - [`faults`](iam::faults): a function for each error of the model, as
//!   `faults::entity_already_exists(message) -> wire::Fault`.
//! - [`shapes`](iam::shapes): the tables that the codecs read; handlers do not need them.
//!
//! How requests become inputs and outputs become responses is told in the documentation of [`wire`].

pub mod iam;
pub mod sts;
