//! Declared indexes, and the changes of a few records among many.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{BY_GROUP, BY_NAME, Desk, Item, ItemKey, authority, commit, delete, insert, item, key, put};
use crate::{Error, IndexEntry, IndexSpec, Kind, Record, Revision, Store};

/// An item as an older program knows it: it has no groups.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
struct OldItem(Item);

impl Record for OldItem {
    const KIND: &'static str = "item";
    const INDEXES: &'static [IndexSpec] = &[BY_NAME];
    type Key = ItemKey;

    fn key(&self) -> ItemKey {
        self.0.key()
    }

    fn entries(&self) -> Vec<IndexEntry> {
        self.0.entries().into_iter().filter(|entry| entry.index == BY_NAME).collect()
    }
}

const OLD: &[Kind] = &[Kind::of::<OldItem>()];
const NEW: &[Kind] = &[Kind::of::<Item>()];

fn grouped(id: u32, group: &str) -> Item {
    Item { group: Some(group.to_owned()), ..item(id) }
}

async fn put_old(store: &Store, item: Item) -> Revision {
    let mut transaction = store.write(authority());
    transaction.put(OldItem(item)).await.unwrap();
    commit(transaction).await.revision
}

async fn group(store: &Store, at: Revision, name: &str) -> Vec<u32> {
    let read = store.read_at(at).unwrap();
    let partition = format!("a/{name}");
    let found = read.all::<Item>(&BY_GROUP, &partition).await.unwrap();
    assert_eq!(read.count(&BY_GROUP, &partition).await.unwrap(), found.len() as u64);
    found.iter().map(|item| item.id).collect()
}

/// An index that a newer program has is built from what the older one kept, the past included, and kept from then on.
pub async fn an_index_that_comes_later_is_built_with_its_past(desk: Desk) {
    let store = desk.open().await;
    let first = put_old(&store, grouped(1, "x")).await;
    put_old(&store, grouped(2, "x")).await;
    let moved = put_old(&store, grouped(1, "y")).await;
    put_old(&store, item(3)).await;
    let mut transaction = store.write(authority());
    transaction.delete::<OldItem>(&key(2)).await.unwrap();
    commit(transaction).await;
    store.close().await;

    let store = desk.open().await;
    store.declare(NEW).await.unwrap();
    assert_eq!(group(&store, first, "x").await, [1]);
    assert_eq!(group(&store, moved, "x").await, [2]);
    assert_eq!(group(&store, moved, "y").await, [1]);
    assert_eq!(group(&store, store.head(), "x").await, Vec::<u32>::new());
    put(&store, grouped(3, "y")).await;
    assert_eq!(group(&store, store.head(), "y").await, [1, 3]);
    delete(&store, 1).await;
    desk.assert_whole(&store).await;
}

/// Who does not know an index must not write beside it.
pub async fn an_older_program_is_refused(desk: Desk) {
    let store = desk.open().await;
    store.declare(OLD).await.unwrap();
    insert(&store, [grouped(1, "x")]).await;
    store.close().await;
    let store = desk.open().await;
    store.declare(NEW).await.unwrap();
    store.declare(NEW).await.unwrap();
    let refused = store.declare(OLD).await.unwrap_err();
    assert!(matches!(&refused, Error::Damaged(what) if what.contains("item/by-group")), "{refused}");
}

/// The changes of some records come with author, before and after, and without those of others.
pub async fn the_changes_of_a_few_records_are_found(desk: Desk) {
    let store = desk.open().await;
    insert(&store, [grouped(1, "x"), grouped(2, "x"), item(3)]).await;
    put(&store, Item { value: 1, ..item(3) }).await;
    put(&store, Item { value: 2, ..grouped(1, "y") }).await;
    delete(&store, 1).await;
    insert(&store, [Item { name: item(1).name, ..item(4) }]).await;

    assert_eq!(store.ever(&BY_NAME, "a", &item(1).name).await.unwrap(), ["a/000001", "a/000004"]);
    assert_eq!(store.ever(&BY_NAME, "a", "nobody").await.unwrap(), Vec::<String>::new());
    let name = |id: u32| ("item".to_owned(), format!("a/{id:06}"));
    let related = |name: &'static str| {
        let store = &store;
        async move { store.related(NEW, name).await.unwrap() }
    };
    assert_eq!(related("a/x").await, BTreeSet::from([name(1), name(2)]));
    assert_eq!(related("a/000003").await, BTreeSet::from([name(3)]));
    assert_eq!(related("a/00000").await, BTreeSet::new());

    let changes = store.changes_of(BTreeSet::from([name(1)]), Revision::ZERO).await.unwrap();
    let seen: Vec<_> = changes
        .iter()
        .map(|commit| {
            assert_eq!(commit.changes.len(), 1);
            let before = commit.changes[0].record_before::<Item>().unwrap().map(|item| item.value);
            (before, commit.changes[0].record_after::<Item>().unwrap().map(|item| item.value))
        })
        .collect();
    assert_eq!(seen, [(None, Some(0)), (Some(0), Some(2)), (Some(2), None)]);
    let whole = store.changes_since(Revision::ZERO, 100).await.unwrap();
    assert_eq!((changes[0].revision, &changes[0].event), (whole[0].revision, &whole[0].event));
    let later = store.changes_of(BTreeSet::from([name(1), name(3)]), changes[0].revision).await.unwrap();
    assert_eq!(later.len(), 3);
}
