//! The writer: one thread that validates commits, makes them durable in groups, and acknowledges them.

mod group;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::oneshot;

use self::group::Group;
use crate::audit::{Anchor, AnchorKind, AuditKeys, ChainHead};
use crate::backend::{Batch, Change, Consumed, EntryChange, Kept, SecretChange, State, Swept, Writer};
use crate::error::{Error, Result};
use crate::follower::Following;
use crate::footprint::{Footprint, Point};
use crate::record::Kind;
use crate::revision::{Committed, Revision};
use crate::shared::Shared;
use crate::sync;

/// Something for the writer to do.
pub(crate) enum Job {
    Commit(Box<Prepared>, oneshot::Sender<Result<Committed>>),
    Consume(Consumed, oneshot::Sender<Result<bool>>),
    /// Notes have begun to wait.
    NotesWait,
    /// Somebody waits for what is committed.
    Settle,
    Flush(oneshot::Sender<Result<()>>),
    Follow(Following, oneshot::Sender<Result<Revision>>),
    Compact(Revision, oneshot::Sender<Result<Swept>>),
    Declare(Vec<Kind>, oneshot::Sender<Result<()>>),
    Close,
}

/// A transaction that is ready to commit: everything that could be computed outside the writer has been.
pub(crate) struct Prepared {
    pub(crate) read_at: Revision,
    pub(crate) footprint: Footprint,
    pub(crate) changes: Arc<[Change]>,
    pub(crate) entries: Vec<EntryChange>,
    pub(crate) secrets: Vec<SecretChange>,
    pub(crate) touches: Vec<Point>,
    pub(crate) limits: Vec<Limit>,
    pub(crate) author: Arc<str>,
    pub(crate) event_id: String,
    /// The audit event as it is stored and hashed.
    pub(crate) line: Arc<str>,
    /// Whether every point counts as read and touched, because they are too many to name.
    pub(crate) touches_everything: bool,
}

/// How many entries a partition may have after the commit.
pub(crate) struct Limit {
    pub(crate) index: &'static str,
    pub(crate) partition: String,
    pub(crate) limit: u64,
}

/// The way to the writer.
#[derive(Debug, Clone)]
pub(crate) struct Queue {
    jobs: Sender<Job>,
}

impl Queue {
    pub(crate) fn send(&self, job: Job) -> Result<()> {
        self.jobs.send(job).map_err(|_| Error::Closed)
    }
}

/// The writer's thread, and the way to it. Dropping it closes the store and waits until it is closed.
pub(crate) struct WriterThread {
    pub(crate) queue: Queue,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl WriterThread {
    /// Starts the writer where the sequence stands.
    pub(crate) fn start(
        shared: Arc<Shared>,
        writer: Box<dyn Writer>,
        state: State,
        keys: AuditKeys,
    ) -> Result<Self> {
        let chain = chain_head(&state, &keys)?;
        let (jobs, queue) = channel();
        shared.settled.by(Queue { jobs: jobs.clone() });
        let mut work = Work {
            shared,
            writer,
            head: state.head,
            instant: state.instant,
            followers: Vec::new(),
            notes_due: None,
            settle_due: None,
            notes_leave: Vec::new(),
            counts: HashMap::new(),
            chain,
            keys,
        };
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || {
                // Nobody can ask any more when `work` goes and tells how it ended.
                let queue = queue;
                work.run(&queue);
            })
            .map_err(Error::backend)?;
        Ok(Self { queue: Queue { jobs }, thread: Mutex::new(Some(thread)) })
    }

    /// Finishes what is queued, writes the notes, and waits for the thread to end.
    pub(crate) fn close(&self) {
        // A writer that is gone needs no telling.
        let _ = self.queue.send(Job::Close);
        let thread = sync::lock(&self.thread).take();
        if let Some(thread) = thread.filter(|thread| thread.thread().id() != std::thread::current().id()) {
            // It cannot be helped here if the thread panicked: callers saw `Closed`.
            let _ = thread.join();
        }
    }
}

impl Drop for WriterThread {
    fn drop(&mut self) {
        self.close();
    }
}

/// What the writer's thread owns.
struct Work {
    shared: Arc<Shared>,
    writer: Box<dyn Writer>,
    head: Revision,
    instant: Timestamp,
    followers: Vec<Following>,
    notes_due: Option<Instant>,
    /// When what is committed is settled, unless somebody asks for it before.
    settle_due: Option<Instant>,
    /// The batches with notes that are committed, but not settled yet.
    notes_leave: Vec<Arc<Batch>>,
    /// The counts of partitions that changed last, since those of one account follow each other.
    counts: HashMap<Partition, u64>,
    chain: ChainHead,
    keys: AuditKeys,
}

impl Drop for Work {
    fn drop(&mut self) {
        // However the thread ends, nobody waits for what will not come.
        if self.shared.settled.revision() < self.head {
            self.shared.settled.stop(Error::Closed);
        }
    }
}

/// (index, partition)
type Partition = (Cow<'static, str>, String);

/// Whether the writer goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    GoOn,
    Stop,
}

impl Work {
    fn run(&mut self, queue: &Receiver<Job>) {
        loop {
            let job = match self.wait(queue) {
                Ok(job) => job,
                Err(RecvTimeoutError::Timeout) => {
                    self.do_what_is_due();
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => break,
            };
            if self.work_on(job, queue) == Next::Stop {
                break;
            }
        }
        // Nobody is left to hear of a failure.
        let _ = self.flush_notes();
        if self.settle_due.is_some() {
            self.settle();
        }
    }

    fn wait(&self, queue: &Receiver<Job>) -> Result<Job, RecvTimeoutError> {
        match self.notes_due.into_iter().chain(self.settle_due).min() {
            None => queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(due) => queue.recv_timeout(due.saturating_duration_since(Instant::now())),
        }
    }

    fn do_what_is_due(&mut self) {
        let now = Instant::now();
        if self.settle_due.is_some_and(|due| due <= now) {
            self.settle();
        }
        if self.notes_due.is_some_and(|due| due <= now) {
            // A failure is tried again later: the notes stay where they are.
            let _ = self.flush_notes();
        }
    }

    /// Does one job, and with it whatever else is queued and can share its fsync.
    fn work_on(&mut self, first: Job, queue: &Receiver<Job>) -> Next {
        self.do_what_is_due();
        let mut group = Group::default();
        let mut apart = None;
        let mut job = Some(first);
        while let Some(next) = job.take() {
            match next {
                Job::Commit(prepared, reply) => self.admit(&mut group, *prepared, reply),
                Job::Consume(consumed, reply) => self.consume(&mut group, consumed, reply),
                Job::Settle => self.settle(),
                Job::NotesWait => {
                    self.notes_due = self.notes_due.or_else(|| Instant::now().checked_add(REST))
                }
                other => {
                    apart = Some(other);
                    break;
                }
            }
            if group.len() < GROUP {
                job = queue.try_recv().ok();
            }
        }
        if self.finish(group) == Next::Stop {
            return Next::Stop;
        }
        match apart {
            Some(job) => self.work_apart(job),
            None => Next::GoOn,
        }
    }

    /// Does a job that stands outside a group of commits.
    fn work_apart(&mut self, job: Job) -> Next {
        // A caller that has stopped waiting for its answer does not change what was done.
        match job {
            Job::Flush(reply) => drop(reply.send(self.flush_notes())),
            Job::Follow(following, reply) => {
                following.lease.confirm(self.head);
                self.followers.push(following);
                drop(reply.send(Ok(self.head)));
            }
            Job::Compact(floor, reply) => {
                self.settle();
                self.counts.clear();
                self.shared.raise_floor(floor);
                drop(reply.send(self.writer.compact(floor)));
            }
            Job::Declare(kinds, reply) => {
                self.counts.clear();
                drop(reply.send(self.writer.declare(&kinds)));
            }
            Job::Close => return Next::Stop,
            Job::Commit(..) | Job::Consume(..) | Job::Settle | Job::NotesWait => {}
        }
        Next::GoOn
    }

    /// The statement of where the chain ends, as it is committed with the end itself.
    fn anchor(&self, head: ChainHead) -> Result<Arc<str>> {
        let anchor = Anchor::sign(&self.keys, AnchorKind::Head, CHAIN, head, None);
        serde_json::to_string(&anchor).map(Arc::from).map_err(Error::backend)
    }

    /// Takes note of how a batch was kept.
    fn kept(&mut self, kept: Kept, batch: &Arc<Batch>) {
        if !batch.notes.is_empty() {
            self.notes_leave.push(Arc::clone(batch));
        }
        match kept {
            Kept::Found => self.settle(),
            Kept::Unsettled => {
                self.settle_due = self.settle_due.or_else(|| Instant::now().checked_add(SETTLE_REST))
            }
        }
    }

    /// Lets reads find what is committed. Its callers have their answers: what fails is told to those who read it, and
    /// tried again.
    fn settle(&mut self) {
        match self.writer.settle() {
            Ok(()) => {
                self.settle_due = None;
                self.shared.settled.reach(self.head);
                for batch in self.notes_leave.drain(..) {
                    self.shared.notes.left(&batch.notes);
                }
            }
            Err(error) => {
                self.settle_due = Instant::now().checked_add(REST);
                self.shared.settled.stop(error);
            }
        }
    }

    fn flush_notes(&mut self) -> Result<()> {
        self.notes_due = None;
        let notes = self.shared.notes.take();
        if notes.is_empty() {
            return Ok(());
        }
        let expired_before = Some(self.shared.clock.now());
        let batch = Arc::new(Batch { notes, expired_before, ..Default::default() });
        match self.writer.commit(&batch) {
            Ok(kept) => {
                self.kept(kept, &batch);
                Ok(())
            }
            Err(error) => {
                // They stay readable, and are tried again.
                self.notes_due = Instant::now().checked_add(REST);
                Err(error)
            }
        }
    }
}

/// Where the audit chain of changes ends, after checking that the anchor is genuine.
pub(crate) fn chain_head(state: &State, keys: &AuditKeys) -> Result<ChainHead> {
    let Some(text) = &state.anchor else {
        if state.head == Revision::ZERO {
            return Ok(ChainHead::genesis(CHAIN));
        }
        return Err(Error::damaged("the anchor of the audit trail is missing"));
    };
    let anchor: Anchor = serde_json::from_str(text)
        .map_err(|_| Error::damaged("the anchor of the audit trail does not parse"))?;
    if anchor.kind != AnchorKind::Head || anchor.writer != CHAIN || !anchor.verify(keys) {
        return Err(Error::damaged(
            "the anchor of the audit trail is forged, or made under a key that is not in the keyring",
        ));
    }
    Ok(anchor.head)
}

/// The name of the audit chain of changes.
pub(crate) const CHAIN: &str = "changes";

/// How many commits may share one fsync.
const GROUP: usize = 512;

/// How many counts are held.
const COUNTS: usize = 1024;

/// How long commits wait to be settled together, while nobody asks for them.
const SETTLE_REST: Duration = Duration::from_millis(20);

/// How long notes wait for others before they are written, and what has failed before it is tried again.
const REST: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
