//! The files of a journal: segments of lines, and the two statements beside them.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use crate::seal::replace_file;

use super::{Anchor, AnchorKind, AuditError, ChainHead, error::at};

/// The directory of one writer's segments, and their names.
#[derive(Debug, Clone)]
pub(super) struct Segments {
    dir: PathBuf,
    writer: String,
}

impl Segments {
    pub(super) fn new(dir: &Path, writer: &str) -> Self {
        Self { dir: dir.to_owned(), writer: writer.to_owned() }
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn writer(&self) -> &str {
        &self.writer
    }

    pub(super) fn name(&self, number: u64) -> String {
        format!("{}-{number:08}.jsonl", self.writer)
    }

    pub(super) fn path(&self, number: u64) -> PathBuf {
        self.dir.join(self.name(number))
    }

    /// Where bytes that belong to no chain are put aside.
    pub(super) fn aside(&self, number: u64, offset: u64) -> PathBuf {
        self.dir.join(format!("{}-{number:08}-{offset}.cut", self.writer))
    }

    /// The numbers of the segments that are there, in order.
    pub(super) fn list(&self) -> Result<Vec<u64>, AuditError> {
        let mut numbers = Vec::new();
        let entries = match fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(numbers),
            Err(error) => return Err(at("list", &self.dir)(error)),
        };
        for entry in entries {
            let name = entry.map_err(at("list", &self.dir))?.file_name();
            let number = name.to_str().and_then(|name| {
                let number = name
                    .strip_prefix(&self.writer)?
                    .strip_prefix('-')?
                    .strip_suffix(".jsonl")?
                    .parse()
                    .ok()?;
                (self.name(number) == name).then_some(number)
            });
            numbers.extend(number);
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Reads a statement, or `None` if it was never made.
    pub(super) fn read_anchor(&self, kind: AnchorKind) -> Result<Option<Anchor>, AuditError> {
        let path = self.anchor_path(kind);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(at("read", &path)(error)),
        };
        let anchor: Option<Anchor> = serde_json::from_slice(&text).ok();
        match anchor {
            Some(anchor)
                if anchor.kind == kind && anchor.writer == self.writer && anchor.position.is_some() =>
            {
                Ok(Some(anchor))
            }
            _ => Err(AuditError::Forged { path }),
        }
    }

    /// Replaces a statement, durably.
    pub(super) fn write_anchor(&self, anchor: &Anchor) -> Result<(), AuditError> {
        let path = self.anchor_path(anchor.kind);
        let mut text = serde_json::to_vec(anchor).map_err(AuditError::Encode)?;
        text.push(b'\n');
        replace_file(&path, &text).map_err(at("write", &path))
    }

    pub(super) fn anchor_path(&self, kind: AnchorKind) -> PathBuf {
        let what = match kind {
            AnchorKind::Head => "anchor",
            AnchorKind::Tombstone => "tombstone",
        };
        self.dir.join(format!("{}-{what}.json", self.writer))
    }

    /// The last line of a segment that ends at `end` bytes; `None` if there is no whole line.
    pub(super) fn last_line(&self, number: u64, end: u64) -> Result<Option<Vec<u8>>, AuditError> {
        let path = self.path(number);
        let mut file = File::open(&path).map_err(at("open", &path))?;
        let start = end.saturating_sub(LONGEST_LINE as u64);
        file.seek(SeekFrom::Start(start)).map_err(at("read", &path))?;
        let mut bytes = Vec::new();
        file.take(end - start).read_to_end(&mut bytes).map_err(at("read", &path))?;
        let Some(body) = bytes.strip_suffix(b"\n") else { return Ok(None) };
        let begin = body.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
        // A line that begins before what was read is longer than any line may be.
        Ok(if begin == 0 && start > 0 { None } else { bytes.get(begin..).map(<[u8]>::to_vec) })
    }
}

/// Where a chain starts for whoever reads its segments: the first number, and the head before its first event.
pub(super) fn start_of(writer: &str, tombstone: Option<&Anchor>) -> (u64, ChainHead) {
    tombstone
        .and_then(|tombstone| Some((tombstone.position?.segment, tombstone.head)))
        .unwrap_or((1, ChainHead::genesis(writer)))
}

/// Reads the lines of one segment, none of them longer than [`LONGEST_LINE`] in memory.
#[derive(Debug)]
pub(super) struct Lines {
    reader: BufReader<File>,
    line: Vec<u8>,
}

/// What [`Lines::next`] found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// A whole line with its line end, or the beginning of one that is too long.
    Whole(&'a [u8]),
    /// Bytes at the end of the file that no line end follows: their number.
    Torn(u64),
}

impl Lines {
    /// The lines of a file from a place on.
    pub(super) fn open(path: &Path, offset: u64) -> io::Result<Self> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(Self { reader: BufReader::with_capacity(1 << 16, file), line: Vec::new() })
    }

    /// The next line and its length in bytes, or `None` at the end of the file.
    pub(super) fn next(&mut self) -> io::Result<Option<(Line<'_>, u64)>> {
        self.line.clear();
        let mut length = 0;
        loop {
            let room = LONGEST_LINE - self.line.len();
            let buffered = self.reader.fill_buf()?;
            if buffered.is_empty() {
                return Ok((length > 0).then_some((Line::Torn(length), length)));
            }
            let newline = memchr(buffered);
            let taken = newline.map_or(buffered.len(), |at| at + 1);
            self.line.extend(buffered.iter().take(taken.min(room)));
            self.reader.consume(taken);
            length += taken as u64;
            if newline.is_some() {
                return Ok(Some((Line::Whole(&self.line), length)));
            }
        }
    }
}

fn memchr(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|&byte| byte == b'\n')
}

/// The longest record of an event, in bytes (CloudTrail's limit for an event is the same).
pub(super) const LONGEST_RECORD: usize = 256 * 1024;

/// The longest line: the longest record, its id, and what stands around it.
pub(super) const LONGEST_LINE: usize = LONGEST_RECORD + 2048;
