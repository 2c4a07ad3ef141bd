//! Opening a journal: where it ends, and what a crash left behind.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
};

use jiff::Timestamp;
use serde::Serialize;

use super::{
    Anchor, AnchorKind, AuditError, AuditEvent, AuditKeys, ChainHead, ChainRow, ChainVerifier, Position,
    error::at,
    event::own_event,
    line::parse_line,
    segment::{Line, Lines, Segments},
};

/// What opening a journal found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Recovery {
    /// The trail begins here: there was nothing before.
    pub fresh: bool,
    /// The last event of the anchor.
    pub anchored: u64,
    /// Events beyond the anchor that were kept because the chain holds.
    pub kept: u64,
    /// Bytes beyond the anchor that belong to no chain and were put aside.
    pub cut_bytes: u64,
    /// The files they were put in.
    pub cut_files: Vec<String>,
}

impl Recovery {
    /// Whether the last writer stopped without closing the journal.
    #[must_use]
    pub fn was_needed(&self) -> bool {
        self.kept > 0 || self.cut_bytes > 0
    }

    /// The event that tells of it. Its id comes from the chain's hash, so that it needs no random source.
    pub(super) fn event(&self, head: &ChainHead, now: Timestamp) -> Result<AuditEvent, AuditError> {
        own_event("RecoverAuditTrail", &head.hash, now, self)
    }
}

/// Where a journal goes on.
pub(super) struct Recovered {
    pub(super) head: ChainHead,
    pub(super) position: Position,
    pub(super) recovery: Recovery,
}

/// Finds the end of the chain: reads on from the anchor, keeps the lines that hold, and puts the rest aside.
pub(super) fn recover(segments: &Segments, keys: &AuditKeys) -> Result<Recovered, AuditError> {
    let listed = segments.list()?;
    let path = segments.anchor_path(AnchorKind::Head);
    let Some(anchor) = segments.read_anchor(AnchorKind::Head)? else {
        if listed.is_empty() && segments.read_anchor(AnchorKind::Tombstone)?.is_none() {
            return begin(segments, keys);
        }
        return Err(AuditError::NoAnchor { path });
    };
    let Some(anchored) = anchor.position.filter(|_| anchor.verify(keys)) else {
        return Err(AuditError::Forged { path });
    };
    check_anchored(segments, &anchor, anchored)?;

    let mut recovery =
        Recovery { fresh: false, anchored: anchor.head.seq, kept: 0, cut_bytes: 0, cut_files: Vec::new() };
    let mut chain = ChainVerifier::new(anchor.head);
    let mut position = anchored;
    // Segments that the crash left after the anchored one; the chain runs through them without a gap or ends.
    let mut sound = true;
    for &number in listed.iter().filter(|&&number| number >= anchored.segment) {
        let begins_here = number == anchored.segment
            || (number == position.segment.saturating_add(1) && ends_at(segments, position)?);
        let from = if number == anchored.segment { anchored.offset } else { 0 };
        if !sound || !begins_here {
            set_aside(segments, number, 0, &mut recovery)?;
            continue;
        }
        let kept = read_on(segments, number, from, &mut chain, &mut recovery.kept)?;
        position = Position { segment: number, offset: kept };
        if !ends_at(segments, position)? {
            set_aside(segments, number, kept, &mut recovery)?;
            sound = false;
        }
    }
    Ok(Recovered { head: chain.head(), position, recovery })
}

/// Begins a chain. The anchor comes before the first line, so that segments without an anchor are never ours.
fn begin(segments: &Segments, keys: &AuditKeys) -> Result<Recovered, AuditError> {
    let head = ChainHead::genesis(segments.writer());
    let position = Position { segment: 1, offset: 0 };
    segments.write_anchor(&Anchor::sign(keys, AnchorKind::Head, segments.writer(), head, Some(position)))?;
    let recovery = Recovery { fresh: true, anchored: 0, kept: 0, cut_bytes: 0, cut_files: Vec::new() };
    Ok(Recovered { head, position, recovery })
}

/// The anchored event must be where the anchor says.
fn check_anchored(segments: &Segments, anchor: &Anchor, position: Position) -> Result<(), AuditError> {
    if position.offset == 0 {
        return Ok(());
    }
    let truncated = || AuditError::Truncated { path: segments.path(position.segment), seq: anchor.head.seq };
    let line = match segments.last_line(position.segment, position.offset) {
        Ok(line) => line.ok_or_else(truncated)?,
        Err(AuditError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            return Err(truncated());
        }
        Err(error) => return Err(error),
    };
    let row = parse_line(&line).ok_or_else(truncated)?;
    let before = ChainHead { seq: row.seq.saturating_sub(1), hash: row.prev };
    let genuine =
        before.link(row.event) == anchor.head && row.hash == anchor.head.hash && row.seq == anchor.head.seq;
    if genuine { Ok(()) } else { Err(truncated()) }
}

/// Follows the chain through a segment; returns where its last good line ends.
fn read_on(
    segments: &Segments,
    number: u64,
    from: u64,
    chain: &mut ChainVerifier,
    kept: &mut u64,
) -> Result<u64, AuditError> {
    let path = segments.path(number);
    let mut lines = Lines::open(&path, from).map_err(at("open", &path))?;
    let mut end = from;
    while let Some((Line::Whole(line), length)) = lines.next().map_err(at("read", &path))? {
        let holds = |row: &ChainRow<'_>| {
            let before = chain.head();
            before.link(row.event) == ChainHead { seq: row.seq, hash: row.hash } && row.prev == before.hash
        };
        let Some(row) = parse_line(line).filter(holds) else { break };
        // Just checked, and the head moves on.
        let _ = chain.push(&row);
        *kept += 1;
        end += length;
    }
    Ok(end)
}

fn ends_at(segments: &Segments, position: Position) -> Result<bool, AuditError> {
    let path = segments.path(position.segment);
    match fs::metadata(&path) {
        Ok(metadata) => Ok(metadata.len() == position.offset),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(position.offset == 0),
        Err(error) => Err(at("look at", &path)(error)),
    }
}

/// Moves the bytes from `offset` on out of a segment into a file beside it; they are evidence, not garbage.
fn set_aside(
    segments: &Segments,
    number: u64,
    offset: u64,
    recovery: &mut Recovery,
) -> Result<(), AuditError> {
    let (path, aside) = (segments.path(number), segments.aside(number, offset));
    let io = at("put aside the end of", &path);
    let mut file = OpenOptions::new().read(true).write(true).open(&path).map_err(&io)?;
    let bytes = file.metadata().map_err(&io)?.len().saturating_sub(offset);
    file.seek(SeekFrom::Start(offset)).map_err(&io)?;
    let mut copy = File::create(&aside).map_err(at("create", &aside))?;
    io::copy(&mut Read::by_ref(&mut file), &mut copy).and_then(|_| copy.sync_all()).map_err(&io)?;
    if offset == 0 {
        fs::remove_file(&path).map_err(&io)?;
    } else {
        file.set_len(offset).and_then(|()| file.sync_all()).map_err(&io)?;
    }
    recovery.cut_bytes += bytes;
    recovery.cut_files.extend(aside.file_name().map(|name| name.to_string_lossy().into_owned()));
    Ok(())
}
