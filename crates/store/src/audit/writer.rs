//! The thread that writes a journal.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::watch;

use crate::seal::sync_dir;

use super::{
    Anchor, AnchorKind, AuditError, AuditEvent, AuditKeys, ChainHead, JournalOptions, Position,
    error::at,
    line::write_line,
    queue::{Queue, Work},
    segment::Segments,
};

/// What the writer and the callers share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) queue: Queue,
    /// Why the last try to write failed, while it fails.
    pub(super) trouble: Mutex<Option<String>>,
    /// The last anchor on disk.
    pub(super) anchored: Mutex<Position>,
}

/// How far the writer has come.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    /// This many events of those put in the queue are on disk, anchored.
    pub(super) durable: u64,
    /// The writer has ended; with events lost if it could not write them.
    pub(super) ended: Option<Ended>,
}

/// How a writer ended.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    pub(super) lost: usize,
    pub(super) why: String,
}

/// The state of the writing thread.
#[derive(Debug)]
pub(super) struct SegmentWriter {
    pub(super) segments: Segments,
    pub(super) keys: AuditKeys,
    pub(super) options: JournalOptions,
    pub(super) shared: Arc<Shared>,
    pub(super) progress: watch::Sender<Progress>,
    /// The last event in the file.
    pub(super) head: ChainHead,
    /// Where the next line goes.
    pub(super) position: Position,
    /// The open segment, once a line was written to it.
    pub(super) file: Option<File>,
    /// Bytes that were written and not yet synced.
    pub(super) unsynced: u64,
}

impl SegmentWriter {
    /// Writes what comes through the queue until it is closed.
    pub(super) fn run(mut self) {
        let mut taken_in = 0;
        let mut sync_due = None;
        loop {
            let mut work = self.shared.queue.take(self.options.linger, sync_due);
            taken_in = work.taken_in.max(taken_in);
            if let Err(why) = self.write(&mut work) {
                return self.end(work.events.len(), why);
            }
            self.shared.queue.give_back(work.bytes);

            let now = Instant::now();
            if self.unsynced > 0 && sync_due.is_none() {
                sync_due = Some(now + self.options.sync_every);
            }
            let full = self.position.offset >= self.options.segment_bytes;
            let due = sync_due.is_some_and(|due| due <= now) || self.unsynced >= self.options.sync_bytes;
            if due || full || work.urgent || work.closed {
                if let Err(why) = self.persist(|writer| writer.sync()) {
                    return self.end(0, why);
                }
                sync_due = None;
                self.progress.send_modify(|progress| progress.durable = taken_in);
            }
            // INVARIANT: `closed` is set under the queue's lock, so nothing was put in after this batch.
            if work.closed {
                return self.end(0, "the audit trail was closed".to_owned());
            }
        }
    }

    /// Writes one event and makes it durable, before the thread runs.
    pub(super) fn record(&mut self, event: AuditEvent) -> Result<(), AuditError> {
        self.roll();
        let mut line = Vec::new();
        let head = write_line(&mut line, &self.head, &event);
        self.write_at_end(&line)?;
        self.head = head;
        self.position.offset += line.len() as u64;
        self.unsynced += line.len() as u64;
        self.sync()
    }

    /// Writes a batch as lines, in one call.
    fn write(&mut self, work: &mut Work) -> Result<(), String> {
        if work.events.is_empty() {
            return Ok(());
        }
        self.roll();
        let mut buffer = Vec::with_capacity(work.bytes + work.events.len() * 192);
        let mut head = self.head;
        for event in &work.events {
            head = write_line(&mut buffer, &head, event);
        }
        self.persist(|writer| writer.write_at_end(&buffer))?;
        work.events.clear();
        self.head = head;
        self.position.offset += buffer.len() as u64;
        self.unsynced += buffer.len() as u64;
        Ok(())
    }

    /// Goes on to the next segment if this one is full.
    ///
    /// INVARIANT: not before there is a line for it, so that an anchor always stands at the end of a line.
    fn roll(&mut self) {
        if self.position.offset >= self.options.segment_bytes {
            self.file = None;
            self.position = Position { segment: self.position.segment.saturating_add(1), offset: 0 };
        }
    }

    /// Writes bytes where the last good line ends. What a failed try left behind is overwritten by the next.
    fn write_at_end(&mut self, bytes: &[u8]) -> Result<(), AuditError> {
        let path = self.segments.path(self.position.segment);
        if self.file.is_none() {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(false).mode(0o600);
            let file = options.open(&path).map_err(at("open", &path))?;
            sync_dir(self.segments.dir()).map_err(at("sync", self.segments.dir()))?;
            self.file = Some(file);
        }
        let file = self.file.as_ref().ok_or_else(|| at("open", &path)(io::ErrorKind::NotFound.into()))?;
        file.write_all_at(bytes, self.position.offset).map_err(at("write", &path))
    }

    /// Makes everything so far durable, and then says so in the anchor.
    fn sync(&mut self) -> Result<(), AuditError> {
        if self.unsynced > 0
            && let Some(file) = &self.file
        {
            file.sync_data().map_err(at("sync", &self.segments.path(self.position.segment)))?;
        }
        let anchored = *self.shared.anchored.lock().unwrap_or_else(PoisonError::into_inner);
        if anchored != self.position {
            let at = Some(self.position);
            self.segments.write_anchor(&Anchor::sign(
                &self.keys,
                AnchorKind::Head,
                self.segments.writer(),
                self.head,
                at,
            ))?;
            *self.shared.anchored.lock().unwrap_or_else(PoisonError::into_inner) = self.position;
        }
        self.unsynced = 0;
        Ok(())
    }

    /// Tries until it works, or, once the queue is closed, twice more. Callers meanwhile meet a full queue.
    fn persist(&mut self, mut act: impl FnMut(&mut Self) -> Result<(), AuditError>) -> Result<(), String> {
        let mut pause = FIRST_PAUSE;
        let mut last_tries = 2;
        loop {
            let Err(error) = act(self) else {
                self.trouble(None);
                return Ok(());
            };
            let why = error.to_string();
            self.trouble(Some(why.clone()));
            if self.shared.queue.pause(pause) {
                if last_tries == 0 {
                    return Err(why);
                }
                last_tries -= 1;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn trouble(&self, why: Option<String>) {
        let mut trouble = self.shared.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if *trouble != why {
            *trouble = why;
        }
    }

    fn end(self, lost: usize, why: String) {
        self.shared.queue.close();
        self.progress.send_modify(|progress| progress.ended = Some(Ended { lost, why }));
    }
}

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
