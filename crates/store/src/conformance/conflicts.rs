//! Serialisability: what commits must look as if commits happened one after the other.

use super::{BY_NAME, Desk, Item, authority, commit, delete, event, insert, item, key, put};
use crate::{Error, Range, Sizes, Transaction};

async fn conflicts(transaction: Transaction) -> bool {
    match transaction.commit(event("Test")).await {
        Ok(_) => false,
        Err(Error::Conflict) => true,
        Err(other) => panic!("{other}"),
    }
}

/// Of two who read and wrote the same record, one must look again.
pub async fn the_second_writer_of_a_record_conflicts(desk: Desk) {
    let store = desk.open().await;
    insert(&store, [item(1)]).await;
    let (mut one, mut two) = (store.write(authority()), store.write(authority()));
    one.put(Item { value: 1, ..item(1) }).await.unwrap();
    two.put(Item { value: 2, ..item(1) }).await.unwrap();
    commit(one).await;
    assert!(conflicts(two).await);
    assert_eq!(store.read().get::<Item>(&key(1)).await.unwrap().unwrap().value, 1);
}

/// Two who each read what the other wrote cannot both commit.
pub async fn write_skew_conflicts(desk: Desk) {
    let store = desk.open().await;
    insert(&store, [item(1), item(2)]).await;
    let (mut one, mut two) = (store.write(authority()), store.write(authority()));
    for transaction in [&one, &two] {
        transaction.get::<Item>(&key(1)).await.unwrap();
        transaction.get::<Item>(&key(2)).await.unwrap();
    }
    one.put(Item { value: 1, ..item(1) }).await.unwrap();
    two.put(Item { value: 1, ..item(2) }).await.unwrap();
    commit(one).await;
    assert!(conflicts(two).await);
}

/// What appears in, or goes from, a partition that was scanned.
pub async fn a_phantom_conflicts(desk: Desk) {
    let store = desk.open().await;
    insert(&store, [item(1), item(2)]).await;
    let scanning = async || {
        let mut transaction = store.write(authority());
        transaction.scan::<Item>(&BY_NAME, "a", Range::prefix("n"), 1).await.unwrap();
        transaction.put(Item { account: "c".to_owned(), ..item(1) }).await.unwrap();
        transaction
    };
    let transaction = scanning().await;
    insert(&store, [item(3)]).await;
    assert!(conflicts(transaction).await, "an insert");
    let transaction = scanning().await;
    delete(&store, 3).await;
    assert!(conflicts(transaction).await, "a delete");
    let transaction = scanning().await;
    put(&store, Item { value: 9, ..item(1) }).await;
    assert!(conflicts(transaction).await, "a change of a record on the page");
    let transaction = scanning().await;
    insert(&store, [Item { account: "b".to_owned(), ..item(1) }]).await;
    assert!(!conflicts(transaction).await, "another partition");
}

/// To have seen nothing is to have seen something.
pub async fn an_absence_that_ended_conflicts(desk: Desk) {
    let store = desk.open().await;
    let mut by_key = store.write(authority());
    assert_eq!(by_key.get::<Item>(&key(1)).await.unwrap(), None);
    by_key.insert(item(8)).await.unwrap();
    let mut by_name = store.write(authority());
    assert_eq!(by_name.find::<Item>(&BY_NAME, "a", "n000001").await.unwrap(), None);
    by_name.insert(item(9)).await.unwrap();
    insert(&store, [item(1)]).await;
    assert!(conflicts(by_key).await);
    assert!(conflicts(by_name).await);
}

/// Those who touch different things commit side by side, in any order.
pub async fn strangers_do_not_conflict(desk: Desk) {
    let store = desk.open().await;
    let mut open = Vec::new();
    for id in 0..20 {
        let mut transaction = store.write(authority());
        transaction.insert(item(id)).await.unwrap();
        open.push(transaction);
    }
    for transaction in open.into_iter().rev() {
        assert!(!conflicts(transaction).await);
    }
    assert_eq!(store.read().count(&BY_NAME, "a").await.unwrap(), 20);
    desk.assert_whole(&store).await;
}

/// One gets the name; the other, run again, learns that it is taken.
pub async fn a_race_for_a_name_has_one_winner(desk: Desk) {
    let store = desk.open().await;
    let contender = |id| Item { name: "wanted".to_owned(), ..item(id) };
    let (mut one, mut two) = (store.write(authority()), store.write(authority()));
    one.insert(contender(1)).await.unwrap();
    two.insert(contender(2)).await.unwrap();
    let (one, two) = tokio::join!(conflicts(one), conflicts(two));
    assert!(one != two);
    let mut again = store.write(authority());
    let taken = again.insert(contender(3)).await.unwrap_err();
    assert!(matches!(taken, Error::AlreadyExists { index: Some("item/by-name"), .. }));
    desk.assert_whole(&store).await;
}

/// A permit stands on what was read; if that changed, it opens nothing.
pub async fn a_stale_footprint_opens_no_write(desk: Desk) {
    let store = desk.open().await;
    insert(&store, [item(1), item(2)]).await;
    let snapshot = store.read();
    snapshot.get::<Item>(&key(1)).await.unwrap();
    let (revision, footprint) = (snapshot.revision(), snapshot.footprint());
    put(&store, Item { value: 1, ..item(2) }).await;
    let mut transaction = store.write_from(authority(), revision, &footprint).unwrap();
    assert_eq!(transaction.get::<Item>(&key(2)).await.unwrap().unwrap().value, 1, "it reads the newest");
    transaction.insert(item(3)).await.unwrap();
    put(&store, Item { value: 1, ..item(1) }).await;
    assert!(conflicts(transaction).await, "the footprint joined the transaction's");
    assert!(matches!(store.write_from(authority(), revision, &footprint), Err(Error::Conflict)));
}

/// What caches ask.
pub async fn a_footprint_knows_what_changed(desk: Desk) {
    let store = desk.open().await;
    insert(&store, [item(1), item(2)]).await;
    let snapshot = store.read();
    snapshot.get::<Item>(&key(1)).await.unwrap();
    snapshot.find::<Item>(&BY_NAME, "a", "n000009").await.unwrap();
    let (revision, footprint) = (snapshot.revision(), snapshot.footprint());
    assert!(!store.changed_since(&footprint, revision));
    put(&store, Item { value: 1, ..item(2) }).await;
    assert!(!store.changed_since(&footprint, revision));
    insert(&store, [item(9)]).await;
    assert!(store.changed_since(&footprint, revision));
    assert!(!store.changed_since(&footprint, store.head()));
}

/// A secret that was read is part of what a commit stands on.
pub async fn a_changed_secret_conflicts(desk: Desk) {
    let store = desk.open().await;
    let mut transaction = store.write(authority());
    transaction.secret("key", "k").await.unwrap();
    transaction.insert(item(1)).await.unwrap();
    let mut other = store.write(authority());
    other.put_secret("key", "k", "sealed");
    commit(other).await;
    assert!(conflicts(transaction).await);
}

/// Memory is bounded: who has waited for longer than is remembered must look again, and sees the truth then.
pub async fn what_was_forgotten_counts_as_changed(desk: Desk) {
    let sizes = Sizes { cache_bytes: 1 << 20, touched_points: 64 };
    let store = desk.try_open(desk.keys.clone(), sizes).await.unwrap();
    insert(&store, [item(1)]).await;
    let snapshot = store.read();
    snapshot.get::<Item>(&key(1)).await.unwrap();
    let (revision, footprint) = (snapshot.revision(), snapshot.footprint());
    for id in 100..200 {
        insert(&store, [item(id)]).await;
    }
    assert!(store.changed_since(&footprint, revision));
    assert_eq!(*snapshot.get::<Item>(&key(1)).await.unwrap().unwrap(), item(1));
    put(&store, Item { value: 1, ..item(1) }).await;
    for id in 200..300 {
        insert(&store, [item(id)]).await;
        assert_eq!(store.read().get::<Item>(&key(1)).await.unwrap().unwrap().value, 1);
        assert_eq!(snapshot.get::<Item>(&key(1)).await.unwrap().unwrap().value, 0);
    }
}
