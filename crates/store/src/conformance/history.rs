//! The past: as-of reads, the history of a record, the feed of changes.

use jiff::{SignedDuration, Timestamp};

use super::{BY_GROUP, BY_NAME, Desk, Item, commit, delete, event, insert, item, key, put};
use crate::{Authority, Error, Permitted, Revision, Snapshot};

async fn value(snapshot: &Snapshot) -> Option<i64> {
    snapshot.get::<Item>(&key(1)).await.unwrap().map(|item| item.value)
}

/// Whoever holds a snapshot reads the same, whatever is committed.
pub async fn a_snapshot_does_not_move(desk: Desk) {
    let store = desk.open().await;
    insert(&store, [item(1), item(2)]).await;
    let cold = store.read();
    let warm = store.read();
    assert_eq!(value(&warm).await, Some(0));
    put(&store, Item { value: 1, ..item(1) }).await;
    assert_eq!(value(&store.read()).await, Some(1));
    delete(&store, 1).await;
    for snapshot in [&cold, &warm] {
        assert_eq!(value(snapshot).await, Some(0));
        assert_eq!(snapshot.all::<Item>(&BY_NAME, "a").await.unwrap().len(), 2);
        assert_eq!(snapshot.count(&BY_NAME, "a").await.unwrap(), 2);
    }
    assert_eq!(value(&store.read()).await, None);
}

/// Every revision shows what it showed then.
pub async fn any_revision_can_be_read(desk: Desk) {
    let store = desk.open().await;
    let mut revisions = vec![(Revision::ZERO, None)];
    for round in 0..10 {
        let grouped = Item { value: round, group: Some(format!("g{}", round % 2)), ..item(1) };
        revisions.push((put(&store, grouped).await.revision, Some(round)));
        if round % 4 == 3 {
            revisions.push((delete(&store, 1).await.revision, None));
        }
    }
    for (revision, expected) in revisions.into_iter().rev() {
        let snapshot = store.read_at(revision).unwrap();
        assert_eq!(value(&snapshot).await, expected, "{revision}");
        for group in 0..2 {
            let listed = snapshot.all::<Item>(&BY_GROUP, &format!("a/g{group}")).await.unwrap();
            let expected: Vec<i64> = expected.into_iter().filter(|value| value % 2 == group).collect();
            assert_eq!(listed.iter().map(|item| item.value).collect::<Vec<_>>(), expected, "{revision}");
        }
    }
    let next = store.head().next();
    assert_eq!(store.read_at(next).unwrap_err(), Error::NotYet { asked: next, head: store.head() });
}

/// A moment shows the last commit that is not after it.
pub async fn any_moment_can_be_read(desk: Desk) {
    let store = desk.open().await;
    let mut instants = Vec::new();
    for round in 0..20 {
        instants.push((put(&store, Item { value: round, ..item(1) }).await.instant, round));
        desk.clock.advance(SignedDuration::from_secs(10));
    }
    for (instant, expected) in instants {
        for (offset, expected) in [(-1, expected - 1), (0, expected), (1, expected), (9_999_999, expected)] {
            let moment = instant.checked_add(SignedDuration::from_micros(offset)).unwrap();
            let snapshot = store.read_as_of(moment).await.unwrap();
            assert_eq!(value(&snapshot).await, (expected >= 0).then_some(expected), "{moment}");
        }
    }
    assert_eq!(value(&store.read_as_of(Timestamp::MAX).await.unwrap()).await, Some(19));
    assert_eq!(value(&store.read_as_of(Timestamp::UNIX_EPOCH).await.unwrap()).await, None);
}

/// Two commits never share an instant.
pub async fn instants_rise_even_if_the_clock_does_not(desk: Desk) {
    let store = desk.open().await;
    let mut last = Timestamp::MIN;
    for round in 0..10 {
        let committed = put(&store, Item { value: round, ..item(1) }).await;
        assert!(committed.instant > last);
        last = committed.instant;
        if round == 5 {
            desk.clock.advance(SignedDuration::from_hours(-1));
        }
    }
    desk.assert_whole(&store).await;
}

struct Permit;

impl Permitted for Permit {
    fn author(&self) -> String {
        "arn:aws:iam::123456789012:user/Alice".to_owned()
    }
}

/// Who did what to a record, and when.
pub async fn the_history_names_authors(desk: Desk) {
    let store = desk.open().await;
    let created = insert(&store, [item(1)]).await;
    let mut transaction = store.write(Authority::permitted(&Permit));
    transaction.put(Item { value: 1, ..item(1) }).await.unwrap();
    let changed = commit(transaction).await;
    let deleted = delete(&store, 1).await;
    let history = store.history::<Item>(&key(1)).await.unwrap();
    let seen: Vec<_> = history
        .iter()
        .map(|past| (past.revision, past.instant, &*past.author, past.record.as_ref().map(|item| item.value)))
        .collect();
    let alice = "arn:aws:iam::123456789012:user/Alice";
    assert_eq!(
        seen,
        [
            (created.revision, created.instant, "system:bootstrap", Some(0)),
            (changed.revision, changed.instant, alice, Some(1)),
            (deleted.revision, deleted.instant, "system:bootstrap", None),
        ]
    );
    assert!(store.history::<Item>(&key(2)).await.unwrap().is_empty());
}

/// The feed tells each commit's changes, in order and page by page.
pub async fn the_feed_has_before_and_after(desk: Desk) {
    let store = desk.open().await;
    let first = insert(&store, [item(1), item(2)]).await;
    let mut transaction = store.write(Authority::permitted(&Permit));
    transaction.put(Item { value: 1, ..item(1) }).await.unwrap();
    transaction.delete::<Item>(&key(2)).await.unwrap();
    let second = transaction.commit(event("Change")).await.unwrap();
    let feed = store.changes_since(Revision::ZERO, 10).await.unwrap();
    assert_eq!(
        feed.iter().map(|commit| (commit.revision, commit.instant)).collect::<Vec<_>>(),
        [(first.revision, first.instant), (second.revision, second.instant)]
    );
    assert_eq!(&*feed[1].author, "arn:aws:iam::123456789012:user/Alice");
    assert_eq!(feed[1].event.id, "event-Change");
    let states: Vec<_> = feed
        .iter()
        .flat_map(|commit| commit.changes.iter())
        .map(|change| {
            (&*change.key, change.record_before::<Item>().unwrap(), change.record_after::<Item>().unwrap())
        })
        .collect();
    assert_eq!(
        states,
        [
            ("a/000001", None, Some(item(1))),
            ("a/000002", None, Some(item(2))),
            ("a/000001", Some(item(1)), Some(Item { value: 1, ..item(1) })),
            ("a/000002", Some(item(2)), None),
        ]
    );
    let page = store.changes_since(Revision::ZERO, 1).await.unwrap();
    assert_eq!(page.len(), 1);
    assert_eq!(store.changes_since(page[0].revision, 10).await.unwrap().len(), 1);
    assert!(store.changes_since(second.revision, 10).await.unwrap().is_empty());
}
