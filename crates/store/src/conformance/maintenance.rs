//! Compaction, reopening, reset.

use super::{BY_NAME, Desk, Item, authority, delete, event, insert, item, key, put, some_keys};
use crate::{Error, Revision, Sizes};

/// What a kept revision can see stays; what only older ones could see goes.
pub async fn compaction_drops_what_was_superseded(desk: Desk) {
    let store = desk.open().await;
    insert(&store, [item(1), item(2), item(3)]).await;
    let held = store.read();
    for value in 1..=4 {
        put(&store, Item { value, ..item(1) }).await;
    }
    delete(&store, 2).await;
    let floor = store.head();
    put(&store, Item { value: 5, ..item(1) }).await;
    delete(&store, 3).await;
    let before = store.stats().await.unwrap();
    assert_eq!(before.versions, 3 + 4 + 1 + 1 + 1);
    assert_eq!(
        store.compact(floor.next().next().next()).await,
        Err(Error::NotYet { asked: floor.next().next().next(), head: store.head() })
    );
    assert!(store.compact(floor).await.unwrap() >= 6);
    // Of item 1 two versions, of item 3 its one and its deletion.
    assert_eq!(store.stats().await.unwrap().versions, 4);
    let refused = Error::Compacted { floor };
    assert_eq!(held.get::<Item>(&key(1)).await.unwrap_err(), refused);
    assert_eq!(store.read_at(Revision::new(floor.number() - 1)).unwrap_err(), refused);
    assert_eq!(store.changes_since(Revision::ZERO, 1).await.unwrap_err(), refused);
    let at_floor = store.read_at(floor).unwrap();
    assert_eq!(at_floor.get::<Item>(&key(1)).await.unwrap().unwrap().value, 4);
    assert_eq!(at_floor.get::<Item>(&key(2)).await.unwrap(), None);
    assert_eq!(at_floor.all::<Item>(&BY_NAME, "a").await.unwrap().len(), 2);
    assert_eq!(store.read().all::<Item>(&BY_NAME, "a").await.unwrap().len(), 1);
    assert_eq!(store.history::<Item>(&key(1)).await.unwrap().len(), 2);
    assert_eq!(store.changes_since(floor, 10).await.unwrap().len(), 2);
    assert_eq!(store.events(0, 100).await.unwrap().len(), 8, "the audit trail stays");
    desk.assert_whole(&store).await;
    store.close().await;
    let store = desk.open().await;
    assert_eq!(store.read_at(Revision::new(1)).unwrap_err(), refused, "the floor lasts");
    assert_eq!(store.compact(floor).await.unwrap(), 0);
    insert(&store, [item(2)]).await;
    desk.assert_whole(&store).await;
}

/// More rows than one step looks at.
pub async fn compaction_in_many_steps_drops_all_it_should(desk: Desk) {
    let store = desk.open().await;
    for round in 0..4 {
        let mut transaction = store.write(authority());
        for id in 0..1500 {
            transaction.put(Item { value: round, name: format!("{round}-{id}"), ..item(id) }).await.unwrap();
        }
        transaction.commit(event("Fill")).await.unwrap();
    }
    assert_eq!(store.stats().await.unwrap().versions, 6000);
    store.compact(store.head()).await.unwrap();
    let stats = store.stats().await.unwrap();
    assert_eq!((stats.versions, stats.entries), (1500, 1500));
    assert_eq!(store.read().count(&BY_NAME, "a").await.unwrap(), 1500);
    desk.assert_whole(&store).await;
}

/// Everything is there again, and the sequence goes on.
pub async fn a_store_opens_again_as_it_was_closed(desk: Desk) {
    let store = desk.open().await;
    let first = insert(&store, [item(1), item(2)]).await;
    put(&store, Item { value: 1, ..item(1) }).await;
    let head = store.head();
    store.close().await;
    let store = desk.open().await;
    assert_eq!(store.head(), head);
    assert_eq!(store.read().get::<Item>(&key(1)).await.unwrap().unwrap().value, 1);
    assert_eq!(*store.read_at(first.revision).unwrap().get::<Item>(&key(1)).await.unwrap().unwrap(), item(1));
    assert_eq!(store.read().count(&BY_NAME, "a").await.unwrap(), 2);
    let next = insert(&store, [item(3)]).await;
    assert_eq!(next.revision, head.next());
    assert!(next.instant > first.instant);
    desk.assert_whole(&store).await;
}

/// Records and secrets go in one commit; history and audit trail stay.
pub async fn a_reset_empties_and_is_audited(desk: Desk) {
    let store = desk.open().await;
    let before = insert(&store, (0..10).map(item)).await;
    let mut transaction = store.write(authority());
    transaction.put_secret("key", "k", "sealed");
    transaction.commit(event("Secret")).await.unwrap();
    store.read().all::<Item>(&BY_NAME, "a").await.unwrap();
    let mut racing = store.write(authority());
    racing.put(Item { value: 3, ..item(3) }).await.unwrap();
    store.reset(&authority(), &event("Reset")).await.unwrap();
    assert_eq!(racing.commit(event("Race")).await, Err(Error::Conflict));
    let now = store.read();
    assert_eq!(now.get::<Item>(&key(1)).await.unwrap(), None);
    assert!(now.all::<Item>(&BY_NAME, "a").await.unwrap().is_empty());
    assert_eq!(now.count(&BY_NAME, "a").await.unwrap(), 0);
    assert_eq!(now.secret("key", "k").await.unwrap(), None);
    assert_eq!(store.read_at(before.revision).unwrap().all::<Item>(&BY_NAME, "a").await.unwrap().len(), 10);
    assert_eq!(store.events(0, 10).await.unwrap().last().unwrap().id, "event-Reset");
    insert(&store, [item(1)]).await;
    desk.assert_whole(&store).await;
}

/// Whatever commits at the same time, the reset's revision shows an empty store.
pub async fn a_reset_leaves_nothing_of_what_commits_meanwhile(desk: Desk) {
    let store = desk.open().await;
    insert(&store, (0..50).map(item)).await;
    let writer = store.clone();
    let busy = tokio::spawn(async move {
        for id in 1000..1400 {
            let mut transaction = writer.write(authority());
            transaction.insert(item(id)).await.unwrap();
            match transaction.commit(event("Busy")).await {
                Ok(_) | Err(Error::Conflict) => {}
                Err(other) => panic!("{other}"),
            }
        }
    });
    for _ in 0..10 {
        let reset = store.reset(&authority(), &event("Reset")).await.unwrap();
        let then = store.read_at(reset.revision).unwrap();
        assert_eq!(then.all::<Item>(&BY_NAME, "a").await.unwrap().len(), 0);
        assert_eq!(then.count(&BY_NAME, "a").await.unwrap(), 0);
    }
    busy.await.unwrap();
    desk.assert_whole(&store).await;
}

/// Clones of a closed store answer reads and refuse commits.
pub async fn a_closed_store_refuses(desk: Desk) {
    let store = desk.open().await;
    insert(&store, [item(1)]).await;
    let clone = store.clone();
    store.close().await;
    assert!(clone.read().get::<Item>(&key(1)).await.unwrap().is_some());
    let mut transaction = clone.write(authority());
    transaction.insert(item(2)).await.unwrap();
    assert_eq!(transaction.commit(event("Late")).await, Err(Error::Closed));
}

/// An anchor that the keys do not vouch for stops the start.
pub async fn another_audit_key_is_refused(desk: Desk) {
    let store = desk.open().await;
    insert(&store, [item(1)]).await;
    store.close().await;
    let refused = desk.try_open(some_keys(), Sizes::default()).await;
    assert!(matches!(refused, Err(Error::Damaged(_))));
    desk.assert_whole(&desk.open().await).await;
}
