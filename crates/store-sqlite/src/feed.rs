//! Reads along the sequence: revisions by instant, commits with their changes, versions of a record, audit events.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use store::backend::{Change, StoredEvent, Version};
use store::{Commit, Error, Kind, Result, Revision};

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
    changes_of(connection, revision, names)
}

/// How these records changed in a revision.
fn changes_of(
    connection: &Connection,
    revision: Revision,
    names: Vec<(Arc<str>, Arc<str>)>,
) -> Result<Arc<[Change]>> {
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

/// The keys of all entries that a place has or had: index, partition, sort.
pub(crate) fn ever(connection: &Connection, place: &[String; 3]) -> Result<Vec<String>> {
    let select = "SELECT DISTINCT key FROM entries WHERE idx = ?1 AND part = ?2 AND sort = ?3";
    let mut statement = connection.prepare_cached(select).map_err(sql)?;
    let keys = statement.query_map(rusqlite::params_from_iter(place), |row| row.get(0)).map_err(sql)?;
    keys.collect::<rusqlite::Result<_>>().map_err(sql)
}

/// The records of a name: by partition, and by their keys.
pub(crate) fn related(
    connection: &Connection,
    kinds: &[Kind],
    name: &str,
) -> Result<BTreeSet<(String, String)>> {
    let mut found = BTreeSet::new();
    let below = "SELECT DISTINCT key FROM records WHERE kind = ?1 AND (key = ?2 OR (key > ?3 AND key < ?4))";
    let of_partition = "SELECT DISTINCT key FROM entries WHERE idx = ?1 AND part = ?2";
    // The character after the slash ends what lies below a name.
    let (from, to) = (format!("{name}/"), format!("{name}0"));
    for kind in kinds {
        let mut add = |select: &str, values: &[&str]| {
            let mut statement = connection.prepare_cached(select).map_err(sql)?;
            let values = rusqlite::params_from_iter(values);
            let keys = statement.query_map(values, |row| row.get::<_, String>(0)).map_err(sql)?;
            for key in keys {
                found.insert((kind.name.to_owned(), key.map_err(sql)?));
            }
            Ok::<_, Error>(())
        };
        add(below, &[kind.name, name, &from, &to])?;
        kind.indexes.iter().try_for_each(|index| add(of_partition, &[index.name, name]))?;
    }
    Ok(found)
}

/// The commits after `after` that changed one of these records.
pub(crate) fn touching(
    connection: &Connection,
    records: BTreeSet<(String, String)>,
    after: Revision,
) -> Result<Vec<Commit>> {
    let _reading = rows::one_state(connection)?;
    let select = "SELECT revision FROM records WHERE kind = ?1 AND key = ?2 AND revision > ?3";
    let mut statement = connection.prepare_cached(select).map_err(sql)?;
    // Kind and key of each record that a commit changed.
    let mut by_revision = BTreeMap::<Revision, Vec<_>>::new();
    for (kind, key) in records {
        let revisions = statement
            .query_map(params![kind, key, number(after)], |row| rows::revision(row, 0))
            .map_err(sql)?;
        let (kind, key): (Arc<str>, Arc<str>) = (kind.into(), key.into());
        for revision in revisions {
            let names = by_revision.entry(revision.map_err(sql)?).or_default();
            names.push((Arc::clone(&kind), Arc::clone(&key)));
        }
    }
    let select = "SELECT r.instant, r.author, e.sequence, e.id, e.previous, e.hash, e.event
                  FROM revisions r JOIN events e ON e.sequence = r.revision WHERE r.revision = ?1";
    let mut statement = connection.prepare_cached(select).map_err(sql)?;
    let mut commits = Vec::with_capacity(by_revision.len());
    for (revision, names) in by_revision {
        let found = statement
            .query_row([number(revision)], |row| {
                Ok((rows::instant(row, 0)?, some_text(row, 1)?, stored_event(row, 2)?))
            })
            .optional();
        let (instant, author, event) = found
            .map_err(sql)?
            .ok_or_else(|| Error::damaged(format_args!("revision {revision} has no audit event")))?;
        let changes = changes_of(connection, revision, names)?;
        commits.push(Commit {
            revision,
            instant,
            author,
            event,
            changes,
            entries: Vec::new(),
            secrets: Vec::new(),
        });
    }
    Ok(commits)
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
