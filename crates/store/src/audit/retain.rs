//! Retention: old segments go, a signed tombstone stays.

use std::{fs, io, sync::PoisonError};

use jiff::Timestamp;
use serde::Serialize;

use crate::seal::sync_dir;

use super::{
    Anchor, AnchorKind, AuditError, AuditEvent, AuditKeys, ChainVerifier, Journal, Position,
    error::at,
    event::own_event,
    line::parse_line,
    segment::{Line, Lines, Segments, start_of},
};

/// What retention dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Dropped {
    /// How many segments.
    pub segments: u64,
    /// How many events.
    pub events: u64,
    /// The last event that is gone.
    pub last: u64,
}

impl Journal {
    /// Drops the closed segments whose events are all older than `before`. Returns what it dropped and the event that
    /// tells of it, for the caller to append; `None` if there was nothing to drop. Reads what it drops to check it: a
    /// segment that is not sound stays, as evidence.
    ///
    /// Blocks on the disk.
    pub fn drop_before(
        &self,
        before: Timestamp,
        now: Timestamp,
    ) -> Result<Option<(Dropped, AuditEvent)>, AuditError> {
        let _dropping = self.dropping.lock().unwrap_or_else(PoisonError::into_inner);
        let open = self.shared.anchored.lock().unwrap_or_else(PoisonError::into_inner).segment;
        let tombstone = genuine_tombstone(&self.segments, &self.keys)?;
        let (mut number, start) = start_of(self.segments.writer(), tombstone.as_ref());
        let mut chain = ChainVerifier::new(start);
        let (mut segments, mut head) = (0, start);
        while number < open && read_through(&self.segments, number, &mut chain)? < before {
            head = chain.head();
            segments += 1;
            number += 1;
        }
        if segments == 0 {
            return Ok(None);
        }

        let position = Some(Position { segment: number, offset: 0 });
        let writer = self.segments.writer();
        // The statement comes first: a crash before the files are gone is finished at the next start.
        self.segments.write_anchor(&Anchor::sign(
            &self.keys,
            AnchorKind::Tombstone,
            writer,
            head,
            position,
        ))?;
        finish(&self.segments, &self.keys)?;
        let dropped = Dropped { segments, events: head.seq - start.seq, last: head.seq };
        let event = own_event("DropAuditSegments", &head.hash, now, &dropped)?;
        Ok(Some((dropped, event)))
    }
}

/// Removes the segments that the tombstone covers.
pub(super) fn finish(segments: &Segments, keys: &AuditKeys) -> Result<(), AuditError> {
    let Some(tombstone) = genuine_tombstone(segments, keys)? else { return Ok(()) };
    let (first, _) = start_of(segments.writer(), Some(&tombstone));
    for number in segments.list()?.into_iter().filter(|&number| number < first) {
        let path = segments.path(number);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at("remove", &path)(error)),
            _ => {}
        }
    }
    sync_dir(segments.dir()).map_err(at("sync", segments.dir()))
}

fn genuine_tombstone(segments: &Segments, keys: &AuditKeys) -> Result<Option<Anchor>, AuditError> {
    match segments.read_anchor(AnchorKind::Tombstone)? {
        Some(tombstone) if !tombstone.verify(keys) => {
            Err(AuditError::Forged { path: segments.anchor_path(AnchorKind::Tombstone) })
        }
        tombstone => Ok(tombstone),
    }
}

/// Follows the chain through a whole segment; returns the time of its youngest event.
fn read_through(
    segments: &Segments,
    number: u64,
    chain: &mut ChainVerifier,
) -> Result<Timestamp, AuditError> {
    let unsound = || AuditError::Unsound { segment: segments.name(number) };
    let path = segments.path(number);
    let mut lines = Lines::open(&path, 0).map_err(at("open", &path))?;
    let mut youngest = Timestamp::MIN;
    while let Some((line, _)) = lines.next().map_err(at("read", &path))? {
        let Line::Whole(line) = line else { return Err(unsound()) };
        let row = parse_line(line).ok_or_else(unsound)?;
        chain.push(&row).map_err(|_| unsound())?;
        let text = std::str::from_utf8(row.event).map_err(|_| unsound())?;
        youngest = youngest.max(AuditEvent::decode(text).map_err(|_| unsound())?.time);
    }
    Ok(youngest)
}
