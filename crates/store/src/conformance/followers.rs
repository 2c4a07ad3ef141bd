//! Followers and their leases.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::SignedDuration;

use super::{Desk, Item, insert, item, key, put};
use crate::{Change, Error, Follower, Lease, Progress, Revision};

type Seen = (Revision, Vec<Change>);

/// Remembers what it was told.
#[derive(Clone, Default)]
struct Recorder {
    seen: Arc<Mutex<Vec<Seen>>>,
    newest: Arc<AtomicU64>,
}

impl Follower for Recorder {
    fn apply(&mut self, revision: Revision, changes: &[Change]) -> Progress {
        self.seen.lock().unwrap().push((revision, changes.to_vec()));
        self.newest.store(revision.number(), Ordering::SeqCst);
        Progress::Applied
    }
}

/// Says that it will, and does not.
struct Sluggard;

impl Follower for Sluggard {
    fn apply(&mut self, _: Revision, _: &[Change]) -> Progress {
        Progress::Pending
    }
}

/// When a commit returns, every follower has its revision.
pub async fn a_follower_has_applied_what_is_acknowledged(desk: Desk) {
    let store = desk.open().await;
    insert(&store, [item(1)]).await;
    let recorder = Recorder::default();
    let lease = Lease::of_this_process("cache", Arc::new(desk.clock.clone()));
    let from = store.follow(Box::new(recorder.clone()), lease.clone()).await.unwrap();
    assert_eq!(from, store.head());
    let tasks: Vec<_> = (2..50)
        .map(|id| {
            let (store, newest) = (store.clone(), Arc::clone(&recorder.newest));
            tokio::spawn(async move {
                let committed = insert(&store, [item(id)]).await;
                assert!(newest.load(Ordering::SeqCst) >= committed.revision.number());
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let seen = recorder.seen.lock().unwrap();
    let revisions: Vec<u64> = seen.iter().map(|(revision, _)| revision.number()).collect();
    assert_eq!(revisions, (from.number() + 1..=store.head().number()).collect::<Vec<_>>());
    assert!(seen.iter().all(|(_, changes)| changes.len() == 1 && changes[0].before.is_none()));
    assert_eq!(lease.applied(), store.head());
}

/// A follower that takes its time is waited for.
pub async fn a_commit_waits_for_a_pending_follower(desk: Desk) {
    let store = desk.open().await;
    let lease = Lease::for_term("node-2", Arc::new(desk.clock.clone()), SignedDuration::from_secs(10));
    store.follow(Box::new(Sluggard), lease.clone()).await.unwrap();
    let writer = store.clone();
    let mut pending = tokio::spawn(async move { insert(&writer, [item(1)]).await });
    assert!(
        tokio::time::timeout(Duration::from_millis(50), &mut pending).await.is_err(),
        "acknowledged too early"
    );
    // It is on disk and readable here, but not acknowledged.
    lease.confirm(store.head());
    let committed = pending.await.unwrap();
    assert_eq!(committed.revision, lease.applied());
}

/// Once a lease has run out, the writer goes on and the follower refuses.
pub async fn a_follower_that_stops_renewing_is_refused_and_not_waited_for(desk: Desk) {
    let store = desk.open().await;
    insert(&store, [item(1)]).await;
    let term = SignedDuration::from_secs(10);
    let lease = Lease::for_term("node-2", Arc::new(desk.clock.clone()), term);
    store.follow(Box::new(Sluggard), lease.clone()).await.unwrap();
    let node = store.under(lease.clone());
    assert!(node.read().get::<Item>(&key(1)).await.unwrap().is_some());
    desk.clock.advance(SignedDuration::from_secs(8));
    lease.renew(term).unwrap();
    desk.clock.advance(SignedDuration::from_secs(8));
    let held = node.read();
    assert!(held.get::<Item>(&key(1)).await.unwrap().is_some(), "renewed");

    let writer = store.clone();
    let pending = tokio::spawn(async move { put(&writer, Item { value: 1, ..item(1) }).await });
    while store.head().number() < 2 {
        tokio::task::yield_now().await;
    }
    desk.clock.advance(SignedDuration::from_secs(3));
    pending.await.unwrap();

    let expired = Error::LeaseExpired { holder: "node-2".to_owned() };
    assert_eq!(node.read().get::<Item>(&key(1)).await.unwrap_err(), expired);
    assert_eq!(held.get::<Item>(&key(1)).await.unwrap_err(), expired);
    assert_eq!(node.changes_since(Revision::ZERO, 1).await.unwrap_err(), expired);
    let mut transaction = node.write(super::authority());
    assert_eq!(transaction.insert(item(2)).await.unwrap_err(), expired);
    assert_eq!(lease.renew(term).unwrap_err(), expired, "it has missed a revision: it must follow anew");
    assert_eq!(store.read().get::<Item>(&key(1)).await.unwrap().unwrap().value, 1, "the writer goes on");
    put(&store, Item { value: 2, ..item(1) }).await;
}
