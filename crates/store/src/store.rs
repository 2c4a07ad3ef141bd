//! The store: where snapshots and transactions come from.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::audit::AuditKeys;
use crate::authority::Authority;
use crate::backend::{Backend, Consumed, Secret, State, Stats, StoredEvent, Writer};
use crate::error::{Error, Result};
use crate::follower::{Follower, Following, Lease};
use crate::footprint::Footprint;
use crate::revision::{Clock, Revision};
use crate::shared::{Shared, Sizes};
use crate::snapshot::Snapshot;
use crate::transaction::Transaction;
use crate::writer::{Job, Queue, WriterThread};

/// A store of versioned records. Cheap to clone; all clones are the same store. The last one to be dropped closes it.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
    writer: Option<Arc<WriterThread>>,
    lease: Option<Lease>,
}

/// What a store needs from outside.
pub struct Options {
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// The keys under which the end of the audit trail is authenticated.
    pub audit: AuditKeys,
    /// How much memory the caches may use.
    pub sizes: Sizes,
}

impl Store {
    /// Opens a store on a backend whose writing side this process has to itself.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] or [`Error::Backend`] if the backend cannot say where it stands.
    pub async fn open(backend: Arc<dyn Backend>, writer: Box<dyn Writer>, options: Options) -> Result<Self> {
        let (shared, state) = share(backend, options.clock, options.sizes).await?;
        let writer = WriterThread::start(Arc::clone(&shared), writer, state, options.audit)?;
        Ok(Self { shared, writer: Some(Arc::new(writer)), lease: None })
    }

    /// Opens a store for reading only, at the newest revision there is now. It does not follow later commits.
    ///
    /// # Errors
    ///
    /// [`Error::Backend`] if the backend cannot say where it stands.
    pub async fn open_read_only(
        backend: Arc<dyn Backend>,
        clock: Arc<dyn Clock>,
        sizes: Sizes,
    ) -> Result<Self> {
        let (shared, _) = share(backend, clock, sizes).await?;
        Ok(Self { shared, writer: None, lease: None })
    }

    /// This store as a follower sees it: once the lease has run out, every read and commit is refused.
    #[must_use]
    pub fn under(&self, lease: Lease) -> Self {
        Self { lease: Some(lease), ..self.clone() }
    }

    /// The records as they are now.
    pub fn read(&self) -> Snapshot {
        self.snapshot(self.head(), Footprint::new())
    }

    /// The records as they were after this revision.
    ///
    /// # Errors
    ///
    /// [`Error::NotYet`] or [`Error::Compacted`].
    pub fn read_at(&self, revision: Revision) -> Result<Snapshot> {
        let head = self.head();
        if revision > head {
            return Err(Error::NotYet { asked: revision, head });
        }
        self.shared.check_floor(revision)?;
        Ok(self.snapshot(revision, Footprint::new()))
    }

    /// The records as they were at this moment. A moment after the last commit shows the records as they are now.
    ///
    /// # Errors
    ///
    /// [`Error::Compacted`], or a failure of the backend.
    pub async fn read_as_of(&self, instant: Timestamp) -> Result<Snapshot> {
        let head = self.head();
        let revision = self.backend().await?.revision_at(instant).await?;
        self.read_at(revision.min(head))
    }

    /// A transaction that reads the records as they are now.
    pub fn write(&self, authority: Authority) -> Transaction {
        Transaction::new(self.read(), authority, self.queue())
    }

    /// A transaction that goes on from what was read before, such as what its permit stands on. It reads the records as
    /// they are now, and `footprint` joins its own.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] if something in `footprint` has changed since `revision`.
    pub fn write_from(
        &self,
        authority: Authority,
        revision: Revision,
        footprint: &Footprint,
    ) -> Result<Transaction> {
        // INVARIANT: the head is read before the footprint is checked, so that nothing falls between the two.
        let head = self.head();
        if self.changed_since(footprint, revision) {
            return Err(Error::Conflict);
        }
        Ok(Transaction::new(self.snapshot(head, footprint.clone()), authority, self.queue()))
    }

    /// The newest revision.
    pub fn head(&self) -> Revision {
        self.shared.head()
    }

    /// Whether anything in `footprint` may have changed after `revision`. A few look-ups in memory. What was read too
    /// long ago to be told counts as changed: read it again.
    pub fn changed_since(&self, footprint: &Footprint, revision: Revision) -> bool {
        self.shared.changed_since(footprint, revision)
    }

    /// Adds a follower, from the newest revision on, which is the answer. From then on commits wait for it.
    ///
    /// # Errors
    ///
    /// [`Error::ReadOnly`] or [`Error::Closed`].
    pub async fn follow(&self, follower: Box<dyn Follower>, lease: Lease) -> Result<Revision> {
        self.ask(|reply| Job::Follow(Following { follower, lease }, reply)).await
    }

    /// Uses a value that may be used once: true for the first caller, durably, false for everybody else until `expires`.
    /// Whoever asks must refuse values that have expired by itself.
    ///
    /// # Errors
    ///
    /// [`Error::ReadOnly`], [`Error::Closed`] or [`Error::Backend`].
    pub async fn consume_once(&self, kind: &str, key: &str, expires: Timestamp) -> Result<bool> {
        let consumed = Consumed { kind: kind.to_owned(), key: key.to_owned(), expires };
        self.ask(|reply| Job::Consume(consumed, reply)).await
    }

    /// Notes something that changes too often for a revision, such as when a key was last used. It is written in the
    /// background: a crash may lose the last second of notes.
    pub fn note(&self, kind: &str, key: &str, json: impl Into<Arc<str>>) {
        let must_tell = self.shared.notes.note(kind, key, json.into());
        if let (true, Some(writer)) = (must_tell, &self.writer) {
            // A writer that is gone takes no more notes; nobody is promised that they last.
            let _ = writer.queue.send(Job::NotesWait);
        }
    }

    /// The newest note.
    ///
    /// # Errors
    ///
    /// [`Error::Backend`].
    pub async fn noted(&self, kind: &str, key: &str) -> Result<Option<Arc<str>>> {
        match self.shared.notes.noted(kind, key) {
            Some(json) => Ok(Some(json)),
            None => self.backend().await?.noted(kind, key).await,
        }
    }

    /// The newest notes of a kind whose keys begin with `prefix`: key and note, in the order of the keys.
    ///
    /// # Errors
    ///
    /// [`Error::Backend`].
    pub async fn notes(&self, kind: &str, prefix: &str) -> Result<Vec<(String, Arc<str>)>> {
        // What is not on disk yet is read first: a note that goes there meanwhile is found twice rather than not at all.
        let fresh = self.shared.notes.with_prefix(kind, prefix);
        let kept = self.backend().await?.notes(kind, prefix).await?;
        let mut found: BTreeMap<String, Arc<str>> =
            kept.into_iter().map(|note| (note.key, note.json)).collect();
        found.extend(fresh);
        Ok(found.into_iter().collect())
    }

    /// Writes the notes that are waiting.
    ///
    /// # Errors
    ///
    /// [`Error::ReadOnly`], [`Error::Closed`] or [`Error::Backend`].
    pub async fn flush_notes(&self) -> Result<()> {
        self.ask(Job::Flush).await
    }

    /// The sealed secrets as they stand now, ordered by (kind, key), after this one. To seal them anew under another key.
    ///
    /// # Errors
    ///
    /// [`Error::Backend`].
    pub async fn secrets(&self, after: Option<&Secret>, limit: usize) -> Result<Vec<Secret>> {
        self.backend()
            .await?
            .secrets(after.map(|secret| (secret.kind.clone(), secret.key.clone())), limit)
            .await
    }

    /// The audit events that were committed with changes, in their order, after this sequence number.
    ///
    /// # Errors
    ///
    /// [`Error::Backend`].
    pub async fn events(&self, after: u64, limit: usize) -> Result<Vec<StoredEvent>> {
        self.backend().await?.events(after, limit).await
    }

    /// Sizes, for the operator.
    ///
    /// # Errors
    ///
    /// [`Error::Backend`].
    pub async fn stats(&self) -> Result<Stats> {
        self.backend().await?.stats().await
    }

    /// Drops versions that were superseded at or before `floor`; reads below it are refused from then on. Answers how
    /// many rows went.
    ///
    /// # Errors
    ///
    /// [`Error::NotYet`] if `floor` is after the head; [`Error::ReadOnly`], [`Error::Closed`], [`Error::Backend`].
    pub async fn compact(&self, floor: Revision) -> Result<u64> {
        let head = self.head();
        if floor > head {
            return Err(Error::NotYet { asked: floor, head });
        }
        let mut dropped = 0_u64;
        loop {
            let swept = self.ask(|reply| Job::Compact(floor, reply)).await?;
            dropped = dropped.saturating_add(swept.dropped);
            if swept.is_done {
                return Ok(dropped);
            }
        }
    }

    /// Finishes what is queued, writes the notes and releases the backend's writing side. Later commits are refused.
    pub async fn close(self) {
        let Some(writer) = self.writer else { return };
        let (sent, done) = oneshot::channel();
        // Joining a thread blocks, so a thread does it.
        let waiter = std::thread::Builder::new().name("store-close".to_owned()).spawn(move || {
            writer.close();
            let _ = sent.send(());
        });
        if waiter.is_ok() {
            let _ = done.await;
        }
    }

    pub(crate) fn is_writable(&self) -> bool {
        self.writer.is_some()
    }

    /// The backend, once its reads find everything up to the head.
    pub(crate) async fn backend(&self) -> Result<&dyn Backend> {
        self.shared.settled_backend().await
    }

    pub(crate) fn check(&self) -> Result<()> {
        self.lease.as_ref().map_or(Ok(()), Lease::check)
    }

    fn snapshot(&self, at: Revision, footprint: Footprint) -> Snapshot {
        Snapshot::new(Arc::clone(&self.shared), at, footprint, self.lease.clone())
    }

    fn queue(&self) -> Option<Queue> {
        self.writer.as_ref().map(|writer| writer.queue.clone())
    }

    pub(crate) async fn ask<T>(&self, job: impl FnOnce(oneshot::Sender<Result<T>>) -> Job) -> Result<T> {
        self.check()?;
        let writer = self.writer.as_ref().ok_or(Error::ReadOnly)?;
        let (reply, answer) = oneshot::channel();
        writer.queue.send(job(reply))?;
        answer.await.map_err(|_| Error::Closed)?
    }
}

async fn share(
    backend: Arc<dyn Backend>,
    clock: Arc<dyn Clock>,
    sizes: Sizes,
) -> Result<(Arc<Shared>, State)> {
    let state = backend.state().await?;
    let shared = Shared::new(backend, clock, &state, sizes);
    Ok((Arc::new(shared), state))
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("head", &self.head()).finish_non_exhaustive()
    }
}
