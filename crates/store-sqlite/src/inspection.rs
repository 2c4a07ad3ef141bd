//! Reads of everything: for checks, resets and the operator.

use rusqlite::{Connection, params};
use store::backend::{EntryPlace, Live, Stats};
use store::{Position, Result, Revision};

use crate::reader::rows_of;
use crate::rows::{number, one_state, sql, text};

/// The records that are live at a revision, in order.
pub(crate) fn live(
    connection: &Connection,
    at: Revision,
    after: Option<(String, String)>,
    limit: usize,
) -> Result<Vec<Live>> {
    let (kind, key) = after.unwrap_or_default();
    let versions = "SELECT kind, key, value FROM records
                    WHERE (kind, key) > (?1, ?2) AND revision <= ?3 ORDER BY kind, key, revision";
    let mut statement = connection.prepare_cached(versions).map_err(sql)?;
    let mut found = statement.query(params![kind, key, number(at)]).map_err(sql)?;
    let mut live: Vec<Live> = Vec::new();
    // The newest version of a record comes last, so the one before is the record's state only once the next name begins.
    let mut newest: Option<(String, String, Option<std::sync::Arc<str>>)> = None;
    while live.len() < limit {
        let next = match found.next().map_err(sql)? {
            Some(row) => {
                Some((row.get(0).map_err(sql)?, row.get(1).map_err(sql)?, text(row, 2).map_err(sql)?))
            }
            None => None,
        };
        let is_same =
            matches!((&newest, &next), (Some((k, n, _)), Some((kind, key, _))) if k == kind && n == key);
        if let (false, Some((kind, key, Some(text)))) = (is_same, newest.take()) {
            live.push(Live { kind, key, text });
        }
        if next.is_none() {
            break;
        }
        newest = next;
    }
    Ok(live)
}

/// The index entries that are live at a revision, in order.
pub(crate) fn entries(
    connection: &Connection,
    at: Revision,
    after: Option<EntryPlace>,
    limit: usize,
) -> Result<Vec<EntryPlace>> {
    let (index, partition, sort, key) = match after {
        Some(EntryPlace { index, partition, position: Position { sort, key } }) => {
            (index, partition, sort, key)
        }
        None => Default::default(),
    };
    let select = "SELECT idx, part, sort, key FROM entries WHERE (idx, part, sort, key) > (?1, ?2, ?3, ?4)
                  AND added <= ?5 AND (removed IS NULL OR removed > ?5) ORDER BY idx, part, sort, key LIMIT ?6";
    let mut statement = connection.prepare_cached(select).map_err(sql)?;
    let entries =
        statement.query_map(params![index, partition, sort, key, number(at), rows_of(limit)], |row| {
            let position = Position { sort: row.get(2)?, key: row.get(3)? };
            Ok(EntryPlace { index: row.get(0)?, partition: row.get(1)?, position })
        });
    entries.map_err(sql)?.collect::<rusqlite::Result<_>>().map_err(sql)
}

/// Sizes, for the operator.
pub(crate) fn stats(connection: &Connection) -> Result<Stats> {
    let number = |select: &str| -> Result<u64> {
        let number: i64 = connection.query_row(select, [], |row| row.get(0)).map_err(sql)?;
        Ok(number.unsigned_abs())
    };
    Ok(Stats {
        versions: number("SELECT COUNT(*) FROM records")?,
        entries: number("SELECT COUNT(*) FROM entries")?,
        events: number("SELECT COUNT(*) FROM events")?,
        bytes: number("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")?,
    })
}

/// What SQLite itself finds wrong with its file, and what no table should hold.
pub(crate) fn inspect(connection: &Connection) -> Result<Vec<String>> {
    let _reading = one_state(connection)?;
    let mut faults = rows(
        connection,
        "SELECT integrity_check FROM pragma_integrity_check() WHERE integrity_check <> 'ok'",
    )?;
    for check in CHECKS {
        faults.extend(rows(connection, check)?);
    }
    Ok(faults)
}

fn rows(connection: &Connection, select: &str) -> Result<Vec<String>> {
    let mut statement = connection.prepare(select).map_err(sql)?;
    let rows = statement.query_map([], |row| row.get(0)).map_err(sql)?;
    rows.collect::<rusqlite::Result<_>>().map_err(sql)
}

/// Each selects its faults, in words.
const CHECKS: &[&str] = &[
    "SELECT 'a version of `' || kind || '` at `' || key || '` is of revision ' || revision || ', which is not there'
     FROM records WHERE revision NOT IN (SELECT revision FROM revisions)",
    "SELECT 'the entry of `' || key || '` in `' || idx || '` goes before it comes' FROM entries WHERE removed <= added",
    "SELECT '`' || idx || '` of `' || part || '` is counted as ' || count || ' but has no entry'
     FROM counts c WHERE count <> 0 AND NOT EXISTS
        (SELECT 1 FROM entries e WHERE e.idx = c.idx AND e.part = c.part AND e.removed IS NULL)",
    "SELECT 'audit event ' || sequence || ' belongs to no revision'
     FROM events WHERE sequence NOT IN (SELECT revision FROM revisions)",
];
