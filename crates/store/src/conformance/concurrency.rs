//! Many at once.

use std::sync::Arc;

use super::{BY_NAME, Desk, Item, authority, event, insert, item, key};
use crate::{Error, Store};

/// Sixteen tasks count up one record together.
pub async fn no_increment_is_lost(desk: Desk) {
    let store = desk.open().await;
    insert(&store, [item(1)]).await;
    let count_up = async |store: Store| loop {
        let mut transaction = store.write(authority());
        let mut counter = (*transaction.get::<Item>(&key(1)).await.unwrap().unwrap()).clone();
        counter.value += 1;
        transaction.put(counter).await.unwrap();
        match transaction.commit(event("Count")).await {
            Ok(_) => break,
            Err(Error::Conflict) => tokio::task::yield_now().await,
            Err(other) => panic!("{other}"),
        }
    };
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                for _ in 0..25 {
                    count_up(store.clone()).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(store.read().get::<Item>(&key(1)).await.unwrap().unwrap().value, 400);
    assert_eq!(store.history::<Item>(&key(1)).await.unwrap().len(), 401);
    desk.assert_whole(&store).await;
}

/// A quota is exact, and costs no conflicts.
pub async fn a_limit_holds_among_many_writers(desk: Desk) {
    let store = desk.open().await;
    let tasks: Vec<_> = (0..60)
        .map(|id| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut transaction = store.write(authority());
                transaction.insert(item(id)).await.unwrap();
                transaction.require_at_most(&BY_NAME, "a", 40);
                transaction.commit(event("Create")).await
            })
        })
        .collect();
    let (mut kept, mut refused) = (0, 0);
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => kept += 1,
            Err(Error::LimitExceeded { index: "item/by-name", limit: 40, .. }) => refused += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((kept, refused), (40, 20));
    assert_eq!(store.read().count(&BY_NAME, "a").await.unwrap(), 40);
    // Who frees a place in the same commit may take it.
    let one = store.read().all::<Item>(&BY_NAME, "a").await.unwrap().swap_remove(0);
    let mut transaction = store.write(authority());
    transaction.delete::<Item>(&key(one.id)).await.unwrap();
    transaction.insert(item(99)).await.unwrap();
    transaction.require_at_most(&BY_NAME, "a", 40);
    transaction.commit(event("Swap")).await.unwrap();
    desk.assert_whole(&store).await;
}

/// Commits that share a group are each their own revision.
pub async fn many_commits_at_once_are_all_there(desk: Desk) {
    let store = desk.open().await;
    let tasks: Vec<_> = (0..200)
        .map(|id| {
            let store = store.clone();
            tokio::spawn(async move { (id, insert(&store, [item(id)]).await) })
        })
        .collect();
    let mut revisions = Vec::new();
    for task in tasks {
        let (id, committed) = task.await.unwrap();
        let then = store.read_at(committed.revision).unwrap();
        assert_eq!(then.get::<Item>(&key(id)).await.unwrap(), Some(Arc::new(item(id))));
        assert_eq!(then.count(&BY_NAME, "a").await.unwrap(), committed.revision.number());
        revisions.push(committed.revision.number());
    }
    revisions.sort_unstable();
    assert_eq!(revisions, (1..=200).collect::<Vec<_>>());
    desk.assert_whole(&store).await;
}
