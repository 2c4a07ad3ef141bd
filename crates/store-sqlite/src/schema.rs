//! The tables, and how a connection is set up.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension};
use store::{Error, Result};

use crate::rows::{meta, sql};

/// Opens the connection that writes, and creates the tables if there are none.
pub(crate) fn open_for_writing(file: &Path) -> Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).map_err(sql)?;
    set_up(&connection)?;
    // NORMAL: SQLite syncs when it writes its log back. What is not synced by then stands in the log of commits.
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;
             PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -2048;",
        )
        .map_err(sql)?;
    check(&connection, "journal_mode", "wal")?;
    check(&connection, "synchronous", "1")?;
    if version(&connection)?.is_none() {
        synced(&connection, |connection| {
            connection.execute_batch(&format!("BEGIN IMMEDIATE; {TABLES} COMMIT;")).map_err(sql)
        })?;
    }
    check_version(&connection)?;
    if logged(&connection)?.is_none() {
        synced(&connection, |connection| connection.execute_batch(HAS_LOG).map_err(sql))?;
    }
    Ok(connection)
}

/// Runs `write`, whose commits sync SQLite's log, and with it everything that was committed before.
pub(crate) fn synced<T>(connection: &Connection, write: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    connection.execute_batch("PRAGMA synchronous = FULL").map_err(sql)?;
    check(connection, "synchronous", "2")?;
    let written = write(connection);
    connection.execute_batch("PRAGMA synchronous = NORMAL").map_err(sql)?;
    written
}

/// Where the tables stand: the id of the log of commits that belongs to them, and the number of the last commit in it
/// that they hold. `None` of a store that has had no log yet.
pub(crate) fn logged(connection: &Connection) -> Result<Option<Logged>> {
    let number = |name: &str| -> Result<Option<u64>> {
        let Some(text) = meta(connection, name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| Error::damaged(format_args!("`{name}` is no number")))
    };
    Ok(match (number("log")?, number("logged")?) {
        (Some(id), Some(last)) => Some(Logged { id, last }),
        _ => None,
    })
}

/// Where the tables stand beside their log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Logged {
    /// The id of the log.
    pub(crate) id: u64,
    /// The number of the last commit that the tables hold.
    pub(crate) last: u64,
}

/// Opens a connection that reads.
pub(crate) fn open_for_reading(file: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).map_err(sql)?;
    set_up(&connection)?;
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -512;").map_err(sql)?;
    check_version(&connection)?;
    Ok(connection)
}

fn set_up(connection: &Connection) -> Result<()> {
    connection.busy_timeout(PATIENCE).map_err(sql)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

fn check(connection: &Connection, pragma: &str, expected: &str) -> Result<()> {
    let value: rusqlite::types::Value =
        connection.pragma_query_value(None, pragma, |row| row.get(0)).map_err(sql)?;
    let value = match value {
        rusqlite::types::Value::Integer(number) => number.to_string(),
        rusqlite::types::Value::Text(text) => text,
        other => format!("{other:?}"),
    };
    if value == expected {
        return Ok(());
    }
    Err(Error::backend(format_args!("the file system does not allow `{pragma} = {expected}`: it is {value}")))
}

fn check_version(connection: &Connection) -> Result<()> {
    match version(connection)?.as_deref() {
        Some(VERSION | UNLOGGED | UNDECLARED) => Ok(()),
        Some(other) => Err(Error::damaged(format_args!(
            "the store has format {other}; this program reads format {VERSION}"
        ))),
        None => Err(Error::damaged("the file is not a store")),
    }
}

fn version(connection: &Connection) -> Result<Option<String>> {
    let has_tables: bool = connection
        .query_row("SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'meta')", [], |row| row.get(0))
        .map_err(sql)?;
    if !has_tables {
        return Ok(None);
    }
    connection
        .query_row("SELECT value FROM meta WHERE name = 'format'", [], |row| row.get(0))
        .optional()
        .map_err(sql)
}

/// How long a connection waits for another process that holds the file for a moment.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// More than there are statements.
const STATEMENTS: usize = 64;

/// The format of a store with a log of commits, without which what was committed last may be missing.
pub(crate) const VERSION: &str = "3";

/// The format of a store without one, which tells which indexes it keeps, so that a program which knows fewer of them does
/// not write.
const UNLOGGED: &str = "2";

/// The format of a store whose indexes nobody has declared yet: as it was before it told, and as it is when it is new.
const UNDECLARED: &str = "1";

/// Names the log that is made beside the tables.
const HAS_LOG: &str = "
    BEGIN IMMEDIATE;
    INSERT OR REPLACE INTO meta VALUES ('log', CAST(random() & 9223372036854775807 AS TEXT)), ('logged', '0');
    COMMIT;
";

/// Instants are microseconds since 1970. A record's `value` is NULL where it was deleted. An entry is live from
/// `added` until before `removed`. `counts.revision` is the last revision that changed the count.
const TABLES: &str = "
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    INSERT INTO meta VALUES ('format', '1'), ('floor', '0');
    CREATE TABLE revisions (
        revision INTEGER PRIMARY KEY, instant INTEGER NOT NULL, author TEXT NOT NULL, changes TEXT NOT NULL);
    CREATE TABLE events (
        sequence INTEGER PRIMARY KEY, id TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL, event TEXT NOT NULL);
    CREATE TABLE records (
        kind TEXT NOT NULL, key TEXT NOT NULL, revision INTEGER NOT NULL, value TEXT,
        PRIMARY KEY (kind, key, revision)) WITHOUT ROWID;
    CREATE TABLE entries (
        idx TEXT NOT NULL, part TEXT NOT NULL, sort TEXT NOT NULL, key TEXT NOT NULL,
        added INTEGER NOT NULL, removed INTEGER,
        PRIMARY KEY (idx, part, sort, key, added)) WITHOUT ROWID;
    CREATE TABLE counts (
        idx TEXT NOT NULL, part TEXT NOT NULL, count INTEGER NOT NULL, revision INTEGER NOT NULL,
        PRIMARY KEY (idx, part)) WITHOUT ROWID;
    CREATE TABLE secrets (
        kind TEXT NOT NULL, key TEXT NOT NULL, sealed TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID;
    CREATE TABLE consumed (
        kind TEXT NOT NULL, key TEXT NOT NULL, expires INTEGER NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID;
    CREATE INDEX consumed_by_expiry ON consumed (expires);
    CREATE TABLE notes (
        kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID;
";
