//! Between SQLite's values and the store's.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row};
use store::{Error, Result, Revision};

/// A failure of SQLite.
pub(crate) fn sql(error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => {
            Error::damaged(error)
        }
        _ => Error::backend(error),
    }
}

/// A revision as SQLite keeps it.
pub(crate) fn number(revision: Revision) -> i64 {
    i64::try_from(revision.number()).unwrap_or(i64::MAX)
}

/// A revision from a column.
pub(crate) fn revision(row: &Row<'_>, column: usize) -> rusqlite::Result<Revision> {
    Ok(Revision::new(row.get::<_, i64>(column)?.unsigned_abs()))
}

/// A moment as SQLite keeps it: the next whole microsecond, so that nothing expires early.
pub(crate) fn micros(instant: Timestamp) -> i64 {
    let whole = instant.as_microsecond();
    let has_rest = instant.as_nanosecond() > i128::from(whole) * 1000;
    whole.saturating_add(i64::from(has_rest))
}

/// A moment from a column.
pub(crate) fn instant(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    let micros: i64 = row.get(column)?;
    Timestamp::from_microsecond(micros).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, micros))
}

/// A text from a column, shared; `None` for NULL.
pub(crate) fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Arc<str>>> {
    let value = row.get_ref(column)?;
    match value {
        ValueRef::Null => Ok(None),
        _ => Ok(Some(value.as_str()?.into())),
    }
}

/// A text from a column that is never NULL.
pub(crate) fn some_text(row: &Row<'_>, column: usize) -> rusqlite::Result<Arc<str>> {
    Ok(row.get_ref(column)?.as_str()?.into())
}

/// The value of a named setting of the store.
pub(crate) fn meta(connection: &Connection, name: &str) -> Result<Option<Arc<str>>> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE name = ?1").map_err(sql)?;
    statement.query_row([name], |row| some_text(row, 0)).optional().map_err(sql)
}

/// The newest revision and its instant.
pub(crate) fn head(connection: &Connection) -> Result<(Revision, Timestamp)> {
    let newest = "SELECT revision, instant FROM revisions ORDER BY revision DESC LIMIT 1";
    let mut statement = connection.prepare_cached(newest).map_err(sql)?;
    let head =
        statement.query_row([], |row| Ok((revision(row, 0)?, instant(row, 1)?))).optional().map_err(sql)?;
    Ok(head.unwrap_or((Revision::ZERO, Timestamp::UNIX_EPOCH)))
}

/// Makes the reads of a connection see one state until the answer is dropped; a pinned connection does so anyway.
pub(crate) fn one_state(connection: &Connection) -> Result<Option<rusqlite::Transaction<'_>>> {
    if connection.is_autocommit() {
        connection.unchecked_transaction().map(Some).map_err(sql)
    } else {
        Ok(None)
    }
}
