//! kill -9 in the middle of concurrent commits loses nothing that was acknowledged, and leaves nothing half done.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader};

use store::conformance::{Item, key};
use store::{Kind, Revision, Store};
use tempfile::TempDir;

use super::child;

/// What a child said before it was killed.
struct Acknowledged {
    revision: Revision,
    task: u32,
    value: i64,
    event: String,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_writer_loses_nothing_acknowledged() {
    let home = TempDir::new().unwrap();
    let mut all = Vec::new();
    for round in 1..=6 {
        let mut child = child::start(home.path(), round, TASKS, 1_000_000, None);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Each round dies at another point; what is in the pipe by then was acknowledged too.
        let patience = 150 * round as usize + 37;
        let mut seen = 0;
        for line in lines {
            // A line that the kill cut short was never whole.
            let Some(acknowledged) = line.ok().and_then(|line| parse(&line)) else { continue };
            all.push(acknowledged);
            seen += 1;
            if seen == patience {
                child.kill().unwrap();
            }
        }
        assert!(seen >= patience, "the child ended by itself after {seen} commits");
        assert!(!child.wait().unwrap().success());
        let (store, keys) = child::open(home.path()).await;
        let verified = store.verify(&[Kind::of::<Item>()], &keys).await.unwrap();
        assert_eq!(verified.faults, Vec::<String>::new(), "round {round}");
        assert_kept(&store, &all).await;
        store.close().await;
    }
}

async fn assert_kept(store: &Store, all: &[Acknowledged]) {
    let mut events = HashMap::new();
    let mut after = 0;
    loop {
        let page = store.events(after, 1000).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.sequence;
        events.extend(page.into_iter().map(|event| (event.sequence, event.id)));
    }
    let mut revisions = HashSet::new();
    for acknowledged in all {
        let revision = acknowledged.revision;
        assert!(revisions.insert(revision), "revision {revision} was given twice");
        assert_eq!(events.get(&revision.number()), Some(&acknowledged.event));
        let then = store.read_at(revision).unwrap();
        let (one, two) = child::pair(acknowledged.task);
        for id in [one, two] {
            assert_eq!(
                then.get::<Item>(&key(id)).await.unwrap().unwrap().value,
                acknowledged.value,
                "{revision}"
            );
        }
    }
    // Also in what was committed but not acknowledged, both records of a pair changed together.
    let mut after = Revision::ZERO;
    loop {
        let page = store.changes_since(after, 1000).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.revision;
        for commit in &page {
            let changed: HashSet<i64> = commit
                .changes
                .iter()
                .filter_map(|change| change.record_after::<Item>().unwrap())
                .filter(|item| item.id != child::SHARED)
                .map(|item| item.value)
                .collect();
            let pairs = commit.changes.iter().filter(|change| !change.key.ends_with("999")).count();
            assert_eq!((changed.len(), pairs), (1, 2), "revision {}", commit.revision);
        }
    }
}

fn parse(line: &str) -> Option<Acknowledged> {
    // The test harness may have begun the line.
    let (_, rest) = line.split_once("acknowledged ")?;
    let mut words = rest.split(' ');
    let revision = words.next()?.parse().ok()?;
    let task = words.next()?.parse().ok()?;
    let value = words.next()?.parse().ok()?;
    let event = words.next().filter(|event| event.starts_with("event-"))?.to_owned();
    Some(Acknowledged { revision, task, value, event })
}

const TASKS: u32 = 16;
