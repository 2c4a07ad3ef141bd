//! Fuzz targets: everything that reads bytes from strangers.
//!
//! A target is a plain function over bytes that panics when a rule is broken: not only "no panic", also "what was read
//! prints back the same", "nothing but our own token opens", "what we write is well-formed XML". Two things call it:
//!
//! - `cargo run --release -- smoke`, on the stable toolchain: mutates seeds for a fixed number of rounds from a fixed
//!   start, so that a run can be repeated. The test command runs this.
//! - libFuzzer, guided by coverage: `cargo fuzz run --features libfuzzer TARGET` (cargo-fuzz wants a nightly toolchain
//!   for its sanitizers; with `--sanitizer none` the stable one does).
#![forbid(unsafe_code)]

pub mod mutate;
pub mod target;
pub mod targets;
