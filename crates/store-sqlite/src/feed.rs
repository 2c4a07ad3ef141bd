//! Reads along the sequence: revisions by instant, commits with their changes, versions of a record, audit events.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use store::backend::{Change, StoredEvent, Version};
use store::{Commit, Error, Result, Revision};

use crate::reader::rows_of;
use crate::rows::{self, number, some_text, sql, text};

/// The newest revision whose instant is not after `instant`: instants rise with revisions, so halving finds it.
pub(crate) fn revision_at(connection: &Connection, instant: Timestamp) -> Result<Revision> {
    let (head, newest) = rows::head(connection)?;
    if newest <= instant {
        return Ok(head);
    }
    let mut statement =
        connection.prepare_cached("SELECT instant FROM revisions WHERE revision = ?1").map_err(sql)?;
    // INVARIANT: `below` is not after the instant, `above` is.
    let (mut below, mut above) = (0, head.number());
    while above - below > 1 {
        let middle = below + (above - below) / 2;
        let at = statement
            .query_row([number(Revision::new(middle))], |row| rows::instant(row, 0))
            .optional()
            .map_err(sql)?;
        match at {
            Some(at) if at <= instant => below = middle,
            Some(_) => above = middle,
            None => return Err(Error::damaged(format_args!("revision {middle} is missing"))),
        }
    }
    Ok(Revision::new(below))
}

/// The commits after `after`, oldest first.
pub(crate) fn commits(connection: &Connection, after: Revision, limit: usize) -> Result<Vec<Commit>> {
    let _reading = rows::one_state(connection)?;
    let select =
        "SELECT r.revision, r.instant, r.author, r.changes, e.sequence, e.id, e.previous, e.hash, e.event
                  FROM revisions r LEFT JOIN events e ON e.sequence = r.revision
                  WHERE r.revision > ?1 ORDER BY r.revision LIMIT ?2";
    let mut statement = connection.prepare_cached(select).map_err(sql)?;
    let mut found = statement.query(params![number(after), rows_of(limit)]).map_err(sql)?;
    let mut commits = Vec::new();
    while let Some(row) = found.next().map_err(sql)? {
        let revision = rows::revision(row, 0).map_err(sql)?;
        let event = stored_event(row, 4)
            .map_err(|_| Error::damaged(format_args!("revision {revision} has no audit event")))?;
        commits.push(Commit {
            revision,
            instant: rows::instant(row, 1).map_err(sql)?,
            author: some_text(row, 2).map_err(sql)?,
            event,
            changes: changes(connection, revision, &some_text(row, 3).map_err(sql)?)?,
            entries: Vec::new(),
            secrets: Vec::new(),
        });
    }
    Ok(commits)
}

/// The changes of a revision, whose names are kept as JSON: `[["user","123456789012/AIDA…"], …]`.
fn changes(connection: &Connection, revision: Revision, names: &str) -> Result<Arc<[Change]>> {
    let names: Vec<(Arc<str>, Arc<str>)> = serde_json::from_str(names)
        .map_err(|error| Error::damaged(format_args!("the changes of revision {revision}: {error}")))?;
    let versions = "SELECT revision, value FROM records WHERE kind = ?1 AND key = ?2 AND revision <= ?3 ORDER BY revision DESC LIMIT 2";
    let mut statement = connection.prepare_cached(versions).map_err(sql)?;
    let mut changes = Vec::with_capacity(names.len());
    for (kind, key) in names {
        let mut found = statement.query(params![kind, key, number(revision)]).map_err(sql)?;
        let (mut before, mut after) = (None, None);
        while let Some(row) = found.next().map_err(sql)? {
            let is_own = rows::revision(row, 0).map_err(sql)? == revision;
            let value = text(row, 1).map_err(sql)?;
            if is_own {
                after = value;
            } else {
                before = value;
                break;
            }
        }
        changes.push(Change { kind, key, before, after });
    }
    Ok(changes.into())
}

/// Every kept version of a record.
pub(crate) fn versions(connection: &Connection, kind: &str, key: &str) -> Result<Vec<Version>> {
    let select =
        "SELECT v.revision, r.instant, r.author, v.value FROM records v JOIN revisions r USING (revision)
                  WHERE v.kind = ?1 AND v.key = ?2 ORDER BY v.revision";
    let mut statement = connection.prepare_cached(select).map_err(sql)?;
    let versions = statement.query_map([kind, key], |row| {
        let (revision, instant) = (rows::revision(row, 0)?, rows::instant(row, 1)?);
        Ok(Version { revision, instant, author: some_text(row, 2)?, text: text(row, 3)? })
    });
    versions.map_err(sql)?.collect::<rusqlite::Result<_>>().map_err(sql)
}

/// The audit events after this sequence number.
pub(crate) fn events(connection: &Connection, after: u64, limit: usize) -> Result<Vec<StoredEvent>> {
    let select = "SELECT sequence, id, previous, hash, event FROM events WHERE sequence > ?1 ORDER BY sequence LIMIT ?2";
    let mut statement = connection.prepare_cached(select).map_err(sql)?;
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let events = statement.query_map(params![after, rows_of(limit)], |row| stored_event(row, 0));
    events.map_err(sql)?.collect::<rusqlite::Result<_>>().map_err(sql)
}

fn stored_event(row: &Row<'_>, first: usize) -> rusqlite::Result<StoredEvent> {
    let hash = |column: usize| {
        let text = row.get_ref(column)?.as_str()?;
        text.parse().map_err(|_| {
            rusqlite::Error::InvalidColumnType(column, "hash".to_owned(), rusqlite::types::Type::Text)
        })
    };
    Ok(StoredEvent {
        sequence: rows::revision(row, first)?.number(),
        id: row.get(first + 1)?,
        previous: hash(first + 2)?,
        hash: hash(first + 3)?,
        line: some_text(row, first + 4)?,
    })
}
