//! Fuzz targets: everything that reads bytes from strangers.
//!
//! A target is a plain function over bytes that panics when a rule is broken: not only "no panic", also "what was read
//! prints back the same", "nothing but our own token opens", "what we write is well-formed XML". Two things call it:
//!
//! - `cargo run --release -- smoke`, on the stable toolchain: mutates seeds for a fixed number of rounds from a fixed
//!   start, so that a run can be repeated. The test command runs this.
//! - libFuzzer, guided by coverage, with the binaries under `fuzz_targets/`. `cargo fuzz` wants a nightly toolchain for
//!   its sanitizers; without them, and we have no unsafe code to watch, the stable one does:
//!
//!   ```text
//!   cargo run --release -- seeds
//!   export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
//!       -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
//!       -Cllvm-args=-sanitizer-coverage-trace-compares"
//!   cargo run --release --features libfuzzer --target x86_64-unknown-linux-gnu --bin arn -- corpus/arn
//!   ```
#![forbid(unsafe_code)]

pub mod mutate;
pub mod target;
pub mod targets;
