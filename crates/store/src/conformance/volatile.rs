//! What lives outside the revisions.

use jiff::SignedDuration;

use super::{Desk, insert, item};
use crate::Clock;

/// One of many callers uses the value, and it stays used.
pub async fn a_value_is_consumed_once(desk: Desk) {
    let store = desk.open().await;
    let expires = desk.clock.now().checked_add(SignedDuration::from_mins(5)).unwrap();
    for code in ["111111", "222222"] {
        let tasks: Vec<_> = (0..32)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { store.consume_once("totp", code, expires).await.unwrap() })
            })
            .collect();
        let mut used = 0;
        for task in tasks {
            used += u32::from(task.await.unwrap());
        }
        assert_eq!(used, 1);
    }
    assert!(store.consume_once("saml", "111111", expires).await.unwrap(), "another kind");
    assert_eq!(store.head().number(), 0, "no revision");
    store.close().await;
    let store = desk.open().await;
    assert!(!store.consume_once("totp", "111111", expires).await.unwrap());
}

/// After its expiry a value need not be remembered.
pub async fn an_expired_value_is_forgotten(desk: Desk) {
    let store = desk.open().await;
    let expires = desk.clock.now().checked_add(SignedDuration::from_secs(30)).unwrap();
    assert!(store.consume_once("totp", "1", expires).await.unwrap());
    desk.clock.advance(SignedDuration::from_millis(29_999));
    assert!(!store.consume_once("totp", "1", expires).await.unwrap());
    desk.clock.advance(SignedDuration::from_millis(2));
    let later = desk.clock.now().checked_add(SignedDuration::from_secs(30)).unwrap();
    assert!(store.consume_once("totp", "1", later).await.unwrap());
    assert!(!store.consume_once("totp", "1", later).await.unwrap());
}

/// The notes of a prefix are found together, whether they are on disk already or not.
pub async fn notes_are_found_by_prefix(desk: Desk) {
    let store = desk.open().await;
    for (kind, key, json) in
        [("used", "a/1", "1"), ("used", "a/2", "2"), ("used", "ab/1", "3"), ("other", "a/3", "4")]
    {
        store.note(kind, key, json);
    }
    store.flush_notes().await.unwrap();
    store.note("used", "a/2", "5");
    store.note("used", "a/\u{e9}", "6");
    let found = store.notes("used", "a/").await.unwrap();
    let found: Vec<_> = found.iter().map(|(key, json)| (key.as_str(), &**json)).collect();
    assert_eq!(found, [("a/1", "1"), ("a/2", "5"), ("a/\u{e9}", "6")]);
    assert_eq!(store.notes("used", "").await.unwrap().len(), 4);
    assert!(store.notes("used", "b").await.unwrap().is_empty());
    store.close().await;
    let store = desk.open().await;
    assert_eq!(store.notes("used", "a/").await.unwrap().len(), 3);
}

/// The newest note is read back, before and after it is on disk.
pub async fn notes_are_read_back_and_last(desk: Desk) {
    let store = desk.open().await;
    assert_eq!(store.noted("last-used", "AKIA1").await.unwrap(), None);
    store.note("last-used", "AKIA1", "1");
    store.note("last-used", "AKIA1", "2");
    store.note("last-used", "AKIA2", "3");
    assert_eq!(store.noted("last-used", "AKIA1").await.unwrap().as_deref(), Some("2"));
    store.flush_notes().await.unwrap();
    assert_eq!(store.noted("last-used", "AKIA1").await.unwrap().as_deref(), Some("2"));
    store.note("last-used", "AKIA1", "4");
    insert(&store, [item(1)]).await;
    store.close().await;
    let store = desk.open().await;
    assert_eq!(store.noted("last-used", "AKIA1").await.unwrap().as_deref(), Some("4"));
    assert_eq!(store.noted("last-used", "AKIA2").await.unwrap().as_deref(), Some("3"));
}
