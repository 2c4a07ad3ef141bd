//! The writing side: one connection, one transaction a batch.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use store::backend::{Batch, EntryChange, Presence, Swept, Writer};
use store::{Commit, Error, Kind, Result, Revision};

use crate::compaction::Cursor;
use crate::directory::DataDirectory;
use crate::rows::{self, micros, number, sql};
use crate::{compaction, declared, schema};

/// The writing side of a data directory. It holds the directory's lock.
pub(crate) struct SqliteWriter {
    connection: Connection,
    compaction: Cursor,
    /// Dropped after the connection, so that nobody opens the database before it is closed.
    _directory: DataDirectory,
}

impl SqliteWriter {
    pub(crate) fn open(directory: DataDirectory) -> Result<Self> {
        let connection = schema::open_for_writing(&directory.database())?;
        Ok(Self { connection, compaction: Cursor::default(), _directory: directory })
    }

    /// Runs `write` in a transaction that is on disk when this returns, or leaves no trace.
    fn atomically<T>(&mut self, write: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        // Dropped without `commit`, the transaction rolls back.
        let transaction = self
            .connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
            .map_err(sql)?;
        let written = write(&transaction)?;
        transaction.commit().map_err(sql)?;
        Ok(written)
    }
}

impl Writer for SqliteWriter {
    fn head(&mut self) -> Result<Revision> {
        Ok(rows::head(&self.connection)?.0)
    }

    fn count(&mut self, index: &str, partition: &str) -> Result<u64> {
        let select = "SELECT count FROM counts WHERE idx = ?1 AND part = ?2";
        let mut statement = self.connection.prepare_cached(select).map_err(sql)?;
        let count =
            statement.query_row([index, partition], |row| row.get::<_, i64>(0)).optional().map_err(sql)?;
        Ok(count.map_or(0, i64::unsigned_abs))
    }

    fn consumed(&mut self, kind: &str, key: &str) -> Result<Option<Timestamp>> {
        let select = "SELECT expires FROM consumed WHERE kind = ?1 AND key = ?2";
        let mut statement = self.connection.prepare_cached(select).map_err(sql)?;
        statement.query_row([kind, key], |row| rows::instant(row, 0)).optional().map_err(sql)
    }

    fn commit(&mut self, batch: &Batch) -> Result<()> {
        self.atomically(|connection| {
            for commit in &batch.commits {
                write_commit(connection, commit)?;
            }
            write_rest(connection, batch)
        })
    }

    fn declare(&mut self, kinds: &[Kind]) -> Result<()> {
        self.atomically(|connection| declared::declare(connection, kinds))
    }

    fn compact(&mut self, floor: Revision) -> Result<Swept> {
        let mut cursor = std::mem::take(&mut self.compaction);
        let swept = self.atomically(|connection| compaction::step(connection, floor, &mut cursor))?;
        // A step that failed starts anew; so does the first one after the last.
        if !swept.is_done {
            self.compaction = cursor;
        }
        Ok(swept)
    }
}

fn write_commit(connection: &Connection, commit: &Commit) -> Result<()> {
    let revision = number(commit.revision);
    let names: Vec<(&str, &str)> =
        commit.changes.iter().map(|change| (&*change.kind, &*change.key)).collect();
    let names = serde_json::to_string(&names).map_err(Error::backend)?;
    execute(
        connection,
        "INSERT INTO revisions (revision, instant, author, changes) VALUES (?1, ?2, ?3, ?4)",
        params![revision, commit.instant.as_microsecond(), commit.author, names],
    )?;
    let event = &commit.event;
    let sequence = i64::try_from(event.sequence).map_err(Error::backend)?;
    execute(
        connection,
        "INSERT INTO events (sequence, id, previous, hash, event) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![sequence, event.id, event.previous.to_string(), event.hash.to_string(), event.line],
    )?;
    for change in &*commit.changes {
        execute(
            connection,
            "INSERT INTO records (kind, key, revision, value) VALUES (?1, ?2, ?3, ?4)",
            params![change.kind, change.key, revision, change.after],
        )?;
    }
    for entry in &commit.entries {
        write_entry(connection, revision, entry)?;
    }
    for secret in &commit.secrets {
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
    }
    Ok(())
}

fn write_entry(connection: &Connection, revision: i64, entry: &EntryChange) -> Result<()> {
    let place = params![entry.index, entry.partition, entry.position.sort, entry.position.key, revision];
    match entry.presence {
        Presence::Added => execute(
            connection,
            "INSERT INTO entries (idx, part, sort, key, added) VALUES (?1, ?2, ?3, ?4, ?5)",
            place,
        )?,
        Presence::Removed => {
            let gone = "UPDATE entries SET removed = ?5 WHERE idx = ?1 AND part = ?2 AND sort = ?3 AND key = ?4 AND removed IS NULL";
            let removed = execute(connection, gone, place)?;
            if removed != 1 {
                return Err(Error::damaged(format_args!(
                    "{removed} live entries of `{}` in `{}`",
                    entry.position.key, entry.index
                )));
            }
            removed
        }
    };
    Ok(())
}

fn write_rest(connection: &Connection, batch: &Batch) -> Result<()> {
    for count in &batch.counts {
        let held = i64::try_from(count.count).map_err(Error::backend)?;
        execute(
            connection,
            "INSERT INTO counts (idx, part, count, revision) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (idx, part) DO UPDATE SET count = excluded.count, revision = excluded.revision",
            params![count.index, count.partition, held, number(count.revision)],
        )?;
    }
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
    if let Some(anchor) = &batch.anchor {
        execute(
            connection,
            "INSERT INTO meta (name, value) VALUES ('anchor', ?1) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            params![anchor],
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
