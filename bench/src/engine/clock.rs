//! Timing of what takes less than the clock does.

use std::hint::black_box;
use std::time::Instant;

use crate::report::{median, quantile};

/// The middle and the slow end of single decisions, in microseconds.
#[derive(Clone, Copy)]
pub(crate) struct Spent {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

/// Times each item by itself, in an order that no cache foresees, less what reading the clock costs. The request
/// is made before the clock starts, as one that has just come in: it is at hand, the policies may not be.
pub(crate) fn each<T, Q, R>(
    items: &[T],
    mut request: impl FnMut(&T) -> Q,
    mut decide: impl FnMut(&T, &Q) -> R,
) -> Spent {
    let floor = clock_floor();
    let mut dice = super::dice::Dice::new(7);
    let times: Vec<f64> = (0..items.len())
        .filter_map(|_| {
            let item = dice.pick(items)?;
            let request = request(item);
            let begin = Instant::now();
            black_box(decide(black_box(item), black_box(&request)));
            Some((begin.elapsed().as_secs_f64() * 1e6 - floor).max(0.0))
        })
        .collect();
    Spent { p50: median(&times), p99: quantile(&times, 0.99) }
}

/// Times each item by itself, one after the other, again and again: as the peers are measured (`bench/peers`). Here too
/// the request is made before the clock starts, for whoever decides has just made it; what stands ready since the last
/// round is the policies, and what the other items left of them in the caches.
pub(crate) fn in_turn<T, Q, R>(
    items: &[T],
    mut request: impl FnMut(&T) -> Q,
    mut decide: impl FnMut(&T, &Q) -> R,
) -> Spent {
    let floor = clock_floor();
    let mut times = Vec::with_capacity(TURNS * items.len());
    // The first turn is not counted.
    for turn in 0..=TURNS {
        for item in items {
            let request = request(item);
            let begin = Instant::now();
            black_box(decide(black_box(item), black_box(&request)));
            let spent = begin.elapsed();
            if turn > 0 {
                times.push((spent.as_secs_f64() * 1e6 - floor).max(0.0));
            }
        }
    }
    Spent { p50: median(&times), p99: quantile(&times, 0.99) }
}

/// As often as the peers.
const TURNS: usize = 3;

/// The middle of several rounds.
pub(crate) fn middle(rounds: &[Spent]) -> Spent {
    let of = |part: fn(&Spent) -> f64| median(&rounds.iter().map(part).collect::<Vec<_>>());
    Spent { p50: of(|spent| spent.p50), p99: of(|spent| spent.p99) }
}

fn clock_floor() -> f64 {
    let times: Vec<f64> = (0..1_000).map(|_| Instant::now().elapsed().as_secs_f64() * 1e6).collect();
    median(&times)
}
