//! The figures: what was measured, what it is compared with, and the goal.

use std::fmt;

use serde_json::{Value as Json, json};

/// What one run measured.
#[derive(Default)]
pub(crate) struct Report {
    lines: Vec<Line>,
}

struct Line {
    bench: &'static str,
    what: String,
    value: f64,
    unit: &'static str,
    goal: Option<Goal>,
}

/// Where a figure should be.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    /// Not below.
    AtLeast(f64),
    /// Not above.
    AtMost(f64),
}

impl Goal {
    fn met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(goal) => value >= goal,
            Self::AtMost(goal) => value <= goal,
        }
    }
}

impl Report {
    /// A figure that is only told: a peer, a floor, or something without a goal.
    pub(crate) fn tell(&mut self, bench: &'static str, what: &str, value: f64, unit: &'static str) {
        self.lines.push(Line { bench, what: what.to_owned(), value, unit, goal: None });
    }

    /// A figure with its goal.
    pub(crate) fn judge(
        &mut self,
        bench: &'static str,
        what: &str,
        value: f64,
        unit: &'static str,
        goal: Goal,
    ) {
        self.lines.push(Line { bench, what: what.to_owned(), value, unit, goal: Some(goal) });
    }

    /// The same for programs.
    pub(crate) fn json(&self) -> Json {
        self.lines
            .iter()
            .map(|line| {
                let goal = line.goal.map(|goal| match goal {
                    Goal::AtLeast(goal) => json!({"atLeast": goal, "met": goal <= line.value}),
                    Goal::AtMost(goal) => json!({"atMost": goal, "met": goal >= line.value}),
                });
                json!({
                    "bench": line.bench, "what": line.what, "value": line.value, "unit": line.unit, "goal": goal
                })
            })
            .collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bench = "";
        for line in &self.lines {
            if line.bench != bench {
                bench = line.bench;
                writeln!(f, "\n{bench}")?;
            }
            write!(f, "  {:<58} {:>10} {:<5}", line.what, number(line.value), line.unit)?;
            if let Some(goal) = line.goal {
                let (sign, bound) = match goal {
                    Goal::AtLeast(bound) => ("≥", bound),
                    Goal::AtMost(bound) => ("≤", bound),
                };
                let verdict = if goal.met(line.value) { "reached" } else { "MISSED" };
                write!(f, "  goal {sign} {:<8} {verdict}", number(bound))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// Three significant figures below a thousand, whole numbers above.
fn number(value: f64) -> String {
    match value.abs() {
        small if small < 10.0 => format!("{value:.2}"),
        middle if middle < 1000.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// The middle value; zero of none.
pub(crate) fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The value below which that share of the values lies; zero of none.
pub(crate) fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length")]
    #[expect(clippy::cast_precision_loss, reason = "no bench has 2^52 values")]
    let place = (sorted.len().saturating_sub(1) as f64 * share).round() as usize;
    sorted.get(place).copied().unwrap_or_default()
}
