//! Reading a journal: the last events, all of them, and what comes next.

use std::{io, path::Path, time::SystemTime};

use jiff::Timestamp;

use super::{
    AnchorKind, AuditError, AuditEvent, READS,
    error::at,
    line::parse_line,
    segment::{Line, Lines, Segments, start_of},
};

/// An event and its number in the chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its number.
    pub seq: u64,
    /// The event.
    pub event: AuditEvent,
}

/// The last `count` events of the journal in `dir`, oldest first. Nothing is verified: that is
/// [`verify`](super::verify())'s work; a line that cannot be read is an error.
pub fn tail(dir: &Path, count: usize) -> Result<Vec<Entry>, AuditError> {
    let segments = Segments::new(dir, READS);
    let mut entries = Vec::new();
    for number in segments.list()?.into_iter().rev() {
        let path = segments.path(number);
        let mut end = match std::fs::metadata(&path) {
            Ok(metadata) => whole(&segments, number, metadata.len())?,
            // Dropped by retention in the meantime.
            Err(error) if error.kind() == io::ErrorKind::NotFound => break,
            Err(error) => return Err(at("look at", &path)(error)),
        };
        while end > 0 && entries.len() < count {
            let line = segments.last_line(number, end)?.ok_or_else(|| unreadable(&segments, number))?;
            end -= line.len() as u64;
            entries.push(entry(&line).ok_or_else(|| unreadable(&segments, number))?);
        }
        if entries.len() >= count {
            break;
        }
    }
    entries.reverse();
    Ok(entries)
}

/// All events of the journal in `dir`, oldest first.
pub fn events(dir: &Path) -> Result<Events, AuditError> {
    let segments = Segments::new(dir, READS);
    let first = segments.list()?.first().copied();
    Ok(Events { at: Cursor::new(segments, first.unwrap_or(1)), done: false })
}

/// As [`events`], without the segments that were last written before a moment.
pub fn events_since(dir: &Path, moment: Timestamp) -> Result<Events, AuditError> {
    let segments = Segments::new(dir, READS);
    let moment = SystemTime::from(moment);
    let mut first = None;
    for number in segments.list()?.into_iter().rev() {
        let path = segments.path(number);
        let modified = std::fs::metadata(&path).and_then(|metadata| metadata.modified());
        if first.is_some() && modified.is_ok_and(|modified| modified < moment) {
            break;
        }
        first = Some(number);
    }
    Ok(Events { at: Cursor::new(segments, first.unwrap_or(1)), done: false })
}

/// The events that come after those that are there now; see [`Follow::poll`].
pub fn follow(dir: &Path) -> Result<Follow, AuditError> {
    let segments = Segments::new(dir, READS);
    let mut at = Cursor::new(segments.clone(), 1);
    match segments.list()?.last() {
        Some(&last) => {
            let path = segments.path(last);
            let length = std::fs::metadata(&path).map_err(self::at("look at", &path))?.len();
            at = Cursor { number: last, offset: whole(&segments, last, length)?, ..at };
        }
        None => {
            let tombstone = segments.read_anchor(AnchorKind::Tombstone)?;
            at.number = start_of(READS, tombstone.as_ref()).0;
        }
    }
    Ok(Follow { at })
}

/// An iterator over a journal's events; it ends where the journal ends at that moment, or at the first error.
#[derive(Debug)]
pub struct Events {
    at: Cursor,
    done: bool,
}

impl Iterator for Events {
    type Item = Result<Entry, AuditError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let next = self.at.next().transpose();
        self.done = !matches!(next, Some(Ok(_)));
        next
    }
}

/// A place in a journal that moves with its writer.
#[derive(Debug)]
pub struct Follow {
    at: Cursor,
}

impl Follow {
    /// The events that were written since the last call, oldest first; none if there are none yet.
    pub fn poll(&mut self) -> Result<Vec<Entry>, AuditError> {
        let mut entries = Vec::new();
        while let Some(entry) = self.at.next()? {
            entries.push(entry);
        }
        Ok(entries)
    }
}

/// A place between two lines.
#[derive(Debug)]
struct Cursor {
    segments: Segments,
    number: u64,
    offset: u64,
    lines: Option<Lines>,
}

impl Cursor {
    fn new(segments: Segments, number: u64) -> Self {
        Self { segments, number, offset: 0, lines: None }
    }

    fn next(&mut self) -> Result<Option<Entry>, AuditError> {
        loop {
            let path = self.segments.path(self.number);
            let lines = match self.lines.take() {
                Some(lines) => self.lines.insert(lines),
                None => match Lines::open(&path, self.offset) {
                    Ok(lines) => self.lines.insert(lines),
                    // The next segment comes with its first line.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                    Err(error) => return Err(at("open", &path)(error)),
                },
            };
            match lines.next().map_err(at("read", &path))? {
                Some((Line::Whole(line), length)) => {
                    self.offset += length;
                    return entry(line).map(Some).ok_or_else(|| unreadable(&self.segments, self.number));
                }
                // The rest of the line is not there yet: come back to its beginning.
                Some((Line::Torn(_), _)) => {
                    self.lines = None;
                    return Ok(None);
                }
                None => {
                    self.lines = None;
                    // A segment is complete once there is a next one: look once more, then move on.
                    if !self.segments.path(self.number.saturating_add(1)).exists() {
                        return Ok(None);
                    }
                    let length = std::fs::metadata(&path).map_or(self.offset, |metadata| metadata.len());
                    if length <= self.offset {
                        (self.number, self.offset) = (self.number.saturating_add(1), 0);
                    }
                }
            }
        }
    }
}

/// Where the last whole line of a segment of `length` bytes ends: a live writer may be in the middle of the next.
fn whole(segments: &Segments, number: u64, length: u64) -> Result<u64, AuditError> {
    let path = segments.path(number);
    if length == 0 || segments.last_line(number, length)?.is_some() {
        return Ok(length);
    }
    let mut lines = Lines::open(&path, 0).map_err(at("open", &path))?;
    let mut end = 0;
    while let Some((Line::Whole(_), length)) = lines.next().map_err(at("read", &path))? {
        end += length;
    }
    Ok(end)
}

fn entry(line: &[u8]) -> Option<Entry> {
    let row = parse_line(line)?;
    let event = AuditEvent::decode(std::str::from_utf8(row.event).ok()?).ok()?;
    Some(Entry { seq: row.seq, event })
}

fn unreadable(segments: &Segments, number: u64) -> AuditError {
    AuditError::Unsound { segment: segments.name(number) }
}
