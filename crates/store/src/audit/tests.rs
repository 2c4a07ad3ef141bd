#![expect(clippy::string_slice, reason = "a test knows its texts")]

use std::{fs, path::Path, sync::Arc, time::Duration};

use jiff::Timestamp;
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::seal::{Keyring, SystemEntropy};

mod chain;
mod journal;
mod tamper;

fn keyring() -> Keyring {
    Keyring::in_memory(Arc::new(SystemEntropy::new()), at(0)).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// Event number `n`, at second `n`.
fn event(n: i64) -> AuditEvent {
    AuditEvent::new(format!("event-{n}"), at(n), &json!({ "eventName": "GetUser", "n": n })).unwrap()
}

/// Writes at once, so that a test never waits, and syncs only when asked.
fn options() -> JournalOptions {
    JournalOptions {
        linger: Duration::ZERO,
        sync_every: Duration::from_secs(3600),
        patience: Duration::from_secs(20),
        ..JournalOptions::default()
    }
}

/// Segments of a few events each, one batch an event.
fn small() -> JournalOptions {
    JournalOptions { segment_bytes: 1000, ..options() }
}

fn open(dir: &Path, keys: &AuditKeys) -> Journal {
    Journal::open(dir, keys.clone(), options(), at(1_000_000)).unwrap().0
}

/// A closed journal of events 1 to `count` over several segments.
async fn written(dir: &Path, keys: &AuditKeys, count: i64) -> Vec<String> {
    let journal = Journal::open(dir, keys.clone(), small(), at(0)).unwrap().0;
    for n in 1..=count {
        journal.append(event(n)).await.unwrap();
        journal.flush().await.unwrap();
    }
    journal.close().await.unwrap();
    segment_names(dir)
}

fn segment_names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name.ends_with(".jsonl"));
    names.sort();
    names
}

fn numbers(entries: &[Entry]) -> Vec<i64> {
    entries.iter().map(|entry| entry.event.record_value().unwrap()["n"].as_i64().unwrap_or(-1)).collect()
}

fn copy_dir(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
