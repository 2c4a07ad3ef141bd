//! Edits behind the store's back: `verify` finds each.

use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use store::audit::AuditKeys;
use store::conformance::{Item, ManualClock, insert, item, put, some_keys};
use store::{Kind, Options, Sizes, Store};
use tempfile::TempDir;

async fn open(directory: &Path, keys: &AuditKeys) -> store::Result<Store> {
    let options =
        Options { clock: Arc::new(ManualClock::default()), audit: keys.clone(), sizes: Sizes::default() };
    store_sqlite::open(directory, options).await
}

async fn faults_after(edit: &str) -> Vec<String> {
    let home = TempDir::new().unwrap();
    let keys = some_keys();
    let store = open(home.path(), &keys).await.unwrap();
    let grouped = |id| Item { group: Some("g".to_owned()), ..item(id) };
    insert(&store, [grouped(1), grouped(2)]).await;
    put(&store, Item { value: 1, ..grouped(1) }).await;
    insert(&store, [grouped(3)]).await;
    let before = store.verify(&[Kind::of::<Item>()], &keys).await.unwrap();
    assert_eq!((before.records, before.entries, before.commits, before.faults), (3, 6, 3, vec![]));
    store.close().await;
    let connection = Connection::open(home.path().join("store.db")).unwrap();
    assert!(connection.execute(edit, []).unwrap() > 0, "`{edit}` changes nothing");
    drop(connection);
    match open(home.path(), &keys).await {
        Ok(store) => store.verify(&[Kind::of::<Item>()], &keys).await.unwrap().faults,
        Err(error) => vec![error.to_string()],
    }
}

#[tokio::test]
async fn each_edit_is_found() {
    let cases = [
        ("DELETE FROM entries WHERE idx = 'item/by-name' AND sort = 'n000002'", "is missing"),
        (
            "UPDATE entries SET sort = 'other' WHERE idx = 'item/by-name' AND sort = 'n000002'",
            "is declared by no record",
        ),
        ("UPDATE entries SET removed = 3 WHERE sort = 'n000002'", "is missing"),
        ("UPDATE counts SET count = 7 WHERE idx = 'item/by-group'", "is counted as 7"),
        ("DELETE FROM counts WHERE idx = 'item/by-group'", "is counted as 0"),
        ("DELETE FROM records WHERE key = 'a/000002'", "is declared by no record"),
        (
            "UPDATE records SET value = replace(value, '\"a\"', '\"b\"') WHERE key = 'a/000002'",
            "says its key is `b/000002`",
        ),
        ("UPDATE records SET value = '{' WHERE key = 'a/000002'", "does not parse"),
        ("UPDATE records SET kind = 'odd' WHERE key = 'a/000002'", "is of an unknown kind"),
        ("UPDATE events SET event = replace(event, 'Test', 'Tent') WHERE sequence = 2", "event 2 was edited"),
        (
            "UPDATE events SET hash = replace(hash, substr(hash, 1, 4), '0000') WHERE sequence = 2",
            "event 2 was edited",
        ),
        ("UPDATE events SET previous = hash WHERE sequence = 3", "event 3 does not follow"),
        ("DELETE FROM events WHERE sequence = 2", "revision 2 has no audit event"),
        ("DELETE FROM events WHERE sequence = 3", "revision 3 has no audit event"),
        ("DELETE FROM revisions WHERE revision = 2", "revision 3 stands where 2 belongs"),
        ("DELETE FROM revisions WHERE revision = 3", "event 2 although event 3 was written"),
        ("UPDATE revisions SET instant = 5 WHERE revision = 2", "revision 2 is not later"),
        (
            "UPDATE meta SET value = replace(value, '\"seq\":3', '\"seq\":2') WHERE name = 'anchor'",
            "anchor of the audit trail is forged",
        ),
        ("DELETE FROM meta WHERE name = 'anchor'", "anchor of the audit trail is missing"),
        ("DELETE FROM meta WHERE name = 'floor'", "the floor of the history is missing"),
        ("UPDATE meta SET value = '99' WHERE name = 'format'", "has format 99"),
    ];
    for (edit, expected) in cases {
        let faults = faults_after(edit).await;
        assert!(
            faults.iter().any(|fault| fault.contains(expected)),
            "`{edit}` should be found as `{expected}`: {faults:#?}"
        );
    }
}
