//! Verifying a journal: every line, every segment, against the anchor.

use std::{fmt, io, path::Path};

use serde::Serialize;

use super::{
    Anchor, AnchorKind, AuditError, AuditKeys, Broken, ChainHead, ChainVerifier, READS,
    error::at,
    line::parse_line,
    segment::{Line, Lines, Segments, start_of},
};

/// What verification found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Whose chain it is.
    pub writer: String,
    /// The segments that were read.
    pub segments: Vec<SegmentSummary>,
    /// What the first event follows on: event 0, or the last one that retention dropped.
    pub start: ChainHead,
    /// The last event.
    pub head: ChainHead,
    /// The last event that the anchor vouches for.
    pub anchored: Option<u64>,
    /// Bytes of a last line that is not complete: a live writer is in the middle of it, or a crash was.
    pub unfinished_bytes: u64,
    /// What is wrong, at most [`MOST_FINDINGS`].
    pub findings: Vec<Finding>,
    /// How many findings are not listed.
    pub more_findings: u64,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    /// How many events were read.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.segments.iter().map(|segment| segment.events).sum()
    }
}

/// One segment as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentSummary {
    /// Its file's name.
    pub name: String,
    /// How many events it holds.
    pub events: u64,
    /// How long it is.
    pub bytes: u64,
}

/// Something that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// In which file.
    pub file: String,
    /// In which line of it, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// What.
    pub fault: Fault,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.fault)
    }
}

/// What can be wrong with a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Fault {
    /// The chain does not hold.
    #[error("{broken}")]
    Chain {
        /// How.
        broken: Broken,
    },
    /// The line is not in the form that the journal writes.
    #[error("the line is not one that the journal wrote")]
    Malformed,
    /// A segment between others is not there.
    #[error("the segment is missing")]
    MissingSegment,
    /// The anchor is not there.
    #[error("the anchor is missing, so that a cut of the newest part would not show")]
    NoAnchor,
    /// A file that says where the chain ends or begins is not genuine.
    #[error("the statement is forged, damaged, or made under a key that is not in the keyring")]
    Forged,
}

/// Checks the journal in `dir`, beside a running server as well. An error means that it could not be read; what is
/// wrong with it is in the report.
pub fn verify(dir: &Path, keys: &AuditKeys) -> Result<Report, AuditError> {
    let segments = Segments::new(dir, READS);
    let mut tries = 3;
    loop {
        tries -= 1;
        match check(&segments, keys) {
            // Retention took a segment away while it was to be read.
            Err(AuditError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound && tries > 0 => {}
            done => return done,
        }
    }
}

fn check(segments: &Segments, keys: &AuditKeys) -> Result<Report, AuditError> {
    let mut findings = Findings::default();
    // The anchor comes first: what is written while we read lies beyond it.
    let anchor = statement(segments, keys, AnchorKind::Head, &mut findings)?;
    let listed = segments.list()?;
    let tombstone = statement(segments, keys, AnchorKind::Tombstone, &mut findings)?;
    if anchor.is_none() && findings.list.is_empty() {
        findings.add(file_name(segments, AnchorKind::Head), None, Fault::NoAnchor);
    }

    let (first, start) = start_of(segments.writer(), tombstone.as_ref());
    let mut chain = ChainVerifier::new(start);
    // Retention may have moved past the anchor that was read before it; then there is nothing left to compare.
    let anchor = anchor.filter(|anchor| anchor.head.seq >= start.seq);
    if let Some(anchor) = &anchor {
        chain = chain.against(anchor.head);
    }

    let mut summaries = Vec::new();
    let mut unfinished_bytes = 0;
    let mut expected = first;
    let last = listed.last().copied();
    // Older ones are covered by the tombstone: a crash kept retention from removing them.
    for &number in listed.iter().filter(|&&number| number >= first) {
        for missing in (expected..number).take(MOST_FINDINGS) {
            findings.add(segments.name(missing), None, Fault::MissingSegment);
        }
        expected = number.saturating_add(1);
        let (summary, torn) = read(segments, number, &mut chain, &mut findings)?;
        summaries.push(summary);
        if torn > 0 && Some(number) == last {
            unfinished_bytes = torn;
        } else if torn > 0 {
            findings.add(segments.name(number), None, Fault::Malformed);
        }
    }

    let head = chain.head();
    let anchored = anchor.as_ref().map(|anchor| anchor.head.seq);
    if let Some(anchor) = &anchor
        && let Err(broken) = chain.finish(anchor, keys)
    {
        let newest = last.map_or_else(|| segments.name(first), |number| segments.name(number));
        findings.add(newest, None, Fault::Chain { broken });
    }
    Ok(Report {
        writer: segments.writer().to_owned(),
        segments: summaries,
        start,
        head,
        anchored,
        unfinished_bytes,
        findings: findings.list,
        more_findings: findings.more,
    })
}

/// Reads a statement and checks that it is genuine.
fn statement(
    segments: &Segments,
    keys: &AuditKeys,
    kind: AnchorKind,
    findings: &mut Findings,
) -> Result<Option<Anchor>, AuditError> {
    match segments.read_anchor(kind) {
        Ok(Some(anchor)) if anchor.verify(keys) => Ok(Some(anchor)),
        Ok(None) => Ok(None),
        Ok(Some(_)) | Err(AuditError::Forged { .. }) => {
            findings.add(file_name(segments, kind), None, Fault::Forged);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Follows the chain through a segment; returns its summary and the bytes of an incomplete last line.
fn read(
    segments: &Segments,
    number: u64,
    chain: &mut ChainVerifier,
    findings: &mut Findings,
) -> Result<(SegmentSummary, u64), AuditError> {
    let path = segments.path(number);
    let mut lines = Lines::open(&path, 0).map_err(at("open", &path))?;
    let mut summary = SegmentSummary { name: segments.name(number), events: 0, bytes: 0 };
    let mut line_number = 0;
    while let Some((line, length)) = lines.next().map_err(at("read", &path))? {
        summary.bytes += length;
        let Line::Whole(line) = line else { return Ok((summary, length)) };
        line_number += 1;
        match parse_line(line) {
            Some(row) => {
                summary.events += 1;
                if let Err(broken) = chain.push(&row) {
                    findings.add(summary.name.clone(), Some(line_number), Fault::Chain { broken });
                }
            }
            None => findings.add(summary.name.clone(), Some(line_number), Fault::Malformed),
        }
    }
    Ok((summary, 0))
}

fn file_name(segments: &Segments, kind: AnchorKind) -> String {
    let path = segments.anchor_path(kind);
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

#[derive(Default)]
struct Findings {
    list: Vec<Finding>,
    more: u64,
}

impl Findings {
    fn add(&mut self, file: String, line: Option<u64>, fault: Fault) {
        if self.list.len() < MOST_FINDINGS {
            self.list.push(Finding { file, line, fault });
        } else {
            self.more += 1;
        }
    }
}

/// How many findings a report lists.
pub const MOST_FINDINGS: usize = 100;
