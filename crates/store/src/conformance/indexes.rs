//! Indexes: uniqueness, scans, counts.

use std::sync::Arc;

use super::{BY_GROUP, BY_NAME, Desk, Item, authority, commit, delete, insert, item, key, put};
use crate::{Error, Position, Range, Store};

fn named(id: u32, name: &str) -> Item {
    Item { name: name.to_owned(), ..item(id) }
}

fn grouped(id: u32, value: i64) -> Item {
    Item { group: Some("g".to_owned()), value, ..item(id) }
}

fn ids(items: &[Arc<Item>]) -> Vec<u32> {
    items.iter().map(|item| item.id).collect()
}

async fn scan(store: &Store, range: Range, limit: usize) -> (Vec<String>, Option<Position>) {
    let page = store.read().scan::<Item>(&BY_NAME, "a", range, limit).await.unwrap();
    (page.items.iter().map(|item| item.name.clone()).collect(), page.next)
}

/// Another record cannot take the place; the same one can keep it, and other partitions have their own.
pub async fn a_unique_entry_belongs_to_one_record(desk: Desk) {
    let store = desk.open().await;
    insert(&store, [named(1, "x")]).await;
    let mut transaction = store.write(authority());
    let taken = Error::AlreadyExists { kind: "item", index: Some("item/by-name"), at: "a/x".to_owned() };
    assert_eq!(transaction.insert(named(2, "x")).await.unwrap_err(), taken);
    assert_eq!(transaction.put(named(2, "x")).await.unwrap_err(), taken);
    transaction.insert(named(3, "y")).await.unwrap();
    assert!(matches!(transaction.insert(named(4, "y")).await, Err(Error::AlreadyExists { .. })));
    transaction.put(Item { value: 7, ..named(1, "x") }).await.unwrap();
    transaction.insert(Item { account: "b".to_owned(), ..named(1, "x") }).await.unwrap();
    commit(transaction).await;
    assert_eq!(store.read().find::<Item>(&BY_NAME, "b", "x").await.unwrap().unwrap().account, "b");
    desk.assert_whole(&store).await;
}

/// A delete or a rename frees the name at once.
pub async fn a_freed_name_can_be_taken_in_the_same_transaction(desk: Desk) {
    let store = desk.open().await;
    insert(&store, [named(1, "x"), named(2, "y")]).await;
    let mut transaction = store.write(authority());
    transaction.delete::<Item>(&key(1)).await.unwrap();
    transaction.insert(named(3, "x")).await.unwrap();
    transaction.put(named(2, "z")).await.unwrap();
    transaction.insert(named(4, "y")).await.unwrap();
    assert_eq!(transaction.find::<Item>(&BY_NAME, "a", "x").await.unwrap().unwrap().id, 3);
    commit(transaction).await;
    for (name, id) in [("x", 3), ("y", 4), ("z", 2)] {
        assert_eq!(store.read().find::<Item>(&BY_NAME, "a", name).await.unwrap().unwrap().id, id, "{name}");
    }
    desk.assert_whole(&store).await;
}

/// The order is that of the bytes, and a prefix is taken literally.
pub async fn a_scan_walks_a_partition_in_byte_order(desk: Desk) {
    let store = desk.open().await;
    let names = ["/a/", "/a/b", "/a0", "/b", "A", "Z", "_", "a%", "a_", "é", "🦀"];
    insert(&store, names.iter().rev().zip(1..).map(|(name, id)| named(id, name))).await;
    insert(&store, [Item { account: "b".to_owned(), ..named(1, "/a/other") }]).await;
    assert_eq!(scan(&store, Range::all(), 100).await, (names.map(str::to_owned).to_vec(), None));
    assert_eq!(scan(&store, Range::prefix("/a/"), 100).await.0, ["/a/", "/a/b"]);
    assert_eq!(scan(&store, Range::prefix("a%"), 100).await.0, ["a%"]);
    assert_eq!(scan(&store, Range::prefix("a_"), 100).await.0, ["a_"]);
    assert_eq!(scan(&store, Range::prefix("b"), 100).await, (vec![], None));
    assert_eq!(ids(&store.read().all::<Item>(&BY_NAME, "b").await.unwrap()), [1]);
}

/// Whatever the size of the pages, they show everything once.
pub async fn pages_join_without_gap_or_repetition(desk: Desk) {
    let store = desk.open().await;
    insert(
        &store,
        (0..20).map(|id| named(id, &format!("{}{id:02}", if id % 2 == 0 { "even" } else { "odd" }))),
    )
    .await;
    for (prefix, total) in [("", 20), ("even", 10), ("odd", 10)] {
        for limit in [1, 3, 10, 19, 20, 21] {
            let (mut seen, mut after, mut pages) = (Vec::new(), None, 0);
            loop {
                let (names, next) = scan(&store, Range::prefix(prefix).after(after), limit).await;
                assert!(names.len() <= limit);
                seen.extend(names);
                pages += 1;
                // A place survives being made a token.
                after = next.map(|place| Position::from_token(&place.to_token()).unwrap());
                if after.is_none() {
                    break;
                }
            }
            assert!(seen.is_sorted() && seen.len() == total, "{prefix} by {limit}: {seen:?}");
            assert_eq!(pages, total.div_ceil(limit));
        }
    }
}

/// The record at a marker may be deleted between two pages.
pub async fn a_page_starts_after_a_place_that_is_gone(desk: Desk) {
    let store = desk.open().await;
    insert(&store, (0..6).map(|id| named(id, &format!("n{id}")))).await;
    let (_, next) = scan(&store, Range::all(), 3).await;
    delete(&store, 2).await;
    insert(&store, [named(10, "n1x"), named(11, "n2x")]).await;
    assert_eq!(scan(&store, Range::all().after(next), 10).await.0, ["n2x", "n3", "n4", "n5"]);
}

/// A shared index keeps all records of one place, in the order of their keys.
pub async fn records_that_share_a_place_are_all_found(desk: Desk) {
    let store = desk.open().await;
    insert(&store, [grouped(3, 5), grouped(1, 5), grouped(2, 4), item(4)]).await;
    let group = store.read().scan::<Item>(&BY_GROUP, "a/g", Range::all(), 2).await.unwrap();
    assert_eq!(ids(&group.items), [2, 1]);
    let rest = store.read().scan::<Item>(&BY_GROUP, "a/g", Range::all().after(group.next), 2).await.unwrap();
    assert_eq!((ids(&rest.items), rest.next), (vec![3], None));
    assert_eq!(store.read().count(&BY_GROUP, "a/g").await.unwrap(), 3);
}

/// Pages of a transaction are those that the next revision will show.
pub async fn a_scan_merges_what_its_transaction_wrote(desk: Desk) {
    let store = desk.open().await;
    insert(&store, (0..30).step_by(2).map(|id| named(id, &format!("n{id:02}")))).await;
    let mut transaction = store.write(authority());
    for id in [4, 6, 28] {
        transaction.delete::<Item>(&key(id)).await.unwrap();
    }
    for id in [1, 5, 29, 31] {
        transaction.insert(named(id, &format!("n{id:02}"))).await.unwrap();
    }
    transaction.put(named(10, "n99")).await.unwrap();
    let mut expected: Vec<u32> =
        (0..30).step_by(2).filter(|id| ![4, 6, 28, 10].contains(id)).chain([1, 5, 29, 31]).collect();
    expected.sort_unstable();
    expected.push(10);
    for limit in [1, 2, 5, 50] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page =
                transaction.scan::<Item>(&BY_NAME, "a", Range::all().after(after), limit).await.unwrap();
            assert!(page.items.len() <= limit);
            seen.extend(ids(&page.items));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, expected, "by {limit}");
    }
    let prefixed = transaction.scan::<Item>(&BY_NAME, "a", Range::prefix("n0"), 50).await.unwrap();
    assert_eq!(ids(&prefixed.items), [0, 1, 2, 5, 8]);
    commit(transaction).await;
    assert_eq!(ids(&store.read().all::<Item>(&BY_NAME, "a").await.unwrap()), expected);
    desk.assert_whole(&store).await;
}

/// Counts are those of the revision that is read.
pub async fn counts_follow_the_entries(desk: Desk) {
    let store = desk.open().await;
    assert_eq!(store.read().count(&BY_NAME, "a").await.unwrap(), 0);
    let before = store.read();
    insert(&store, (0..5).map(|id| grouped(id, 1))).await;
    let between = store.read();
    delete(&store, 2).await;
    put(&store, item(3)).await;
    for (snapshot, names, group) in [(before, 0, 0), (between, 5, 5), (store.read(), 4, 3)] {
        assert_eq!(snapshot.count(&BY_NAME, "a").await.unwrap(), names);
        assert_eq!(snapshot.count(&BY_GROUP, "a/g").await.unwrap(), group);
    }
    desk.assert_whole(&store).await;
}

/// A replaced record leaves the places that it no longer declares.
pub async fn a_replaced_record_moves_in_the_indexes(desk: Desk) {
    let store = desk.open().await;
    insert(&store, [grouped(1, 1), grouped(2, 2)]).await;
    let before = store.read();
    put(&store, Item { name: "new".to_owned(), ..grouped(1, 3) }).await;
    assert_eq!(ids(&store.read().all::<Item>(&BY_GROUP, "a/g").await.unwrap()), [2, 1]);
    assert_eq!(ids(&before.all::<Item>(&BY_GROUP, "a/g").await.unwrap()), [1, 2]);
    assert_eq!(store.read().find::<Item>(&BY_NAME, "a", "n000001").await.unwrap(), None);
    assert_eq!(before.find::<Item>(&BY_NAME, "a", "n000001").await.unwrap().unwrap().value, 1);
    put(&store, grouped(1, 1)).await;
    assert_eq!(ids(&store.read().all::<Item>(&BY_GROUP, "a/g").await.unwrap()), [1, 2]);
    desk.assert_whole(&store).await;
}
