//! Timing, as the bench does it for our own engine.

use std::hint::black_box;
use std::time::Instant;

use serde_json::{Value as Json, json};

/// What a peer did.
pub struct Measured {
    times: Vec<f64>,
    ends: String,
}

impl Measured {
    /// Decides each case once to see how it ends, then several rounds against the clock. Each time the request is made
    /// anew before the clock starts: it is at hand, the policies may not be.
    pub fn of<T>(
        cases: &mut [Option<T>],
        mut renew: impl FnMut(&mut T),
        mut decide: impl FnMut(&mut T) -> char,
    ) -> Self {
        let ends = cases.iter_mut().map(|case| case.as_mut().map_or('?', &mut decide)).collect();
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            for case in cases.iter_mut().flatten() {
                renew(case);
                let begin = Instant::now();
                black_box(decide(black_box(case)));
                times.push(begin.elapsed().as_secs_f64() * 1e6);
            }
        }
        times.sort_by(f64::total_cmp);
        Self { times, ends }
    }

    pub fn told(&self, peer: &str) -> Json {
        let quantile = |share: usize| {
            self.times.get(self.times.len().saturating_sub(1) * share / 100).copied().unwrap_or_default()
        };
        json!({"peer": peer, "p50": quantile(50), "p99": quantile(99), "ends": self.ends})
    }
}

const ROUNDS: usize = 3;
