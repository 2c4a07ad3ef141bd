//! The data directory: one writer, readers beside it, modes of files.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use store::conformance::{BY_NAME, Item, ManualClock, authority, event, insert, item, key, put, some_keys};
use store::{Error, Kind, Options, Revision, Sizes, Store};
use tempfile::TempDir;

fn options() -> Options {
    Options { clock: Arc::new(ManualClock::default()), audit: some_keys(), sizes: Sizes::default() }
}

async fn open_beside(directory: &Path) -> store::Result<Store> {
    store_sqlite::open_read_only(directory, Arc::new(ManualClock::default()), Sizes::default()).await
}

#[tokio::test]
async fn a_second_writer_is_refused_by_name_and_the_first_goes_on() {
    let home = TempDir::new().unwrap();
    let directory = home.path().join("data");
    let keys = some_keys();
    let store = store_sqlite::open(&directory, Options { audit: keys.clone(), ..options() }).await.unwrap();
    let refused = store_sqlite::open(&directory, options()).await.unwrap_err();
    assert_eq!(refused, Error::Locked { directory: directory.clone() });
    assert!(refused.to_string().contains(&directory.display().to_string()), "{refused}");
    insert(&store, [item(1)]).await;
    store.close().await;
    let store = store_sqlite::open(&directory, Options { audit: keys, ..options() }).await.unwrap();
    assert!(store.read().get::<Item>(&key(1)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_reader_beside_the_writer_sees_one_revision_and_cannot_write() {
    let home = TempDir::new().unwrap();
    let store = store_sqlite::open(home.path(), options()).await.unwrap();
    insert(&store, [item(1)]).await;
    let beside = open_beside(home.path()).await.unwrap();
    assert_eq!(beside.head(), store.head());
    put(&store, Item { value: 1, ..item(1) }).await;
    insert(&store, [item(2)]).await;
    assert_eq!(*beside.read().get::<Item>(&key(1)).await.unwrap().unwrap(), item(1));
    assert_eq!(beside.read().get::<Item>(&key(2)).await.unwrap(), None);
    let mut transaction = beside.write(authority());
    transaction.insert(item(3)).await.unwrap();
    assert_eq!(transaction.commit(event("Beside")).await, Err(Error::ReadOnly));
    assert_eq!(beside.consume_once("totp", "1", jiff::Timestamp::MAX).await, Err(Error::ReadOnly));
    store.compact(store.head()).await.unwrap();
    let beside = open_beside(home.path()).await.unwrap();
    assert_eq!(beside.head(), store.head());
    assert_eq!(
        beside.changes_since(Revision::ZERO, 10).await.unwrap_err(),
        Error::Compacted { floor: store.head() }
    );
    store.close().await;
    let alone = open_beside(home.path()).await.unwrap();
    assert_eq!(alone.read().get::<Item>(&key(1)).await.unwrap().unwrap().value, 1);
}

#[tokio::test]
async fn a_compaction_beside_a_reader_takes_nothing_from_it() {
    let home = TempDir::new().unwrap();
    let keys = some_keys();
    let store = store_sqlite::open(home.path(), Options { audit: keys.clone(), ..options() }).await.unwrap();
    insert(&store, (0..50).map(item)).await;
    let beside = open_beside(home.path()).await.unwrap();
    for id in 0..50 {
        put(&store, Item { value: 1, name: format!("moved{id}"), ..item(id) }).await;
    }
    assert!(store.compact(store.head()).await.unwrap() >= 100);
    let held = beside.read().all::<Item>(&BY_NAME, "a").await.unwrap();
    assert_eq!(
        held.iter().map(|item| (**item).clone()).collect::<Vec<_>>(),
        (0..50).map(item).collect::<Vec<_>>()
    );
    let verified = beside.verify(&[Kind::of::<Item>()], &keys).await.unwrap();
    assert_eq!((verified.records, verified.commits, verified.faults), (50, 1, vec![]));
}

#[tokio::test]
async fn there_is_nothing_to_read_where_there_is_no_store() {
    let home = TempDir::new().unwrap();
    let refused = open_beside(home.path()).await.unwrap_err();
    assert!(refused.to_string().contains(&home.path().display().to_string()), "{refused}");
    std::fs::write(
        home.path().join("store.db"),
        "this is no database, however long it is made to look like one",
    )
    .unwrap();
    assert!(matches!(open_beside(home.path()).await, Err(Error::Damaged(_))));
    assert!(matches!(store_sqlite::open(home.path(), options()).await, Err(Error::Damaged(_))));
}

#[tokio::test]
async fn files_are_for_their_owner_only() {
    let home = TempDir::new().unwrap();
    let directory = home.path().join("new").join("data");
    let store = store_sqlite::open(&directory, options()).await.unwrap();
    insert(&store, [item(1)]).await;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    let mut files = Vec::new();
    for file in std::fs::read_dir(&directory).unwrap() {
        let file = file.unwrap();
        assert_eq!(mode(&file.path()), 0o600, "{:?}", file.file_name());
        files.push(file.file_name());
    }
    assert!(files.len() >= 3, "{files:?}");
}
