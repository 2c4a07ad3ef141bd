//! Other people's engines on the workload of `cargo xtask bench engine`, which comes on standard input.
//!
//! Each prints one line: `{"peer", "p50", "p99", "ends"}`, times in microseconds and a letter a request:
//! `a`llowed, `e`xplicitly denied, `i`mplicitly denied, `d`enied where the engine does not tell which, and `?`
//! where a policy that bears on the request cannot be said in the engine's language. Every engine gets only the
//! policies that bear on the request, made ready before the clock starts.

#![forbid(unsafe_code)]

mod cedar;
mod clock;
mod iam_rs;
mod rego;
mod workload;

use anyhow::Result;
use workload::Workload;

fn main() -> Result<()> {
    let workload: Workload = serde_json::from_reader(std::io::stdin().lock())?;
    for (peer, measure) in [
        ("cedar", cedar::measure as fn(&Workload) -> Result<clock::Measured>),
        ("iam-rs", iam_rs::measure),
        ("regorus", rego::measure),
    ] {
        eprintln!("  {peer} …");
        println!("{}", measure(&workload)?.told(peer));
    }
    Ok(())
}
