//! Where the events of reads and refusals go. (Those of changes commit with the change.)

use std::future::Future;
use std::pin::Pin;

use store::audit::{AuditEvent, Journal};

/// Takes events. Waits when it is full: an event is never dropped.
pub trait Recorder: Send + Sync {
    /// Takes one event; an error says why it could not be kept, and the call it belongs to then fails.
    fn record(&self, event: AuditEvent) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>>;
}

impl Recorder for Journal {
    fn record(&self, event: AuditEvent) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>> {
        Box::pin(async move { self.append(event).await.map_err(|cause| cause.to_string()) })
    }
}
