//! The embedded store against the conformance suite, against kills, against the system's calls and against edits.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test fails by a panic"
)]

#[path = "it/child.rs"]
mod child;
#[path = "it/crash.rs"]
mod crash;
#[path = "it/damage.rs"]
mod damage;
#[path = "it/directory.rs"]
mod directory;
#[path = "it/power.rs"]
mod power;
#[path = "it/suite.rs"]
mod suite;
#[path = "it/syncs.rs"]
mod syncs;
