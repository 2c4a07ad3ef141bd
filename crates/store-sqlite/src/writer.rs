//! The writing side: a batch is durable in the log of commits, and then comes to the tables, one transaction each.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};
use store::backend::{Batch, Kept, Presence, SecretChange, Swept, Writer};
use store::{Commit, Error, Kind, Result, Revision};

use crate::compaction::Cursor;
use crate::directory::DataDirectory;
use crate::log::{Appended, CommitLog};
use crate::rows::{self, micros, number, sql};
use crate::{compaction, declared, schema};

/// The writing side of a data directory. It holds the directory's lock.
pub(crate) struct SqliteWriter {
    connection: Connection,
    log: CommitLog,
    /// The number of the last batch in the log or in the tables.
    last: u64,
    /// What is in the log, but not in the tables yet.
    pending: Vec<Arc<Batch>>,
    /// Whether the tables have refused what is pending: nothing is committed on top of it.
    is_stuck: bool,
    compaction: Cursor,
    /// Dropped after the connection, so that nobody opens the database before it is closed.
    _directory: DataDirectory,
}

impl SqliteWriter {
    pub(crate) fn open(directory: DataDirectory) -> Result<Self> {
        let connection = schema::open_for_writing(&directory.database())?;
        let logged = schema::logged(&connection)?.ok_or_else(|| Error::damaged("the store has no log"))?;
        let log = CommitLog::open(directory.log(), logged.id)?;
        let left = log.after(logged.last)?;
        let last = left.last().map_or(logged.last, |(last, _)| *last);
        let writer = Self {
            connection,
            log,
            last,
            pending: Vec::new(),
            is_stuck: false,
            compaction: Cursor::default(),
            _directory: directory,
        };
        // INVARIANT: the tables are synced before the log begins anew, even where they hold all of it: a killed process
        // leaves them written, not synced.
        writer.synced(|connection| write_batches(connection, left.iter().map(|(_, batch)| batch), last))?;
        Ok(writer)
    }

    /// Runs `write` in a transaction that is on disk when this returns, with everything before it, or leaves no trace.
    fn synced<T>(&self, write: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        schema::synced(&self.connection, |connection| atomically(connection, write))
    }
}

/// Runs `write` in a transaction that is kept when this returns, or leaves no trace.
fn atomically<T>(connection: &Connection, write: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    // Dropped without `commit`, the transaction rolls back.
    let transaction =
        rusqlite::Transaction::new_unchecked(connection, rusqlite::TransactionBehavior::Immediate)
            .map_err(sql)?;
    let written = write(&transaction)?;
    transaction.commit().map_err(sql)?;
    Ok(written)
}

impl Writer for SqliteWriter {
    fn head(&mut self) -> Result<Revision> {
        self.log.check()?;
        match self.pending.iter().rev().find_map(|batch| batch.commits.last()) {
            Some(last) => Ok(last.revision),
            None => Ok(rows::head(&self.connection)?.0),
        }
    }

    fn count(&mut self, index: &str, partition: &str) -> Result<u64> {
        self.settle()?;
        let select = "SELECT count FROM counts WHERE idx = ?1 AND part = ?2";
        let mut statement = self.connection.prepare_cached(select).map_err(sql)?;
        let count =
            statement.query_row([index, partition], |row| row.get::<_, i64>(0)).optional().map_err(sql)?;
        Ok(count.map_or(0, i64::unsigned_abs))
    }

    fn consumed(&mut self, kind: &str, key: &str) -> Result<Option<Timestamp>> {
        self.settle()?;
        let select = "SELECT expires FROM consumed WHERE kind = ?1 AND key = ?2";
        let mut statement = self.connection.prepare_cached(select).map_err(sql)?;
        statement.query_row([kind, key], |row| rows::instant(row, 0)).optional().map_err(sql)
    }

    fn commit(&mut self, batch: &Arc<Batch>) -> Result<Kept> {
        if self.is_stuck || self.pending.len() >= MOST_PENDING {
            self.settle()?;
        }
        let number = self.last.saturating_add(1);
        match self.log.append(number, batch)? {
            Appended::Yes => {
                self.last = number;
                self.pending.push(Arc::clone(batch));
                Ok(Kept::Unsettled)
            }
            Appended::NoRoom => {
                // It goes to the tables at once, which are synced with everything that the log holds.
                let all = self.pending.iter().chain([batch]);
                self.synced(|connection| write_batches(connection, all, number))?;
                self.last = number;
                self.pending.clear();
                self.log.restart();
                Ok(Kept::Found)
            }
        }
    }

    fn settle(&mut self) -> Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.is_stuck = true;
        atomically(&self.connection, |connection| write_batches(connection, &self.pending, self.last))?;
        self.is_stuck = false;
        self.pending.clear();
        Ok(())
    }

    fn declare(&mut self, kinds: &[Kind]) -> Result<()> {
        self.settle()?;
        self.synced(|connection| declared::declare(connection, kinds))
    }

    fn compact(&mut self, floor: Revision) -> Result<Swept> {
        self.settle()?;
        let mut cursor = std::mem::take(&mut self.compaction);
        let swept = self.synced(|connection| compaction::step(connection, floor, &mut cursor))?;
        // A step that failed starts anew; so does the first one after the last.
        if !swept.is_done {
            self.compaction = cursor;
        }
        Ok(swept)
    }
}

/// Writes batches to the tables, which then hold all of them up to `last`.
fn write_batches<'b>(
    connection: &Connection,
    batches: impl IntoIterator<Item = &'b Arc<Batch>>,
    last: u64,
) -> Result<()> {
    let mut write = Statements::prepare(connection)?;
    // What replaces what an earlier batch wrote is written once.
    let (mut counts, mut anchor) = (BTreeMap::new(), None);
    for batch in batches {
        batch.commits.iter().try_for_each(|commit| write.commit(commit))?;
        counts.extend(batch.counts.iter().map(|count| ((&count.index, &count.partition), count)));
        anchor = batch.anchor.as_ref().or(anchor);
        write_volatile(connection, batch)?;
    }
    for count in counts.into_values() {
        let held = i64::try_from(count.count).map_err(Error::backend)?;
        execute(
            connection,
            "INSERT INTO counts (idx, part, count, revision) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (idx, part) DO UPDATE SET count = excluded.count, revision = excluded.revision",
            params![count.index, count.partition, held, number(count.revision)],
        )?;
    }
    let noted = "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    if let Some(anchor) = anchor {
        execute(connection, noted, params!["anchor", anchor])?;
    }
    execute(connection, noted, params!["logged", last.to_string()])?;
    Ok(())
}

/// The statements that most commits need, prepared once for many.
struct Statements<'c> {
    connection: &'c Connection,
    revision: CachedStatement<'c>,
    event: CachedStatement<'c>,
    record: CachedStatement<'c>,
    entry: CachedStatement<'c>,
}

impl<'c> Statements<'c> {
    fn prepare(connection: &'c Connection) -> Result<Self> {
        let prepare = |statement| connection.prepare_cached(statement).map_err(sql);
        Ok(Self {
            connection,
            revision: prepare(
                "INSERT INTO revisions (revision, instant, author, changes) VALUES (?1, ?2, ?3, ?4)",
            )?,
            event: prepare(
                "INSERT INTO events (sequence, id, previous, hash, event) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?,
            record: prepare("INSERT INTO records (kind, key, revision, value) VALUES (?1, ?2, ?3, ?4)")?,
            entry: prepare("INSERT INTO entries (idx, part, sort, key, added) VALUES (?1, ?2, ?3, ?4, ?5)")?,
        })
    }

    fn commit(&mut self, commit: &Commit) -> Result<()> {
        let revision = number(commit.revision);
        let names: Vec<(&str, &str)> =
            commit.changes.iter().map(|change| (&*change.kind, &*change.key)).collect();
        let names = serde_json::to_string(&names).map_err(Error::backend)?;
        let instant = commit.instant.as_microsecond();
        self.revision.execute(params![revision, instant, commit.author, names]).map_err(sql)?;
        let event = &commit.event;
        let sequence = i64::try_from(event.sequence).map_err(Error::backend)?;
        let (previous, hash) = (event.previous.to_string(), event.hash.to_string());
        self.event.execute(params![sequence, event.id, previous, hash, event.line]).map_err(sql)?;
        for change in &*commit.changes {
            let version = params![change.kind, change.key, revision, change.after];
            self.record.execute(version).map_err(sql)?;
        }
        for entry in &commit.entries {
            let place =
                params![entry.index, entry.partition, entry.position.sort, entry.position.key, revision];
            match entry.presence {
                Presence::Added => self.entry.execute(place).map_err(sql)?,
                // The commit stands already: an entry that somebody took away behind the store's back is for `verify` to tell.
                Presence::Removed => execute(
                    self.connection,
                    "UPDATE entries SET removed = ?5
                     WHERE idx = ?1 AND part = ?2 AND sort = ?3 AND key = ?4 AND removed IS NULL",
                    place,
                )?,
            };
        }
        commit.secrets.iter().try_for_each(|secret| write_secret(self.connection, secret))
    }
}

fn write_secret(connection: &Connection, secret: &SecretChange) -> Result<()> {
    match &secret.sealed {
        Some(sealed) => execute(
            connection,
            "INSERT INTO secrets (kind, key, sealed) VALUES (?1, ?2, ?3)
             ON CONFLICT (kind, key) DO UPDATE SET sealed = excluded.sealed",
            params![secret.kind, secret.key, sealed],
        )?,
        None => execute(
            connection,
            "DELETE FROM secrets WHERE kind = ?1 AND key = ?2",
            params![secret.kind, secret.key],
        )?,
    };
    Ok(())
}

/// Writes what has no revision.
fn write_volatile(connection: &Connection, batch: &Batch) -> Result<()> {
    if let Some(now) = batch.expired_before {
        let expired = "DELETE FROM consumed WHERE (kind, key) IN (SELECT kind, key FROM consumed WHERE expires <= ?1 LIMIT 200)";
        execute(connection, expired, [now.as_microsecond()])?;
    }
    for consumed in &batch.consumed {
        execute(
            connection,
            "INSERT INTO consumed (kind, key, expires) VALUES (?1, ?2, ?3)
             ON CONFLICT (kind, key) DO UPDATE SET expires = excluded.expires",
            params![consumed.kind, consumed.key, micros(consumed.expires)],
        )?;
    }
    for note in &batch.notes {
        execute(
            connection,
            "INSERT INTO notes (kind, key, value) VALUES (?1, ?2, ?3)
             ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value",
            params![note.kind, note.key, note.json],
        )?;
    }
    Ok(())
}

pub(crate) fn execute(
    connection: &Connection,
    statement: &str,
    values: impl rusqlite::Params,
) -> Result<usize> {
    connection.prepare_cached(statement).map_err(sql)?.execute(values).map_err(sql)
}

/// So many batches are brought to the tables before there are more.
const MOST_PENDING: usize = 256;
