//! Counts and times of requests, in Prometheus' text format.
//!
//! Every number is an atomic in a place that is known when the server starts, so a request
//! takes no lock and makes no allocation to be counted.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use sigv4::{AuthFailure, Dialect};

/// What is counted.
#[derive(Debug)]
pub struct Metrics {
    calls: Vec<Call>,
    unrouted: Call,
    in_flight: AtomicI64,
    unauthenticated: [AtomicU64; FAILURES.len()],
}

/// The numbers of one operation.
#[derive(Debug)]
struct Call {
    service: &'static str,
    operation: &'static str,
    outcomes: [AtomicU64; OUTCOMES.len()],
    buckets: [AtomicU64; BOUNDS.len()],
    micros: AtomicU64,
}

impl Metrics {
    /// For operations named by service and name; they are counted by their place in the list.
    pub fn new(operations: impl IntoIterator<Item = (&'static str, &'static str)>) -> Self {
        Self {
            calls: operations.into_iter().map(|(service, operation)| Call::new(service, operation)).collect(),
            unrouted: Call::new("none", "none"),
            in_flight: AtomicI64::new(0),
            unauthenticated: Default::default(),
        }
    }

    /// Notes that a request has come. It counts as under way until the guard is dropped.
    pub(crate) fn begin(&self) -> InFlight<'_> {
        self.in_flight.fetch_add(1, Relaxed);
        InFlight(&self.in_flight)
    }

    /// Notes an answer: the place of its operation, if it had one, its HTTP status, and how long it took.
    pub(crate) fn answered(&self, operation: Option<usize>, status: u16, took: Duration) {
        let call = operation.and_then(|place| self.calls.get(place)).unwrap_or(&self.unrouted);
        let outcome = usize::from(status >= 400) + usize::from(status >= 500);
        if let Some(count) = call.outcomes.get(outcome) {
            count.fetch_add(1, Relaxed);
        }
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        call.micros.fetch_add(micros, Relaxed);
        let bucket = BOUNDS.iter().position(|bound| micros <= *bound);
        if let Some(count) = bucket.and_then(|bucket| call.buckets.get(bucket)) {
            count.fetch_add(1, Relaxed);
        }
    }

    /// Notes a request that could not be authenticated.
    pub(crate) fn unauthenticated(&self, failure: &AuthFailure) {
        let code = failure.code(Dialect::Query);
        let count = FAILURES.iter().position(|known| *known == code);
        if let Some(count) = count.and_then(|place| self.unauthenticated.get(place)) {
            count.fetch_add(1, Relaxed);
        }
    }

    /// All numbers in Prometheus' text format, version 0.0.4.
    #[must_use]
    pub fn render(&self) -> String {
        let mut out = String::with_capacity(4096);
        // Writing to a string cannot fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        head(out, "portcullis_requests_in_flight", "gauge", "Requests that are under way.")?;
        writeln!(out, "portcullis_requests_in_flight {}", self.in_flight.load(Relaxed))?;
        head(out, "portcullis_authentication_failures_total", "counter", "Requests not authenticated.")?;
        for (code, count) in FAILURES.iter().zip(&self.unauthenticated) {
            let count = count.load(Relaxed);
            writeln!(out, "portcullis_authentication_failures_total{{code=\"{code}\"}} {count}")?;
        }
        head(out, "portcullis_requests_total", "counter", "Requests answered.")?;
        let used = || self.calls.iter().chain([&self.unrouted]).filter(|call| call.total() > 0);
        for call in used() {
            for (outcome, count) in OUTCOMES.iter().zip(&call.outcomes) {
                let (labels, count) = (call.labels(), count.load(Relaxed));
                writeln!(out, "portcullis_requests_total{{{labels},outcome=\"{outcome}\"}} {count}")?;
            }
        }
        let name = "portcullis_request_duration_seconds";
        head(out, name, "histogram", "From the end of the headers to the answer.")?;
        for call in used() {
            let labels = call.labels();
            let mut below = 0;
            for (bound, count) in BOUNDS.iter().zip(&call.buckets) {
                below += count.load(Relaxed);
                writeln!(out, "{name}_bucket{{{labels},le=\"{}\"}} {below}", Seconds(*bound))?;
            }
            let total = call.total();
            writeln!(out, "{name}_bucket{{{labels},le=\"+Inf\"}} {total}")?;
            writeln!(out, "{name}_sum{{{labels}}} {}", Seconds(call.micros.load(Relaxed)))?;
            writeln!(out, "{name}_count{{{labels}}} {total}")?;
        }
        Ok(())
    }
}

impl Call {
    fn new(service: &'static str, operation: &'static str) -> Self {
        Self {
            service,
            operation,
            outcomes: Default::default(),
            buckets: Default::default(),
            micros: AtomicU64::new(0),
        }
    }

    fn total(&self) -> u64 {
        self.outcomes.iter().map(|count| count.load(Relaxed)).sum()
    }

    fn labels(&self) -> String {
        format!("service=\"{}\",operation=\"{}\"", self.service, self.operation)
    }
}

/// A request that is under way.
#[derive(Debug)]
pub(crate) struct InFlight<'m>(&'m AtomicI64);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

struct Seconds(u64);

impl std::fmt::Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) -> std::fmt::Result {
    writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}")
}

const OUTCOMES: [&str; 3] = ["success", "client_error", "server_error"];

const FAILURES: [&str; 5] = [
    "MissingAuthenticationToken",
    "InvalidClientTokenId",
    "ExpiredToken",
    "IncompleteSignature",
    "SignatureDoesNotMatch",
];

/// Upper bounds of the buckets, in microseconds.
const BOUNDS: [u64; 14] =
    [25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 1_000_000, 10_000_000];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_operation_and_outcome() {
        let metrics = Metrics::new([("iam", "CreateUser"), ("iam", "GetUser")]);
        metrics.answered(Some(1), 200, Duration::from_micros(30));
        metrics.answered(Some(1), 404, Duration::from_micros(70));
        metrics.answered(None, 503, Duration::from_secs(60));
        metrics.unauthenticated(&AuthFailure::ExpiredToken);
        let guard = metrics.begin();
        let text = metrics.render();
        for line in [
            "portcullis_requests_in_flight 1",
            "portcullis_authentication_failures_total{code=\"ExpiredToken\"} 1",
            "portcullis_requests_total{service=\"iam\",operation=\"GetUser\",outcome=\"success\"} 1",
            "portcullis_requests_total{service=\"iam\",operation=\"GetUser\",outcome=\"client_error\"} 1",
            "portcullis_requests_total{service=\"none\",operation=\"none\",outcome=\"server_error\"} 1",
            "portcullis_request_duration_seconds_bucket{service=\"iam\",operation=\"GetUser\",le=\"0.000050\"} 1",
            "portcullis_request_duration_seconds_bucket{service=\"iam\",operation=\"GetUser\",le=\"0.000100\"} 2",
            "portcullis_request_duration_seconds_sum{service=\"iam\",operation=\"GetUser\"} 0.000100",
        ] {
            assert!(text.lines().any(|present| present == line), "{line}\nin\n{text}");
        }
        assert!(!text.contains("CreateUser"));
        drop(guard);
        assert!(metrics.render().contains("portcullis_requests_in_flight 0"));
    }
}
