//! The engine against the specification: rule by rule, and against a second evaluator.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests and their helpers"
)]

#[path = "it/conditions.rs"]
mod conditions;
#[path = "it/control.rs"]
mod control;
#[path = "it/cross_account.rs"]
mod cross_account;
#[path = "it/elements.rs"]
mod elements;
#[path = "it/generate.rs"]
mod generate;
#[path = "it/managed.rs"]
mod managed;
#[path = "it/oracle.rs"]
mod oracle;
#[path = "it/oracle_principals.rs"]
mod oracle_principals;
#[path = "it/pools.rs"]
mod pools;
#[path = "it/reading.rs"]
mod reading;
#[path = "it/rules.rs"]
mod rules;
#[path = "it/same_account.rs"]
mod same_account;
#[path = "it/special.rs"]
mod special;
#[path = "it/support.rs"]
mod support;
