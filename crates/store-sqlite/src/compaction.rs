//! Compaction, step by step: what was superseded at or before the floor goes.

use rusqlite::{Connection, params};
use store::backend::Swept;
use store::{Result, Revision};

use crate::rows::{number, sql};
use crate::writer::execute;

/// Where the next step begins.
#[derive(Debug, Default)]
pub(crate) struct Cursor {
    /// The version to look at first; `None` once all versions have been looked at.
    versions: Progress<(String, String, i64)>,
    entries: Progress<EntryKey>,
}

/// (index, partition, sort, key, added)
type EntryKey = (String, String, String, String, i64);

/// How far one table has been looked through, by its primary key.
#[derive(Debug, Default)]
enum Progress<K> {
    #[default]
    Begin,
    From(K),
    Done,
}

/// Looks at some rows, and drops those that no read at or after `floor` can see.
pub(crate) fn step(connection: &Connection, floor: Revision, cursor: &mut Cursor) -> Result<Swept> {
    execute(
        connection,
        "UPDATE meta SET value = max(CAST(value AS INTEGER), ?1) WHERE name = 'floor'",
        [number(floor)],
    )?;
    let dropped = match (&cursor.versions, &cursor.entries) {
        (Progress::Begin | Progress::From(_), _) => step_versions(connection, floor, cursor)?,
        (Progress::Done, _) => step_entries(connection, floor, cursor)?,
    };
    let is_done = matches!((&cursor.versions, &cursor.entries), (Progress::Done, Progress::Done));
    Ok(Swept { dropped, is_done })
}

/// A version goes if a newer one is not after the floor, or if it is a deletion: what it deleted goes before it.
fn step_versions(connection: &Connection, floor: Revision, cursor: &mut Cursor) -> Result<u64> {
    let (kind, key, revision) = match std::mem::take(&mut cursor.versions) {
        Progress::From(place) => place,
        Progress::Begin | Progress::Done => Default::default(),
    };
    let select = "SELECT kind, key, revision, value IS NULL FROM records
                  WHERE (kind, key, revision) >= (?1, ?2, ?3) AND revision <= ?4
                  ORDER BY kind, key, revision LIMIT ?5";
    let mut statement = connection.prepare_cached(select).map_err(sql)?;
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    let rows = statement.query_map(params![kind, key, revision, number(floor), STEP], read).map_err(sql)?;
    let rows: Vec<(String, String, i64, bool)> = rows.collect::<rusqlite::Result<_>>().map_err(sql)?;
    let is_rest = rows.len() < usize::try_from(STEP).unwrap_or(usize::MAX);
    let mut dropped = 0;
    let mut rest = rows.into_iter().peekable();
    while let Some((kind, key, revision, is_deletion)) = rest.next() {
        let is_superseded = rest.peek().is_some_and(|(k, n, _, _)| *k == kind && *n == key);
        if is_superseded || is_deletion {
            let gone = "DELETE FROM records WHERE kind = ?1 AND key = ?2 AND revision = ?3";
            dropped += execute(connection, gone, params![kind, key, revision])? as u64;
        }
        if rest.peek().is_none() && !is_rest {
            // The last row's successor has not been seen yet, so the next step begins with it.
            cursor.versions = Progress::From((kind, key, revision));
            return Ok(dropped);
        }
    }
    cursor.versions = Progress::Done;
    Ok(dropped)
}

fn step_entries(connection: &Connection, floor: Revision, cursor: &mut Cursor) -> Result<u64> {
    let (index, partition, sort, key, added) = match std::mem::take(&mut cursor.entries) {
        Progress::From(place) => place,
        Progress::Begin | Progress::Done => Default::default(),
    };
    let select = "SELECT idx, part, sort, key, added, removed FROM entries
                  WHERE (idx, part, sort, key, added) > (?1, ?2, ?3, ?4, ?5)
                  ORDER BY idx, part, sort, key, added LIMIT ?6";
    let mut statement = connection.prepare_cached(select).map_err(sql)?;
    let read = |row: &rusqlite::Row<'_>| {
        let place = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
        let removed = row.get::<_, Option<i64>>(5)?;
        Ok((place, removed))
    };
    let rows = statement.query_map(params![index, partition, sort, key, added, STEP], read).map_err(sql)?;
    let rows: Vec<(EntryKey, Option<i64>)> = rows.collect::<rusqlite::Result<_>>().map_err(sql)?;
    let is_rest = rows.len() < usize::try_from(STEP).unwrap_or(usize::MAX);
    let mut dropped = 0;
    let mut last = None;
    for (place, removed) in rows {
        if removed.is_some_and(|removed| removed <= number(floor)) {
            let (index, partition, sort, key, added) = &place;
            let gone =
                "DELETE FROM entries WHERE idx = ?1 AND part = ?2 AND sort = ?3 AND key = ?4 AND added = ?5";
            dropped += execute(connection, gone, params![index, partition, sort, key, added])? as u64;
        }
        last = Some(place);
    }
    match last.filter(|_| !is_rest) {
        Some(place) => cursor.entries = Progress::From(place),
        None => {
            let gone = "DELETE FROM counts WHERE count = 0 AND revision <= ?1";
            dropped += execute(connection, gone, [number(floor)])? as u64;
            cursor.entries = Progress::Done;
        }
    }
    Ok(dropped)
}

/// How many rows one step looks at: some milliseconds between two groups of commits.
const STEP: i64 = 2000;
