//! How much of us one client may take.

use std::time::Duration;

/// Bounds on what a client may send and how long it may take. Each bound is enforced before
/// the request is understood, so that no input costs more than these.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at a time; further ones wait in the kernel's queue.
    pub connections: usize,
    /// Bytes of the request line and all headers.
    pub head_bytes: usize,
    /// Bytes of path and query.
    pub target_bytes: usize,
    /// Bytes of the body.
    pub body_bytes: usize,
    /// From the first byte of a connection, or the end of the last answer, to the end of the
    /// next request's headers. So it bounds idle connections too.
    pub head_time: Duration,
    /// From the end of the headers to the end of the body.
    pub body_time: Duration,
    /// How long a client may leave an answer unread.
    pub write_time: Duration,
    /// The TLS handshake.
    pub handshake_time: Duration,
    /// How long requests that are under way may go on after the server was told to stop.
    pub drain_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            head_bytes: 64 * 1024,
            target_bytes: 32 * 1024,
            body_bytes: 1024 * 1024,
            head_time: Duration::from_secs(20),
            body_time: Duration::from_secs(20),
            write_time: Duration::from_secs(20),
            handshake_time: Duration::from_secs(10),
            drain_time: Duration::from_secs(10),
        }
    }
}
