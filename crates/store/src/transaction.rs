//! Transactions: reads at one revision, writes on top of them, one commit.

mod overlay;

use std::sync::Arc;

use tokio::sync::oneshot;

use self::overlay::{Overlay, Write};
use crate::audit::AuditEvent;
use crate::authority::Authority;
use crate::backend::{Change, Lookup, SecretChange};
use crate::error::{Error, Result};
use crate::footprint::Footprint;
use crate::page::{Page, Range};
use crate::record::{self, IndexEntry, IndexSpec, Record, RecordKey};
use crate::revision::{Committed, Revision};
use crate::snapshot::{self, Snapshot};
use crate::writer::{Job, Limit, Prepared, Queue};

/// Reads at one revision and writes on top of them. Serialisable: it commits only if nothing it read has changed since.
///
/// Dropping it without [`commit`](Self::commit) leaves no trace.
pub struct Transaction {
    snapshot: Snapshot,
    authority: Authority,
    queue: Option<Queue>,
    overlay: Overlay,
    secrets: Vec<SecretChange>,
    limits: Vec<Limit>,
}

impl Transaction {
    pub(crate) fn new(snapshot: Snapshot, authority: Authority, queue: Option<Queue>) -> Self {
        Self {
            snapshot,
            authority,
            queue,
            overlay: Overlay::default(),
            secrets: Vec::new(),
            limits: Vec::new(),
        }
    }

    /// The revision that this transaction reads at.
    pub fn revision(&self) -> Revision {
        self.snapshot.revision()
    }

    /// What was read through this transaction so far.
    pub fn footprint(&self) -> Footprint {
        self.snapshot.footprint()
    }

    /// The author that the history will show.
    pub fn author(&self) -> &str {
        self.authority.author()
    }

    /// The record with this key, as this transaction has left it.
    ///
    /// # Errors
    ///
    /// As [`Snapshot::get`].
    pub async fn get<R: Record>(&self, key: &R::Key) -> Result<Option<Arc<R>>> {
        self.get_path(&key.path()).await
    }

    /// The record at this entry of a unique index, as this transaction has left it.
    ///
    /// # Errors
    ///
    /// As [`Snapshot::find`].
    pub async fn find<R: Record>(
        &self,
        index: &IndexSpec,
        partition: &str,
        sort: &str,
    ) -> Result<Option<Arc<R>>> {
        snapshot::check_unique::<R>(index)?;
        if let Some(key) = self.overlay.added_at(index.name, partition, sort) {
            return self.get_path(key).await;
        }
        let Some(key) = self.snapshot.key_at(index, partition, sort).await? else { return Ok(None) };
        if self.overlay.is_removed(index.name, partition, sort, &key) {
            return Ok(None);
        }
        self.get_path(&key).await
    }

    /// A page of a partition, as this transaction has left it.
    ///
    /// # Errors
    ///
    /// As [`Snapshot::scan`].
    pub async fn scan<R: Record>(
        &self,
        index: &IndexSpec,
        partition: &str,
        range: Range,
        limit: usize,
    ) -> Result<Page<R>> {
        record::check_index::<R>(index)?;
        if !self.overlay.has_entries_in(index.name, partition) && !self.overlay.has_kind(R::KIND) {
            return self.snapshot.scan(index, partition, range, limit).await;
        }
        let limit = limit.max(1);
        // Enough places that as many as are removed here may be missing.
        let wanted = limit.saturating_add(1).saturating_add(self.overlay.removed_in(index.name, partition));
        let base = self.snapshot.places(index, partition, &range, wanted).await?;
        let merged = self.overlay.merge(index.name, partition, &range, &base, base.len() < wanted);
        let (shown, next) = snapshot::split(&merged, limit);
        let mut items = Vec::with_capacity(shown.len());
        for place in shown {
            let record = self.get_path::<R>(&place.key).await?;
            items.push(record.ok_or_else(|| {
                Error::damaged(format_args!("`{}` names `{}`, which is not there", index.name, place.key))
            })?);
        }
        Ok(Page { items, next })
    }

    /// Every record of a partition, in order, as this transaction has left it.
    ///
    /// # Errors
    ///
    /// As [`Snapshot::all`].
    pub async fn all<R: Record>(&self, index: &IndexSpec, partition: &str) -> Result<Vec<Arc<R>>> {
        let mut items = Vec::new();
        let mut range = Range::all();
        loop {
            let page = self.scan::<R>(index, partition, range, 500).await?;
            items.extend(page.items);
            if page.next.is_none() {
                return Ok(items);
            }
            range = Range::all().after(page.next);
        }
    }

    /// How many entries a partition has, as this transaction has left it. Not part of the footprint.
    ///
    /// # Errors
    ///
    /// As [`Snapshot::count`].
    pub async fn count(&self, index: &IndexSpec, partition: &str) -> Result<u64> {
        let base = self.snapshot.count(index, partition).await?;
        let (added, removed) =
            (self.overlay.added_in(index.name, partition), self.overlay.removed_in(index.name, partition));
        Ok(base.saturating_add(added as u64).saturating_sub(removed as u64))
    }

    /// A secret, as this transaction has left it.
    ///
    /// # Errors
    ///
    /// As [`Snapshot::secret`].
    pub async fn secret(&self, kind: &'static str, key: &str) -> Result<Option<Arc<str>>> {
        match self.secrets.iter().rev().find(|change| change.kind == kind && change.key == key) {
            Some(change) => Ok(change.sealed.clone()),
            None => self.snapshot.secret(kind, key).await,
        }
    }

    /// Writes a new record, and answers it as it is shared from now on.
    ///
    /// # Errors
    ///
    /// [`Error::AlreadyExists`] if the key or one of the record's entries in a unique index is taken. A race for one of
    /// them ends as [`Error::Conflict`] at the commit.
    pub async fn insert<R: Record>(&mut self, record: R) -> Result<Arc<R>> {
        let path = record.key().path().into_owned();
        let entries = record::checked_entries(&record)?;
        self.probe::<R>(&path, &entries).await?;
        if self.get_path::<R>(&path).await?.is_some() {
            return Err(Error::AlreadyExists { kind: R::KIND, index: None, at: path });
        }
        self.write(path, record, entries).await
    }

    /// Writes a record in place of the one with its key, if there is one.
    ///
    /// # Errors
    ///
    /// [`Error::AlreadyExists`] if one of the record's entries in a unique index belongs to another record.
    pub async fn put<R: Record>(&mut self, record: R) -> Result<Arc<R>> {
        let path = record.key().path().into_owned();
        let entries = record::checked_entries(&record)?;
        self.probe::<R>(&path, &entries).await?;
        self.write(path, record, entries).await
    }

    /// Deletes a record, and answers what it was.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is none with this key.
    pub async fn delete<R: Record>(&mut self, key: &R::Key) -> Result<Arc<R>> {
        let path = key.path().into_owned();
        let Some(record) = self.get_path::<R>(&path).await? else {
            return Err(Error::NotFound { kind: R::KIND, key: path });
        };
        let before = self.before::<R>(&path).await?;
        self.overlay.write(R::KIND, path, Write::delete(before));
        Ok(record)
    }

    /// Puts a sealed secret beside the records. It has no history, and replaces what was there.
    pub fn put_secret(&mut self, kind: &'static str, key: impl Into<String>, sealed: impl Into<Arc<str>>) {
        self.secrets.push(SecretChange { kind: kind.into(), key: key.into(), sealed: Some(sealed.into()) });
    }

    /// Shreds a secret, if it is there.
    pub fn delete_secret(&mut self, kind: &'static str, key: impl Into<String>) {
        self.secrets.push(SecretChange { kind: kind.into(), key: key.into(), sealed: None });
    }

    /// Makes the commit fail with [`Error::LimitExceeded`] if the partition would have more than `limit` entries then.
    /// Commits that only share the partition do not conflict by this.
    pub fn require_at_most(&mut self, index: &IndexSpec, partition: impl Into<String>, limit: u64) {
        self.limits.push(Limit { index: index.name, partition: partition.into(), limit });
    }

    /// Commits the writes and the audit event together. When this returns, they are on disk and in force everywhere.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`]: run the whole transaction again. [`Error::LimitExceeded`]. [`Error::ReadOnly`],
    /// [`Error::Closed`], [`Error::Backend`]: nothing was committed, unless the message says that it is unknown.
    pub async fn commit(self, event: AuditEvent) -> Result<Committed> {
        self.snapshot.check()?;
        let Some(queue) = self.queue else { return Err(Error::ReadOnly) };
        let shared = Arc::clone(&self.snapshot.shared);
        let points = &shared.points;
        let (writes, entries) = self.overlay.into_parts();
        let mut touches = Vec::with_capacity(writes.len() + entries.len() * 2 + self.secrets.len());
        touches.extend(writes.iter().map(|write| points.record(write.kind, &write.path)));
        for entry in &entries {
            touches.push(points.entry(&entry.index, &entry.partition, &entry.position.sort));
            touches.push(points.partition(&entry.index, &entry.partition));
        }
        touches.extend(self.secrets.iter().map(|change| points.secret(&change.kind, &change.key)));
        let changes = writes.iter().filter(|write| !write.is_idle()).map(|write| write.change());
        let changes: Arc<[Change]> = changes.collect();
        let (reply, answer) = oneshot::channel();
        let prepared = Prepared {
            read_at: self.snapshot.revision(),
            footprint: self.snapshot.footprint(),
            changes,
            entries,
            secrets: self.secrets,
            touches,
            limits: self.limits,
            author: self.authority.author().into(),
            line: event.encode().into(),
            event_id: event.id,
            touches_everything: false,
        };
        queue.send(Job::Commit(Box::new(prepared), reply))?;
        let committed = answer.await.map_err(|_| Error::Closed)??;
        for write in writes {
            write.hold(&shared, committed.revision);
        }
        Ok(committed)
    }

    /// Reads what an insert or put will ask for, in one go, into the cache.
    async fn probe<R: Record>(&self, path: &str, entries: &[IndexEntry]) -> Result<()> {
        let snapshot = &self.snapshot;
        snapshot.check()?;
        let mut asked = Vec::with_capacity(1 + entries.len());
        let is_own = self.overlay.get(R::KIND, path).is_some();
        if !is_own && snapshot.held::<R>(path)?.is_none() {
            asked.push(Lookup::Record { kind: R::KIND, key: path.to_owned() });
        }
        let asks_record = !asked.is_empty();
        let mut unheld = Vec::new();
        for entry in entries.iter().filter(|entry| entry.index.unique) {
            if snapshot.held_entry(&entry.index, &entry.partition, &entry.sort).is_none() {
                unheld.push(entry);
                asked.push(Lookup::Entry {
                    index: entry.index.name,
                    partition: entry.partition.clone(),
                    sort: entry.sort.clone(),
                });
            }
        }
        if asked.is_empty() {
            return Ok(());
        }
        let mut answers = snapshot.lookup(asked).await?.into_iter();
        if asks_record {
            snapshot.hold::<R>(path, answers.next().flatten())?;
        }
        for (entry, key) in unheld.into_iter().zip(answers) {
            snapshot.hold_entry(&entry.index, &entry.partition, &entry.sort, key);
        }
        Ok(())
    }

    async fn write<R: Record>(
        &mut self,
        path: String,
        record: R,
        entries: Vec<IndexEntry>,
    ) -> Result<Arc<R>> {
        record::check_text(&path)?;
        if path.is_empty() {
            return Err(Error::Misuse(format!("the key of a `{}` is empty", R::KIND)));
        }
        for entry in entries.iter().filter(|entry| entry.index.unique) {
            let taken = match self.overlay.added_at(entry.index.name, &entry.partition, &entry.sort) {
                Some(key) => key != path,
                None => match self.snapshot.key_at(&entry.index, &entry.partition, &entry.sort).await? {
                    Some(key) => {
                        *key != *path
                            && !self.overlay.is_removed(entry.index.name, &entry.partition, &entry.sort, &key)
                    }
                    None => false,
                },
            };
            if taken {
                let at = format!("{}/{}", entry.partition, entry.sort);
                return Err(Error::AlreadyExists { kind: R::KIND, index: Some(entry.index.name), at });
            }
        }
        let before = self.before::<R>(&path).await?;
        let text = record::encode(&record)?;
        let record = Arc::new(record);
        self.overlay.write(R::KIND, path, Write::put(before, Arc::clone(&record), text, entries));
        Ok(record)
    }

    /// The record as it was before this transaction: its text and its entries.
    async fn before<R: Record>(&self, path: &str) -> Result<Option<(Arc<str>, Vec<IndexEntry>)>> {
        if let Some(write) = self.overlay.get(R::KIND, path) {
            return Ok(write.before.clone());
        }
        match self.snapshot.get_path::<R>(path).await? {
            None => Ok(None),
            Some(record) => Ok(Some((record::encode(&*record)?, record::checked_entries(&*record)?))),
        }
    }

    async fn get_path<R: Record>(&self, path: &str) -> Result<Option<Arc<R>>> {
        match self.overlay.get(R::KIND, path) {
            Some(write) => write.record::<R>(),
            None => self.snapshot.get_path(path).await,
        }
    }
}

impl std::fmt::Debug for Transaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transaction")
            .field("at", &self.revision())
            .field("author", &self.author())
            .finish_non_exhaustive()
    }
}
