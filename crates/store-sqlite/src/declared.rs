//! Indexes that a newer program declares, built from the records that are there.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Row, params};
use store::declared::{Stay, missing, names, stays};
use store::{Kind, Result, Revision};

use crate::rows::{self, number, sql, text};
use crate::writer::execute;

/// The indexes that are kept, where it is written down.
pub(crate) fn kept(connection: &Connection) -> Result<Option<BTreeSet<String>>> {
    let kept = rows::meta(connection, INDEXES)?;
    Ok(kept.map(|kept| kept.split_ascii_whitespace().map(str::to_owned).collect()))
}

/// Builds what is missing, and writes down what is kept. The format says that it is.
pub(crate) fn declare(connection: &Connection, kinds: &[Kind]) -> Result<()> {
    let missing = missing(kept(connection)?, kinds)?;
    for index in &missing {
        execute(connection, "DELETE FROM entries WHERE idx = ?1", [index])?;
        execute(connection, "DELETE FROM counts WHERE idx = ?1", [index])?;
    }
    let mut counts = Counts::new();
    for kind in kinds.iter().filter(|kind| kind.indexes.iter().any(|index| missing.contains(index.name))) {
        build(connection, kind, &missing, &mut counts)?;
    }
    for ((index, partition), (count, revision)) in counts {
        execute(
            connection,
            "INSERT INTO counts (idx, part, count, revision) VALUES (?1, ?2, ?3, ?4)",
            params![index, partition, count, number(revision)],
        )?;
    }
    let kept: BTreeSet<&str> = names(kinds).collect();
    let kept: Vec<&str> = kept.into_iter().collect();
    for (name, value) in [(INDEXES, kept.join(" ").as_str()), ("format", crate::schema::VERSION)] {
        execute(
            connection,
            "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            params![name, value],
        )?;
    }
    Ok(())
}

/// By partition: how many entries there are, and when that changed last.
type Counts = BTreeMap<(&'static str, String), (i64, Revision)>;

fn build(
    connection: &Connection,
    kind: &Kind,
    missing: &BTreeSet<&'static str>,
    counts: &mut Counts,
) -> Result<()> {
    let select = "SELECT key, revision, value FROM records WHERE kind = ?1 ORDER BY key, revision";
    let mut statement = connection.prepare(select).map_err(sql)?;
    let mut found = statement.query([kind.name]).map_err(sql)?;
    let mut key = String::new();
    let mut versions: Vec<(Revision, Option<std::sync::Arc<str>>)> = Vec::new();
    let mut keep = |key: &str, versions: &[(Revision, Option<std::sync::Arc<str>>)]| {
        let versions = versions.iter().map(|(revision, text)| (*revision, text.as_deref()));
        stays(kind, missing, key, versions)?.iter().try_for_each(|stay| insert(connection, stay, counts))
    };
    while let Some(row) = found.next().map_err(sql)? {
        let (next, version) = read(row).map_err(sql)?;
        if next != key {
            keep(&key, &versions)?;
            versions.clear();
            key = next;
        }
        versions.push(version);
    }
    keep(&key, &versions)
}

/// What a record was from a revision on; nothing where it was gone.
type Version = (Revision, Option<std::sync::Arc<str>>);

fn read(row: &Row<'_>) -> rusqlite::Result<(String, Version)> {
    Ok((row.get(0)?, (rows::revision(row, 1)?, text(row, 2)?)))
}

fn insert(connection: &Connection, stay: &Stay, counts: &mut Counts) -> Result<()> {
    let Stay { index, partition, position, added, removed } = stay;
    execute(
        connection,
        "INSERT INTO entries (idx, part, sort, key, added, removed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![index, partition, position.sort, position.key, number(*added), removed.map(number)],
    )?;
    let (count, changed) = counts.entry((index, partition.clone())).or_insert((0, Revision::ZERO));
    *count += i64::from(removed.is_none());
    *changed = (*changed).max(removed.unwrap_or(*added));
    Ok(())
}

/// Under this name the kept indexes are written down.
const INDEXES: &str = "indexes";
