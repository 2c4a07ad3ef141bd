//! The reading side: a few threads with a connection each, and the reads they answer. Points are looked up where they are
//! asked for.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use store::backend::{
    Backend, EntryPlace, Live, Lookup, Note, Secret, State, Stats, StoredEvent, Version, Waiting,
};
use store::{Commit, Error, Kind, Position, Range, Result, Revision};
use tokio::sync::oneshot;

use crate::rows::{self, number, some_text, sql, text};
use crate::{declared, feed, inspection, schema};

/// Threads that read. Dropping this waits for them to end.
pub(crate) struct Readers {
    /// `None` once the threads are told to end.
    reads: Option<Sender<Read>>,
    threads: Vec<JoinHandle<()>>,
    /// For points: to hand one over takes several times as long as to look it up.
    at_hand: Vec<Mutex<Connection>>,
}

/// One read, which knows whom to answer.
type Read = Box<dyn FnOnce(&Connection) + Send>;

impl Readers {
    /// Readers beside the writer of this process: each read sees what is on disk by then.
    pub(crate) fn start(file: &Path, threads: usize) -> Result<Self> {
        let mut readers = Self::with((0..threads).map(|_| schema::open_for_reading(file)))?;
        for _ in 0..threads {
            let connection = schema::open_for_reading(file)?;
            // The upper pages, which every walk begins with.
            connection.execute_batch("PRAGMA cache_size = -256").map_err(sql)?;
            readers.at_hand.push(Mutex::new(connection));
        }
        Ok(readers)
    }

    /// A reader beside another process, whose compactions this one does not hear of: so it holds on to one state of the
    /// file for as long as it lives.
    pub(crate) fn start_pinned(file: &Path) -> Result<Self> {
        let connection = schema::open_for_reading(file)?;
        connection.execute_batch("BEGIN").map_err(sql)?;
        // The transaction begins with its first read.
        rows::meta(&connection, "floor")?;
        Self::with([Ok(connection)])
    }

    fn with(connections: impl IntoIterator<Item = Result<Connection>>) -> Result<Self> {
        let (reads, queue) = channel::<Read>();
        let queue = Arc::new(Mutex::new(queue));
        let mut readers = Self { reads: Some(reads), threads: Vec::new(), at_hand: Vec::new() };
        for connection in connections {
            let connection = connection?;
            let queue = Arc::clone(&queue);
            let thread = std::thread::Builder::new().name("store-reader".to_owned());
            readers
                .threads
                .push(thread.spawn(move || answer_all(&connection, &queue)).map_err(Error::backend)?);
        }
        Ok(readers)
    }

    fn ask<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Waiting<'_, T> {
        let (reply, answer) = oneshot::channel();
        let read: Read = Box::new(move |connection| {
            // Whoever asked may have gone.
            let _ = reply.send(read(connection));
        });
        let sent = self.reads.as_ref().is_some_and(|reads| reads.send(read).is_ok());
        Box::pin(
            async move { if sent { answer.await.map_err(|_| Error::Closed)? } else { Err(Error::Closed) } },
        )
    }

    /// The answer of a connection that nobody uses at the moment, if there is one.
    fn at_once<T>(&self, read: impl FnOnce(&Connection) -> T) -> Option<T> {
        let connection = self.at_hand.iter().find_map(|connection| connection.try_lock().ok())?;
        Some(read(&connection))
    }
}

fn answer_all(connection: &Connection, queue: &Mutex<Receiver<Read>>) {
    loop {
        // One thread waits in the queue, the others for the lock; it is free again before the read begins.
        let read = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match read {
            Ok(read) => read(connection),
            Err(_) => return,
        }
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.reads = None;
        for thread in self.threads.drain(..) {
            // A reader that panicked has answered its callers by hanging up.
            let _ = thread.join();
        }
    }
}

impl Backend for Readers {
    fn state(&self) -> Waiting<'_, State> {
        self.ask(|connection| {
            // One transaction, so that the anchor is that of the head.
            let _reading = rows::one_state(connection)?;
            let (head, instant) = rows::head(connection)?;
            let floor = rows::meta(connection, "floor")?.and_then(|floor| floor.parse().ok());
            let floor = floor.ok_or_else(|| Error::damaged("the floor of the history is missing"))?;
            Ok(State { head, instant, floor, anchor: rows::meta(connection, "anchor")? })
        })
    }

    fn points(&self, at: Revision, asked: Vec<Lookup>) -> Waiting<'_, Vec<Option<Arc<str>>>> {
        let answer = move |connection: &Connection, asked: &[Lookup]| {
            asked.iter().map(|asked| lookup(connection, at, asked)).collect()
        };
        if asked.len() <= FEW
            && let Some(answer) = self.at_once(|connection| answer(connection, &asked))
        {
            return Box::pin(std::future::ready(answer));
        }
        self.ask(move |connection| answer(connection, &asked))
    }

    fn scan(
        &self,
        at: Revision,
        index: &'static str,
        partition: &str,
        range: &Range,
        limit: usize,
    ) -> Waiting<'_, Vec<Position>> {
        let (partition, range) = (partition.to_owned(), range.clone());
        self.ask(move |connection| scan(connection, at, index, &partition, &range, limit))
    }

    fn count(&self, at: Revision, index: &str, partition: &str) -> Waiting<'_, u64> {
        let (index, partition) = (index.to_owned(), partition.to_owned());
        self.ask(move |connection| count(connection, at, &index, &partition))
    }

    fn revision_at(&self, instant: Timestamp) -> Waiting<'_, Revision> {
        self.ask(move |connection| feed::revision_at(connection, instant))
    }

    fn commits(&self, after: Revision, limit: usize) -> Waiting<'_, Vec<Commit>> {
        self.ask(move |connection| feed::commits(connection, after, limit))
    }

    fn indexes(&self) -> Waiting<'_, Option<BTreeSet<String>>> {
        self.ask(declared::kept)
    }

    fn ever(&self, index: &str, partition: &str, sort: &str) -> Waiting<'_, Vec<String>> {
        let place = [index, partition, sort].map(str::to_owned);
        self.ask(move |connection| feed::ever(connection, &place))
    }

    fn related(&self, kinds: Vec<Kind>, name: &str) -> Waiting<'_, BTreeSet<(String, String)>> {
        let name = name.to_owned();
        self.ask(move |connection| feed::related(connection, &kinds, &name))
    }

    fn touching(&self, records: BTreeSet<(String, String)>, after: Revision) -> Waiting<'_, Vec<Commit>> {
        self.ask(move |connection| feed::touching(connection, records, after))
    }

    fn versions(&self, kind: &str, key: &str) -> Waiting<'_, Vec<Version>> {
        let (kind, key) = (kind.to_owned(), key.to_owned());
        self.ask(move |connection| feed::versions(connection, &kind, &key))
    }

    fn secret(&self, kind: &str, key: &str) -> Waiting<'_, Option<Arc<str>>> {
        let (kind, key) = (kind.to_owned(), key.to_owned());
        self.ask(move |connection| {
            named(connection, "SELECT sealed FROM secrets WHERE kind = ?1 AND key = ?2", &kind, &key)
        })
    }

    fn secrets(&self, after: Option<(String, String)>, limit: usize) -> Waiting<'_, Vec<Secret>> {
        let (kind, key) = after.unwrap_or_default();
        self.ask(move |connection| {
            let mut statement = connection
                .prepare_cached("SELECT kind, key, sealed FROM secrets WHERE (kind, key) > (?1, ?2) ORDER BY kind, key LIMIT ?3")
                .map_err(sql)?;
            let secrets = statement.query_map(params![kind, key, rows_of(limit)], |row| {
                Ok(Secret { kind: row.get(0)?, key: row.get(1)?, sealed: some_text(row, 2)? })
            });
            secrets.map_err(sql)?.collect::<rusqlite::Result<_>>().map_err(sql)
        })
    }

    fn noted(&self, kind: &str, key: &str) -> Waiting<'_, Option<Arc<str>>> {
        let (kind, key) = (kind.to_owned(), key.to_owned());
        self.ask(move |connection| {
            named(connection, "SELECT value FROM notes WHERE kind = ?1 AND key = ?2", &kind, &key)
        })
    }

    fn notes(&self, kind: &str, prefix: &str) -> Waiting<'_, Vec<Note>> {
        let (kind, prefix) = (kind.to_owned(), prefix.to_owned());
        self.ask(move |connection| notes(connection, &kind, &prefix))
    }

    fn live(&self, at: Revision, after: Option<(String, String)>, limit: usize) -> Waiting<'_, Vec<Live>> {
        self.ask(move |connection| inspection::live(connection, at, after, limit))
    }

    fn entries(&self, at: Revision, after: Option<EntryPlace>, limit: usize) -> Waiting<'_, Vec<EntryPlace>> {
        self.ask(move |connection| inspection::entries(connection, at, after, limit))
    }

    fn events(&self, after: u64, limit: usize) -> Waiting<'_, Vec<StoredEvent>> {
        self.ask(move |connection| feed::events(connection, after, limit))
    }

    fn stats(&self) -> Waiting<'_, Stats> {
        self.ask(inspection::stats)
    }

    fn inspect(&self) -> Waiting<'_, Vec<String>> {
        self.ask(inspection::inspect)
    }
}

/// So many points are looked up where they are asked for: some pages each, which the system mostly holds in memory.
const FEW: usize = 4;

fn lookup(connection: &Connection, at: Revision, asked: &Lookup) -> Result<Option<Arc<str>>> {
    match asked {
        Lookup::Record { kind, key } => {
            let newest = "SELECT value FROM records WHERE kind = ?1 AND key = ?2 AND revision <= ?3 ORDER BY revision DESC LIMIT 1";
            let mut statement = connection.prepare_cached(newest).map_err(sql)?;
            let value = statement.query_row(params![kind, key, number(at)], |row| text(row, 0)).optional();
            Ok(value.map_err(sql)?.flatten())
        }
        Lookup::Entry { index, partition, sort } => {
            let live = "SELECT key FROM entries WHERE idx = ?1 AND part = ?2 AND sort = ?3
                        AND added <= ?4 AND (removed IS NULL OR removed > ?4) LIMIT 1";
            let mut statement = connection.prepare_cached(live).map_err(sql)?;
            statement
                .query_row(params![index, partition, sort, number(at)], |row| some_text(row, 0))
                .optional()
                .map_err(sql)
        }
    }
}

fn scan(
    connection: &Connection,
    at: Revision,
    index: &str,
    partition: &str,
    range: &Range,
    limit: usize,
) -> Result<Vec<Position>> {
    // No key is empty, so that (prefix, '') stands before everything that starts with the prefix.
    let prefix = Position { sort: range.prefix.clone(), key: String::new() };
    let start = range.after.clone().map_or_else(|| prefix.clone(), |after| after.max(prefix.clone()));
    let live = "SELECT sort, key FROM entries WHERE idx = ?1 AND part = ?2 AND (sort, key) > (?3, ?4)
                AND added <= ?5 AND (removed IS NULL OR removed > ?5) ORDER BY sort, key LIMIT ?6";
    let mut statement = connection.prepare_cached(live).map_err(sql)?;
    let mut found = statement
        .query(params![index, partition, start.sort, start.key, number(at), rows_of(limit)])
        .map_err(sql)?;
    let mut places = Vec::new();
    while let Some(row) = found.next().map_err(sql)? {
        let place = Position { sort: row.get(0).map_err(sql)?, key: row.get(1).map_err(sql)? };
        if !place.sort.starts_with(&range.prefix) {
            break;
        }
        places.push(place);
    }
    Ok(places)
}

fn notes(connection: &Connection, kind: &str, prefix: &str) -> Result<Vec<Note>> {
    let select = "SELECT key, value FROM notes WHERE kind = ?1 AND key >= ?2 AND key < ?3 ORDER BY key";
    let mut statement = connection.prepare_cached(select).map_err(sql)?;
    // No key has a character behind the last one of Unicode, so this is the end of those with the prefix.
    let end = format!("{prefix}\u{10ffff}");
    let rows = statement
        .query_map(params![kind, prefix, end], |row| {
            let json: String = row.get(1)?;
            Ok(Note { kind: kind.to_owned(), key: row.get(0)?, json: json.into() })
        })
        .map_err(sql)?;
    rows.collect::<rusqlite::Result<_>>().map_err(sql)
}

fn count(connection: &Connection, at: Revision, index: &str, partition: &str) -> Result<u64> {
    let counted = "SELECT count, revision FROM counts WHERE idx = ?1 AND part = ?2";
    let mut statement = connection.prepare_cached(counted).map_err(sql)?;
    let counted =
        statement.query_row([index, partition], |row| Ok((row.get::<_, i64>(0)?, rows::revision(row, 1)?)));
    match counted.optional().map_err(sql)? {
        None => return Ok(0),
        Some((count, changed)) if changed <= at => return Ok(count.unsigned_abs()),
        Some(_) => {}
    }
    let live = "SELECT COUNT(*) FROM entries WHERE idx = ?1 AND part = ?2 AND added <= ?3 AND (removed IS NULL OR removed > ?3)";
    let mut statement = connection.prepare_cached(live).map_err(sql)?;
    let count: i64 =
        statement.query_row(params![index, partition, number(at)], |row| row.get(0)).map_err(sql)?;
    Ok(count.unsigned_abs())
}

fn named(connection: &Connection, select: &str, kind: &str, key: &str) -> Result<Option<Arc<str>>> {
    let mut statement = connection.prepare_cached(select).map_err(sql)?;
    statement.query_row([kind, key], |row| some_text(row, 0)).optional().map_err(sql)
}

/// A limit as SQLite takes it.
pub(crate) fn rows_of(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
