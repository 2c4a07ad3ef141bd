//! The journal: events of reads and refusals, in append-only files.

use std::{
    fs::DirBuilder,
    io,
    os::unix::fs::DirBuilderExt,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use jiff::Timestamp;
use tokio::{sync::watch, time::timeout};

use super::{
    AuditError, AuditEvent, AuditKeys,
    error::at,
    queue::Queue,
    recover::{Recovery, recover},
    segment::{LONGEST_RECORD, Segments},
    writer::{Progress, SegmentWriter, Shared},
};

/// The name of the writer whose chain the journal is, and of its files.
pub const READS: &str = "reads";

/// How a journal writes. The defaults are meant for a server.
#[derive(Debug, Clone)]
pub struct JournalOptions {
    /// A segment that has reached this many bytes is closed and the next one begun.
    pub segment_bytes: u64,
    /// This many bytes of events may wait; who comes then waits for room.
    pub queue_bytes: usize,
    /// How long the writer gathers events into one batch.
    pub linger: Duration,
    /// The longest time between a write and the sync and anchor that cover it.
    pub sync_every: Duration,
    /// The most bytes between two syncs.
    pub sync_bytes: u64,
    /// How long a caller waits for room before it is refused.
    pub patience: Duration,
}

impl Default for JournalOptions {
    fn default() -> Self {
        Self {
            segment_bytes: 64 << 20,
            queue_bytes: 16 << 20,
            linger: Duration::from_millis(5),
            sync_every: Duration::from_secs(1),
            sync_bytes: 16 << 20,
            patience: Duration::from_secs(2),
        }
    }
}

/// The open journal of a data directory, with its writing thread. [`Journal::close`] stops it and waits for it.
#[derive(Debug)]
pub struct Journal {
    pub(super) segments: Segments,
    pub(super) keys: AuditKeys,
    pub(super) shared: Arc<Shared>,
    patience: Duration,
    progress: watch::Receiver<Progress>,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// Held while old segments are dropped.
    pub(super) dropping: Mutex<()>,
}

impl Journal {
    /// Opens the journal in `dir` (created if need be), after a crash recovering its end, and starts its writer.
    ///
    /// `now` dates the event that a recovery is recorded as. Fails when the trail does not reach its anchor or the
    /// anchor is not genuine: nothing is then written, so that the evidence stays. The caller holds the lock of the
    /// data directory.
    pub fn open(
        dir: &Path,
        keys: AuditKeys,
        options: JournalOptions,
        now: Timestamp,
    ) -> Result<(Self, Recovery), AuditError> {
        match DirBuilder::new().mode(0o700).create(dir) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(at("create", dir)(error));
            }
            _ => {}
        }
        let segments = Segments::new(dir, READS);
        super::retain::finish(&segments, &keys)?;
        let recovered = recover(&segments, &keys)?;

        let (sender, progress) = watch::channel(Progress::default());
        let shared = Arc::new(Shared {
            queue: Queue::new(options.queue_bytes),
            trouble: Mutex::new(None),
            anchored: Mutex::new(recovered.position),
        });
        let patience = options.patience;
        let mut writer = SegmentWriter {
            segments: segments.clone(),
            keys: keys.clone(),
            options,
            shared: Arc::clone(&shared),
            progress: sender,
            head: recovered.head,
            position: recovered.position,
            file: None,
            unsynced: 0,
        };
        if recovered.recovery.was_needed() {
            writer.record(recovered.recovery.event(&recovered.head, now)?)?;
        }
        let thread = thread::Builder::new()
            .name("audit".to_owned())
            .spawn(move || writer.run())
            .map_err(at("start the writer of", dir))?;
        let journal = Self {
            segments,
            keys,
            shared,
            patience,
            progress,
            thread: Mutex::new(Some(thread)),
            dropping: Mutex::new(()),
        };
        Ok((journal, recovered.recovery))
    }

    /// Puts an event on its way to the file. Returns at once while there is room in the queue; waits while there is
    /// none, and fails with [`AuditError::Stalled`] after [`JournalOptions::patience`]. No event is ever dropped
    /// after this has returned `Ok`, short of a crash (see [`JournalOptions::linger`] and `sync_every`).
    pub async fn append(&self, event: AuditEvent) -> Result<(), AuditError> {
        let bytes = event.record().len();
        if bytes > LONGEST_RECORD || event.id.len() > LONGEST_ID {
            return Err(AuditError::TooLarge { bytes, limit: LONGEST_RECORD });
        }
        self.shared.queue.push(event, self.patience).await?.ok_or_else(|| self.stalled())
    }

    /// Waits until all events that were appended so far are on disk and anchored, at most
    /// [`JournalOptions::patience`].
    pub async fn flush(&self) -> Result<(), AuditError> {
        let wanted = self.shared.queue.hurry();
        let mut progress = self.progress.clone();
        let done = |progress: &Progress| progress.durable >= wanted || progress.ended.is_some();
        let Ok(reached) = timeout(self.patience, progress.wait_for(done)).await else {
            return Err(self.stalled());
        };
        match reached {
            Ok(progress) if progress.durable >= wanted => Ok(()),
            _ => Err(AuditError::Closed),
        }
    }

    /// Why the journal cannot be written at the moment, or `None` while it can.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.shared.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Writes and anchors what is left, stops the writer and waits for it. Later events are refused. Fails if events
    /// could not be written.
    pub async fn close(&self) -> Result<(), AuditError> {
        self.shared.queue.close();
        let mut progress = self.progress.clone();
        let ended = match progress.wait_for(|progress| progress.ended.is_some()).await {
            Ok(progress) => progress.ended.clone(),
            Err(_) => None,
        };
        self.join();
        match ended {
            Some(ended) if ended.lost == 0 && self.trouble().is_none() => Ok(()),
            Some(ended) => {
                Err(AuditError::Stalled { why: format!("{} ({} events lost)", ended.why, ended.lost) })
            }
            None => Err(AuditError::Stalled { why: "its writer stopped".to_owned() }),
        }
    }

    fn stalled(&self) -> AuditError {
        AuditError::Stalled { why: self.trouble().unwrap_or_else(|| "the disk is too slow".to_owned()) }
    }

    fn join(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.shared.queue.close();
        self.join();
    }
}

const LONGEST_ID: usize = 256;
