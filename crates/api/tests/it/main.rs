//! The generated tables and types against the codecs: every operation, every constraint.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic; clippy exempts only the functions marked as tests"
)]

mod constraints;
mod example;
mod facts;
mod inputs;
mod maximal;
mod typed;
