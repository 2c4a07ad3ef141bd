//! Checks of a whole store: do records, indexes, counts, revisions and the audit trail agree.

use std::collections::HashSet;

use crate::audit::{AuditKeys, ChainHead, ChainRow, ChainVerifier};
use crate::backend::{Commit, EntryPlace};
use crate::error::{Error, Result};
use crate::page::Position;
use crate::record::{IndexEntry, Kind};
use crate::revision::Revision;
use crate::store::Store;
use crate::writer::{CHAIN, chain_head};

/// What a check of a whole store found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many live records were read.
    pub records: u64,
    /// How many live index entries were read.
    pub entries: u64,
    /// How many commits were read.
    pub commits: u64,
    /// What is wrong, in words; empty if nothing is.
    pub faults: Vec<String>,
}

impl Store {
    /// Checks the whole store as it is now: every record parses and is where its key says, the indexes hold exactly
    /// the entries that the records declare, the counts are right, the revisions follow each other without a gap, each with its
    /// audit event, and the audit chain is whole up to its anchor.
    ///
    /// # Errors
    ///
    /// A failure of the backend. What is wrong with the data is no error but a fault.
    pub async fn verify(&self, kinds: &[Kind], keys: &AuditKeys) -> Result<Verified> {
        let at = self.read().revision();
        let mut verified = Verified { faults: self.backend().await?.inspect().await?, ..Verified::default() };
        let entries = match self.verify_records(at, kinds, &mut verified).await {
            Ok(declared) => self.verify_entries(at, declared, &mut verified).await,
            Err(error) => Err(error),
        };
        fault_or(entries, &mut verified)?;
        let commits = self.verify_commits(at, keys, &mut verified).await;
        fault_or(commits, &mut verified)?;
        Ok(verified)
    }

    /// Reads every record; answers the entries that they declare.
    async fn verify_records(
        &self,
        at: Revision,
        kinds: &[Kind],
        verified: &mut Verified,
    ) -> Result<HashSet<EntryPlace>> {
        let mut declared = HashSet::new();
        let mut after = None;
        loop {
            let records = self.backend().await?.live(at, after.take(), STEP).await?;
            for record in &records {
                verified.records += 1;
                let name = format!("`{}` at `{}`", record.kind, record.key);
                let Some(kind) = kinds.iter().find(|kind| kind.name == record.kind) else {
                    verified.faults.push(format!("{name} is of an unknown kind"));
                    continue;
                };
                match (kind.place)(&record.text) {
                    Err(error) => verified.faults.push(format!("{name}: {error}")),
                    Ok(placed) => {
                        if placed.key != record.key {
                            verified.faults.push(format!("{name} says its key is `{}`", placed.key));
                        }
                        declared.extend(placed.entries.into_iter().map(|entry| place_of(entry, &record.key)));
                    }
                }
            }
            match records.last() {
                Some(last) => after = Some((last.kind.clone(), last.key.clone())),
                None => return Ok(declared),
            }
        }
    }

    async fn verify_entries(
        &self,
        at: Revision,
        mut declared: HashSet<EntryPlace>,
        verified: &mut Verified,
    ) -> Result<()> {
        let mut after = None;
        let mut partition: Option<(String, String, u64)> = None;
        loop {
            let entries = self.backend().await?.entries(at, after.take(), STEP).await?;
            for entry in &entries {
                verified.entries += 1;
                if !declared.remove(entry) {
                    verified.faults.push(format!("{} is declared by no record", describe(entry)));
                }
                match &mut partition {
                    Some((index, name, count)) if *index == entry.index && *name == entry.partition => {
                        *count += 1
                    }
                    other => {
                        let done = other.replace((entry.index.clone(), entry.partition.clone(), 1));
                        self.verify_count(at, done, verified).await?;
                    }
                }
            }
            match entries.last() {
                Some(last) => after = Some(last.clone()),
                None => break,
            }
        }
        self.verify_count(at, partition, verified).await?;
        verified.faults.extend(declared.iter().map(|entry| format!("{} is missing", describe(entry))));
        Ok(())
    }

    async fn verify_count(
        &self,
        at: Revision,
        partition: Option<(String, String, u64)>,
        verified: &mut Verified,
    ) -> Result<()> {
        let Some((index, partition, count)) = partition else { return Ok(()) };
        let counted = self.backend().await?.count(at, &index, &partition).await?;
        if counted != count {
            verified
                .faults
                .push(format!("`{index}` of `{partition}` has {count} entries, but is counted as {counted}"));
        }
        Ok(())
    }

    async fn verify_commits(&self, at: Revision, keys: &AuditKeys, verified: &mut Verified) -> Result<()> {
        let state = self.backend().await?.state().await?;
        let mut chain = ChainVerifier::new(ChainHead::genesis(CHAIN));
        let anchored = match chain_head(&state, keys) {
            Ok(head) => Some(head),
            Err(error) => {
                verified.faults.push(error.to_string());
                None
            }
        };
        let mut last: Option<Commit> = None;
        loop {
            let after = last.as_ref().map_or(Revision::ZERO, |commit| commit.revision);
            let commits = self.backend().await?.commits(after, STEP).await?;
            for commit in &commits {
                verified.commits += 1;
                let (expected, instant) = last
                    .as_ref()
                    .map_or((Revision::ZERO.next(), None), |last| (last.revision.next(), Some(last.instant)));
                if commit.revision != expected {
                    verified
                        .faults
                        .push(format!("revision {} stands where {expected} belongs", commit.revision));
                }
                if instant.is_some_and(|instant| commit.instant <= instant) {
                    verified
                        .faults
                        .push(format!("revision {} is not later than the one before it", commit.revision));
                }
                if commit.event.sequence != commit.revision.number() {
                    verified.faults.push(format!(
                        "revision {} has the audit event {}",
                        commit.revision, commit.event.sequence
                    ));
                }
                let event = &commit.event;
                let row = ChainRow {
                    seq: event.sequence,
                    prev: event.previous,
                    hash: event.hash,
                    event: event.line.as_bytes(),
                };
                if let Err(broken) = chain.push(&row) {
                    verified.faults.push(format!("audit trail of changes: {broken}"));
                }
                if anchored.is_some_and(|head| head.seq == event.sequence && head.hash != event.hash) {
                    verified.faults.push(format!(
                        "audit trail of changes: event {} is not the one that the anchor vouches for",
                        event.sequence
                    ));
                }
                last = Some(commit.clone());
            }
            if commits.is_empty() {
                break;
            }
        }
        let end = chain.head().seq;
        if let Some(head) = anchored.filter(|head| head.seq > end) {
            verified.faults.push(format!(
                "audit trail of changes: it ends at event {end} although event {} was written",
                head.seq
            ));
        }
        if state.head < at || end < at.number() {
            verified.faults.push(format!("the newest revision is {at}, but the commits end at {end}"));
        }
        Ok(())
    }
}

/// What cannot be read because it is damaged ends a check, and is a fault itself.
fn fault_or(outcome: Result<()>, verified: &mut Verified) -> Result<()> {
    match outcome {
        Err(Error::Damaged(what)) => verified.faults.push(what.to_string()),
        other => return other,
    }
    Ok(())
}

fn place_of(entry: IndexEntry, key: &str) -> EntryPlace {
    let position = Position { sort: entry.sort, key: key.to_owned() };
    EntryPlace { index: entry.index.name.to_owned(), partition: entry.partition, position }
}

fn describe(entry: &EntryPlace) -> String {
    format!(
        "the entry `{}` of `{}` in `{}` for `{}`",
        entry.position.sort, entry.partition, entry.index, entry.position.key
    )
}

/// How many rows are read at once.
const STEP: usize = 1000;
