//! The admin listener: metrics for Prometheus, on an address of its own.

use std::sync::Arc;

use http::{Method, Request};
use hyper::body::Incoming;

use crate::Metrics;
use crate::listener::{Endpoint, Peer};
use crate::respond::{self, Answer, TEXT};

/// Answers `GET /metrics` and `GET /healthz`, and nothing else. It asks for no signature, so it belongs on
/// a loopback address.
#[derive(Debug)]
pub struct Monitor {
    metrics: Arc<Metrics>,
}

impl Monitor {
    /// A monitor of these metrics.
    #[must_use]
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Self { metrics }
    }
}

impl Endpoint for Monitor {
    async fn call(&self, request: Request<Incoming>, _: Peer) -> Answer {
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/metrics") => respond::plain(200, PROMETHEUS, self.metrics.render()),
            (&Method::GET, "/healthz") => respond::plain(200, TEXT, "ok\n"),
            _ => respond::plain(404, TEXT, "there are /metrics and /healthz\n"),
        }
    }
}

const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";
