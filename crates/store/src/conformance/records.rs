//! Records one by one.

use super::{BY_NAME, Desk, Item, authority, commit, delete, event, insert, item, key, put};
use crate::{Error, IndexSpec, Range};

/// The four things that happen to a record.
pub async fn a_record_is_inserted_read_replaced_and_deleted(desk: Desk) {
    let store = desk.open().await;
    assert_eq!(store.read().get::<Item>(&key(1)).await.unwrap(), None);
    insert(&store, [item(1)]).await;
    assert_eq!(*store.read().get::<Item>(&key(1)).await.unwrap().unwrap(), item(1));
    assert_eq!(*store.read().find::<Item>(&BY_NAME, "a", "n000001").await.unwrap().unwrap(), item(1));
    put(&store, Item { value: 5, ..item(1) }).await;
    assert_eq!(store.read().get::<Item>(&key(1)).await.unwrap().unwrap().value, 5);
    delete(&store, 1).await;
    assert_eq!(store.read().get::<Item>(&key(1)).await.unwrap(), None);
    assert_eq!(store.read().find::<Item>(&BY_NAME, "a", "n000001").await.unwrap(), None);
    insert(&store, [item(1)]).await;
    assert_eq!(*store.read().get::<Item>(&key(1)).await.unwrap().unwrap(), item(1));
    desk.assert_whole(&store).await;
}

/// A key is taken once.
pub async fn a_taken_key_already_exists(desk: Desk) {
    let store = desk.open().await;
    insert(&store, [item(1)]).await;
    let again = Item { name: "other".to_owned(), ..item(1) };
    let mut transaction = store.write(authority());
    let refused = transaction.insert(again).await.unwrap_err();
    assert_eq!(refused, Error::AlreadyExists { kind: "item", index: None, at: "a/000001".to_owned() });
    let mut transaction = store.write(authority());
    transaction.insert(item(2)).await.unwrap();
    assert!(matches!(transaction.insert(item(2)).await, Err(Error::AlreadyExists { .. })));
}

/// What is not there cannot be deleted.
pub async fn deleting_nothing_finds_nothing(desk: Desk) {
    let store = desk.open().await;
    let mut transaction = store.write(authority());
    let refused = transaction.delete::<Item>(&key(9)).await.unwrap_err();
    assert_eq!(refused, Error::NotFound { kind: "item", key: "a/000009".to_owned() });
    transaction.insert(item(9)).await.unwrap();
    assert_eq!(*transaction.delete::<Item>(&key(9)).await.unwrap(), item(9));
    assert!(matches!(transaction.delete::<Item>(&key(9)).await, Err(Error::NotFound { .. })));
    commit(transaction).await;
    assert_eq!(store.read().get::<Item>(&key(9)).await.unwrap(), None);
    assert!(store.history::<Item>(&key(9)).await.unwrap().is_empty());
    desk.assert_whole(&store).await;
}

/// Reads of a transaction show its writes, and nobody else's do.
pub async fn a_transaction_sees_its_own_writes(desk: Desk) {
    let store = desk.open().await;
    insert(&store, [item(1), item(2)]).await;
    let mut transaction = store.write(authority());
    transaction.insert(item(3)).await.unwrap();
    transaction.put(Item { name: "moved".to_owned(), ..item(1) }).await.unwrap();
    transaction.delete::<Item>(&key(2)).await.unwrap();
    assert_eq!(*transaction.get::<Item>(&key(3)).await.unwrap().unwrap(), item(3));
    assert_eq!(transaction.get::<Item>(&key(2)).await.unwrap(), None);
    assert_eq!(transaction.find::<Item>(&BY_NAME, "a", "moved").await.unwrap().unwrap().id, 1);
    assert_eq!(transaction.find::<Item>(&BY_NAME, "a", "n000001").await.unwrap(), None);
    assert_eq!(transaction.find::<Item>(&BY_NAME, "a", "n000002").await.unwrap(), None);
    let page = transaction.scan::<Item>(&BY_NAME, "a", Range::all(), 10).await.unwrap();
    assert_eq!(page.items.iter().map(|item| item.id).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(transaction.count(&BY_NAME, "a").await.unwrap(), 2);
    assert_eq!(store.read().get::<Item>(&key(3)).await.unwrap(), None);
    assert_eq!(store.read().count(&BY_NAME, "a").await.unwrap(), 2);
    commit(transaction).await;
    assert_eq!(store.read().find::<Item>(&BY_NAME, "a", "moved").await.unwrap().unwrap().id, 1);
    desk.assert_whole(&store).await;
}

/// Without a commit nothing happens.
pub async fn a_dropped_transaction_leaves_no_trace(desk: Desk) {
    let store = desk.open().await;
    let mut transaction = store.write(authority());
    transaction.insert(item(1)).await.unwrap();
    transaction.put_secret("key", "k", "sealed");
    drop(transaction);
    assert_eq!(store.head(), crate::Revision::ZERO);
    assert_eq!(store.read().get::<Item>(&key(1)).await.unwrap(), None);
    assert_eq!(store.read().secret("key", "k").await.unwrap(), None);
}

/// A put of what is there already is a commit, and an event, without a version.
pub async fn a_record_written_back_unchanged_makes_no_version(desk: Desk) {
    let store = desk.open().await;
    let first = insert(&store, [item(1)]).await;
    let second = put(&store, item(1)).await;
    assert!(second.revision > first.revision);
    assert_eq!(store.history::<Item>(&key(1)).await.unwrap().len(), 1);
    assert!(store.changes_since(first.revision, 10).await.unwrap()[0].changes.is_empty());
    desk.assert_whole(&store).await;
}

/// Mistakes of the caller are told apart from the state of the store.
pub async fn a_wrong_key_or_index_is_misuse(desk: Desk) {
    const FOREIGN: IndexSpec = IndexSpec::unique("other/by-name");
    let store = desk.open().await;
    let snapshot = store.read();
    assert!(matches!(snapshot.find::<Item>(&FOREIGN, "a", "x").await, Err(Error::Misuse(_))));
    assert!(matches!(snapshot.find::<Item>(&super::BY_GROUP, "a", "x").await, Err(Error::Misuse(_))));
    let mut transaction = store.write(authority());
    for name in ["nul\0", "line\n"] {
        assert!(matches!(
            transaction.insert(Item { name: name.to_owned(), ..item(1) }).await,
            Err(Error::Misuse(_))
        ));
    }
    let odd = Item { name: "ünïcode / % ' \" 🦀".to_owned(), ..item(1) };
    transaction.insert(odd.clone()).await.unwrap();
    commit(transaction).await;
    assert_eq!(*store.read().find::<Item>(&BY_NAME, "a", &odd.name).await.unwrap().unwrap(), odd);
}

/// Secrets stand beside the records, without history.
pub async fn a_secret_is_read_replaced_and_shredded(desk: Desk) {
    let store = desk.open().await;
    let mut transaction = store.write(authority());
    transaction.put_secret("key", "one", "first");
    transaction.put_secret("key", "two", "other");
    assert_eq!(transaction.secret("key", "one").await.unwrap().as_deref(), Some("first"));
    let created = commit(transaction).await;
    assert_eq!(store.read().secret("key", "one").await.unwrap().as_deref(), Some("first"));
    let mut transaction = store.write(authority());
    transaction.put_secret("key", "one", "second");
    commit(transaction).await;
    assert_eq!(store.read().secret("key", "one").await.unwrap().as_deref(), Some("second"));
    let all = store.secrets(None, 10).await.unwrap();
    assert_eq!(all.iter().map(|secret| &*secret.sealed).collect::<Vec<_>>(), ["second", "other"]);
    assert_eq!(store.secrets(Some(&all[0]), 10).await.unwrap(), all[1..]);
    let mut transaction = store.write(authority());
    transaction.delete_secret("key", "one");
    assert_eq!(transaction.secret("key", "one").await.unwrap(), None);
    commit(transaction).await;
    assert_eq!(store.read().secret("key", "one").await.unwrap(), None);
    assert_eq!(store.read_at(created.revision).unwrap().secret("key", "one").await.unwrap(), None);
}

/// Every commit has its event, in order, and no event is there without its commit.
pub async fn the_audit_event_commits_with_the_change(desk: Desk) {
    let store = desk.open().await;
    for id in 1..=3 {
        let mut transaction = store.write(authority());
        transaction.insert(item(id)).await.unwrap();
        transaction.commit(event(&format!("Create{id}"))).await.unwrap();
    }
    let mut refused = store.write(authority());
    refused.insert(item(4)).await.unwrap();
    insert(&store, [item(4)]).await;
    assert_eq!(refused.commit(event("Refused")).await, Err(Error::Conflict));
    let events = store.events(0, 10).await.unwrap();
    assert_eq!(
        events.iter().map(|event| &*event.id).collect::<Vec<_>>(),
        ["event-Create1", "event-Create2", "event-Create3", "event-Test"]
    );
    assert_eq!(events.iter().map(|event| event.sequence).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(store.events(2, 1).await.unwrap(), events[2..3]);
    assert!(events.windows(2).all(|pair| pair[1].previous == pair[0].hash));
    desk.assert_whole(&store).await;
}
