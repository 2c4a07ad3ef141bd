//! The bounded queue between the callers and the thread that writes.

use std::{
    mem,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::{sync::Semaphore, time::timeout};

use super::{AuditError, AuditEvent};

/// Events on their way to the writer, bounded by their size.
#[derive(Debug)]
pub(super) struct Queue {
    /// One permit a byte.
    room: Semaphore,
    size: usize,
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct State {
    events: Vec<AuditEvent>,
    bytes: usize,
    /// How many events were ever put in.
    taken_in: u64,
    /// Somebody waits for everything so far to be on disk.
    urgent: bool,
    closed: bool,
    /// The writer waits for the first event.
    idle: bool,
}

/// What the writer is to do next.
#[derive(Debug, Default)]
pub(super) struct Work {
    /// The events, in order; empty when the deadline came first.
    pub(super) events: Vec<AuditEvent>,
    /// The room they take until [`Queue::give_back`].
    pub(super) bytes: usize,
    /// How many events were ever put in, these included.
    pub(super) taken_in: u64,
    /// Everything so far is to be on disk as soon as possible.
    pub(super) urgent: bool,
    /// Nothing will follow.
    pub(super) closed: bool,
}

impl Queue {
    /// A queue for `size` bytes of events.
    pub(super) fn new(size: usize) -> Self {
        let size = size.min(Semaphore::MAX_PERMITS);
        Self { room: Semaphore::new(size), size, state: Mutex::default(), wake: Condvar::new() }
    }

    /// Puts an event in, waiting up to `patience` for room; `None` when there was none.
    pub(super) async fn push(&self, event: AuditEvent, patience: Duration) -> Result<Option<()>, AuditError> {
        let bytes = weight(&event).min(self.size);
        let permits = u32::try_from(bytes).unwrap_or(u32::MAX);
        let room = match self.room.try_acquire_many(permits) {
            Ok(room) => room,
            Err(_) => match timeout(patience, self.room.acquire_many(permits)).await {
                Ok(room) => room.map_err(|_| AuditError::Closed)?,
                Err(_) => return Ok(None),
            },
        };

        let mut state = self.state();
        if state.closed {
            return Err(AuditError::Closed);
        }
        // Given back by the writer.
        room.forget();
        state.events.push(event);
        state.bytes += bytes;
        state.taken_in += 1;
        // While the writer gathers a batch nobody pays for waking it.
        let wake = mem::take(&mut state.idle) || state.bytes >= self.enough();
        drop(state);
        if wake {
            self.wake.notify_one();
        }
        Ok(Some(()))
    }

    /// Asks for everything so far to be on disk; returns how many events that is.
    pub(super) fn hurry(&self) -> u64 {
        let mut state = self.state();
        state.urgent = true;
        let taken_in = state.taken_in;
        drop(state);
        self.wake.notify_one();
        taken_in
    }

    /// Takes no more events; what is in the queue is still written.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.room.close();
        self.wake.notify_one();
    }

    /// Waits for events, and then for `linger` for more of them, so that a busy writer is not woken for each. Comes
    /// back with no events when `until` has passed first.
    pub(super) fn take(&self, linger: Duration, until: Option<Instant>) -> Work {
        let mut state = self.state();
        while state.events.is_empty() && !state.urgent && !state.closed {
            state.idle = true;
            state = match until.map(|until| until.saturating_duration_since(Instant::now())) {
                Some(Duration::ZERO) => break,
                Some(left) => self.wake.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
                None => self.wake.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
        state.idle = false;
        if !state.events.is_empty() {
            let gather = |state: &mut State| !state.urgent && !state.closed && state.bytes < self.enough();
            state =
                self.wake.wait_timeout_while(state, linger, gather).unwrap_or_else(PoisonError::into_inner).0;
        }
        let work = Work {
            events: mem::take(&mut state.events),
            bytes: mem::take(&mut state.bytes),
            taken_in: state.taken_in,
            urgent: mem::take(&mut state.urgent),
            closed: state.closed,
        };
        drop(state);
        work
    }

    /// Lets others into the room that written events took.
    pub(super) fn give_back(&self, bytes: usize) {
        self.room.add_permits(bytes);
    }

    /// Waits before another try, not longer than until somebody closes the queue. Says whether it is closed.
    pub(super) fn pause(&self, length: Duration) -> bool {
        let state = self.state();
        let (state, _) = self
            .wake
            .wait_timeout_while(state, length, |state| !state.closed)
            .unwrap_or_else(PoisonError::into_inner);
        state.closed
    }

    /// A batch of this many bytes is worth writing at once.
    fn enough(&self) -> usize {
        (self.size / 4).min(1 << 20)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The room that an event takes: its text and what holds it.
fn weight(event: &AuditEvent) -> usize {
    event.record().len() + event.id.len() + 128
}
