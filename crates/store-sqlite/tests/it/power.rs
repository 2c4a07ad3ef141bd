//! A power cut: what was not synced may be gone. So the database as it was synced last, beside the log as it is, must give
//! every acknowledged commit.

use std::path::Path;

use store::conformance::{Item, insert, item, key, put};
use store::{Kind, Revision};
use tempfile::TempDir;

use super::child;

/// Everything of `from` that a sync has covered by now, in `to`: the log of commits is left out.
fn copy_tables(from: &Path, to: &Path) {
    for name in ["store.db", "store.db-wal", "master.key", "keyring.json"] {
        std::fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

fn copy_log(from: &Path, to: &Path) {
    std::fs::copy(from.join("store.log"), to.join("store.log")).unwrap();
}

/// The store in `directory` holds revisions up to `head`, and the item `id` as it was put last.
async fn assert_whole(directory: &Path, head: u64, id: u32, value: i64) {
    let (store, keys) = child::open(directory).await;
    assert_eq!(store.head(), Revision::new(head));
    assert_eq!(store.read().get::<Item>(&key(id)).await.unwrap().unwrap().value, value);
    let verified = store.verify(&[Kind::of::<Item>()], &keys).await.unwrap();
    assert_eq!((verified.commits, verified.faults), (head, vec![]));
    // It goes on, and the next process finds that as well.
    put(&store, Item { value: -1, ..item(id) }).await;
    store.close().await;
    let (store, keys) = child::open(directory).await;
    assert_eq!(store.head(), Revision::new(head + 1));
    assert_eq!(store.verify(&[Kind::of::<Item>()], &keys).await.unwrap().faults, Vec::<String>::new());
}

#[tokio::test]
async fn a_power_cut_takes_nothing_that_was_acknowledged() {
    let (home, after) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (store, _) = child::open(home.path()).await;
    copy_tables(home.path(), after.path());
    insert(&store, [item(1)]).await;
    for value in 1..=20 {
        put(&store, Item { value, ..item(1) }).await;
    }
    copy_log(home.path(), after.path());
    assert_whole(after.path(), 21, 1, 20).await;
}

#[tokio::test]
async fn a_power_cut_after_a_killed_process_takes_nothing_that_was_acknowledged() {
    let (home, killed, after) = (TempDir::new().unwrap(), TempDir::new().unwrap(), TempDir::new().unwrap());
    let (store, _) = child::open(home.path()).await;
    insert(&store, [item(1)]).await;
    // As a killed process leaves it: in the tables, where they are asked, but not synced.
    assert_eq!(store.events(0, 10).await.unwrap().len(), 1);
    copy_tables(home.path(), killed.path());
    copy_log(home.path(), killed.path());
    let (store, _) = child::open(killed.path()).await;
    // The log is written over from here on: the opening has synced the tables.
    copy_tables(killed.path(), after.path());
    put(&store, Item { value: 2, ..item(1) }).await;
    copy_log(killed.path(), after.path());
    assert_whole(after.path(), 2, 1, 2).await;
}

#[tokio::test]
async fn a_commit_that_the_log_has_no_room_for_is_in_the_tables() {
    let (home, after) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (store, _) = child::open(home.path()).await;
    insert(&store, [item(1)]).await;
    let large = |id| Item { name: format!("{id}{}", "x".repeat(1 << 20)), ..item(id) };
    insert(&store, (10..16).map(large)).await;
    copy_tables(home.path(), after.path());
    for value in 1..=3 {
        put(&store, Item { value, ..item(1) }).await;
    }
    copy_log(home.path(), after.path());
    assert_whole(after.path(), 5, 1, 3).await;
}

#[tokio::test]
async fn who_only_looks_finds_what_a_killed_process_left_in_the_log() {
    let (home, after) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (store, _) = child::open(home.path()).await;
    copy_tables(home.path(), after.path());
    insert(&store, [item(1)]).await;
    copy_log(home.path(), after.path());
    let clock = std::sync::Arc::new(store::conformance::ManualClock::default());
    let looked = store_sqlite::open_read_only(after.path(), clock, store::Sizes::default()).await.unwrap();
    assert_eq!(looked.head(), Revision::new(1));
    assert!(looked.read().get::<Item>(&key(1)).await.unwrap().is_some());
}
