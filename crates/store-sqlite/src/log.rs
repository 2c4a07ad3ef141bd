//! The log of commits: where a batch is made durable, with one write and one sync, before it comes to the tables.
//!
//! `store.log` has its full size from the start, so that a sync writes data and nothing else. Records follow each other from
//! the beginning, each padded to whole blocks: no write touches a block that holds what was acknowledged. When the log is
//! full, the tables are synced, and it is written over from the beginning.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use store::backend::Batch;
use store::{Error, Result};

use crate::directory;

/// The log of a data directory.
pub(crate) struct CommitLog {
    file: File,
    path: PathBuf,
    /// Of which database it is the log.
    id: u64,
    /// Where the next record goes.
    end: u64,
    /// Set once a sync has failed: nobody knows what is on disk.
    is_lost: bool,
    buffer: Vec<u8>,
}

/// Whether a record was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Appended {
    /// It is on disk.
    Yes,
    /// There is no room for it before the log begins anew.
    NoRoom,
}

impl CommitLog {
    /// Opens the log of the database with this id, and gives it its size.
    pub(crate) fn open(path: PathBuf, id: u64) -> Result<Self> {
        let file = directory::create(&path)?;
        let log = Self { file, path, id, end: 0, is_lost: false, buffer: Vec::new() };
        let length = log.file.metadata().map_err(|error| log.failed(&error))?.len();
        if length < SIZE {
            log.fill(length).map_err(|error| log.failed(&error))?;
        }
        Ok(log)
    }

    /// The log of a database that is open for reading only, if it has one.
    pub(crate) fn peek(path: &Path, id: u64) -> Option<Self> {
        let file = File::open(path).ok()?;
        Some(Self { file, path: path.to_owned(), id, end: 0, is_lost: false, buffer: Vec::new() })
    }

    /// The number of the last record.
    pub(crate) fn last(&self) -> Option<u64> {
        self.records().last().map(|(number, _)| number)
    }

    /// The batches after the one with this number, in order, with their numbers.
    pub(crate) fn after(&self, applied: u64) -> Result<Vec<(u64, Arc<Batch>)>> {
        let mut found: Vec<(u64, Arc<Batch>)> = Vec::new();
        for (number, payload) in self.records().filter(|(number, _)| *number > applied) {
            let batch = postcard::from_bytes(&payload)
                .map_err(|error| Error::damaged(format_args!("commit {number} in the log: {error}")))?;
            found.push((number, Arc::new(batch)));
        }
        match found.first() {
            Some((first, _)) if Some(*first) != applied.checked_add(1) => Err(Error::damaged(format_args!(
                "`store.log` goes on with commit {first}, `store.db` ends with {applied}: they are not of one time"
            ))),
            _ => Ok(found),
        }
    }

    /// Writes a batch and syncs it.
    pub(crate) fn append(&mut self, number: u64, batch: &Batch) -> Result<Appended> {
        self.check()?;
        let mut record = std::mem::take(&mut self.buffer);
        record.clear();
        record.resize(HEAD, 0);
        let mut record = postcard::to_extend(batch, record).map_err(Error::backend)?;
        let length = (record.len() - HEAD) as u64;
        let head = self.head(number, length, record.get(HEAD..).unwrap_or_default());
        if let Some(room) = record.first_chunk_mut::<HEAD>() {
            *room = head;
        }
        record.resize(record.len().next_multiple_of(BLOCK), 0);
        let end = self.end + record.len() as u64;
        let outcome = if end > SIZE { Ok(Appended::NoRoom) } else { self.write(&record) };
        if outcome == Ok(Appended::Yes) {
            self.end = end;
        }
        record.truncate(KEPT);
        record.shrink_to(KEPT);
        self.buffer = record;
        outcome
    }

    /// Begins anew. Everything that was written before is in the tables, and synced there.
    pub(crate) fn restart(&mut self) {
        self.end = 0;
    }

    /// Refuses once nobody knows what the log holds.
    pub(crate) fn check(&self) -> Result<()> {
        if self.is_lost {
            return Err(Error::backend(
                "a sync of the log has failed: what it holds is unknown until the next start",
            ));
        }
        Ok(())
    }

    fn write(&mut self, record: &[u8]) -> Result<Appended> {
        // A part that was written counts for nothing: its digest does not hold, and the next record goes to the same place.
        self.file.write_all_at(record, self.end).map_err(|error| self.failed(&error))?;
        if let Err(error) = self.file.sync_data() {
            self.is_lost = true;
            return Err(self.failed(&error));
        }
        Ok(Appended::Yes)
    }

    /// The records from the beginning on, with their numbers.
    fn records(&self) -> impl Iterator<Item = (u64, Vec<u8>)> + '_ {
        let (mut at, mut last) = (0, None);
        std::iter::from_fn(move || {
            let (number, payload, next) = self.record_at(at)?;
            // What follows the last one was written before the log began anew.
            if last.is_some_and(|last: u64| last.checked_add(1) != Some(number)) {
                return None;
            }
            (at, last) = (next, Some(number));
            Some((number, payload))
        })
    }

    /// The number and payload of the record at a place, and where the next one begins; nothing where no record is whole.
    fn record_at(&self, at: u64) -> Option<(u64, Vec<u8>, u64)> {
        let mut head = [0; HEAD];
        self.file.read_exact_at(&mut head, at).ok()?;
        let (_digest, rest) = head.split_first_chunk::<32>()?;
        let (_id, rest) = rest.split_first_chunk::<8>()?;
        let (number, rest) = rest.split_first_chunk::<8>()?;
        let (number, length) = (u64::from_be_bytes(*number), u64::from_be_bytes(*rest.first_chunk::<8>()?));
        if length > SIZE {
            return None;
        }
        let mut payload = vec![0; usize::try_from(length).ok()?];
        self.file.read_exact_at(&mut payload, at + HEAD as u64).ok()?;
        let next = at + (HEAD as u64 + length).next_multiple_of(BLOCK as u64);
        (self.head(number, length, &payload) == head).then_some((number, payload, next))
    }

    /// What stands before a payload: a digest over the rest of it and the payload; the log's id, the number, the length.
    fn head(&self, number: u64, length: u64, payload: &[u8]) -> [u8; HEAD] {
        let mut head = [0; HEAD];
        let mut digest = Sha256::new();
        let facts = [self.id, number, length];
        for (room, fact) in head.iter_mut().skip(32).zip(facts.iter().flat_map(|fact| fact.to_be_bytes())) {
            *room = fact;
        }
        digest.update(head);
        digest.update(payload);
        for (room, byte) in head.iter_mut().zip(digest.finalize()) {
            *room = byte;
        }
        head
    }

    fn fill(&self, from: u64) -> std::io::Result<()> {
        let zeros = vec![0; KEPT];
        for at in (from..SIZE).step_by(KEPT) {
            self.file.write_all_at(&zeros, at)?;
        }
        self.file.set_len(SIZE)?;
        self.file.sync_all()
    }

    fn failed(&self, error: &std::io::Error) -> Error {
        Error::backend(format_args!("`{}`: {error}", self.path.display()))
    }
}

/// Digest, id, number, length.
const HEAD: usize = 32 + 3 * 8;

/// What a disk writes at a time.
const BLOCK: usize = 4096;

/// Some hundred commits of one client: each time around costs a sync of the tables.
const SIZE: u64 = 2 << 20;

/// How much of the room to write in is kept from one record to the next.
const KEPT: usize = 64 << 10;

#[cfg(test)]
mod tests;
