//! What the writer does when its disk fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use jiff::Timestamp;

use crate::backend::{Batch, Swept, Writer};
use crate::conformance::{Item, ManualClock, authority, event, insert, item, key, some_keys};
use crate::memory::Memory;
use crate::{Error, Kind, Options, Result, Revision, Sizes, Store};

const WORKS: u8 = 0;
const FAILS: u8 = 1;
const KEEPS_BUT_FAILS: u8 = 2;

/// A disk that fails when it is told to.
struct Moody {
    disk: Box<dyn Writer>,
    mood: Arc<AtomicU8>,
}

impl Writer for Moody {
    fn head(&mut self) -> Result<Revision> {
        self.disk.head()
    }

    fn count(&mut self, index: &str, partition: &str) -> Result<u64> {
        self.disk.count(index, partition)
    }

    fn consumed(&mut self, kind: &str, key: &str) -> Result<Option<Timestamp>> {
        self.disk.consumed(kind, key)
    }

    fn commit(&mut self, batch: &Batch) -> Result<()> {
        let mood = self.mood.load(Ordering::SeqCst);
        if mood != FAILS {
            self.disk.commit(batch)?;
        }
        if mood == WORKS { Ok(()) } else { Err(Error::backend("the disk is full")) }
    }

    fn declare(&mut self, _: &[Kind]) -> Result<()> {
        Ok(())
    }

    fn compact(&mut self, floor: Revision) -> Result<Swept> {
        self.disk.compact(floor)
    }
}

async fn moody() -> (Store, Memory, Arc<AtomicU8>, Options) {
    let (memory, mood) = (Memory::new(), Arc::new(AtomicU8::new(WORKS)));
    let keys = some_keys();
    let options =
        || Options { clock: Arc::new(ManualClock::default()), audit: keys.clone(), sizes: Sizes::default() };
    let disk = Box::new(Moody { disk: memory.writer(), mood: Arc::clone(&mood) });
    let store = Store::open(Arc::new(memory.clone()), disk, options()).await.unwrap();
    (store, memory, mood, options())
}

async fn try_insert(store: &Store, id: u32) -> Result<()> {
    let mut transaction = store.write(authority());
    transaction.insert(item(id)).await?;
    transaction.commit(event("Insert")).await.map(drop)
}

#[tokio::test]
async fn a_failed_group_leaves_no_trace_and_the_next_one_commits() {
    let (store, _, mood, options) = moody().await;
    insert(&store, [item(1)]).await;
    mood.store(FAILS, Ordering::SeqCst);
    let full = Error::backend("the disk is full");
    let (one, two) = tokio::join!(try_insert(&store, 2), try_insert(&store, 3));
    assert_eq!((one, two), (Err(full.clone()), Err(full.clone())));
    assert_eq!(store.consume_once("totp", "1", Timestamp::MAX).await, Err(full.clone()));
    store.note("last-used", "x", "1");
    assert_eq!(store.flush_notes().await, Err(full));
    assert_eq!(
        store.noted("last-used", "x").await.unwrap().as_deref(),
        Some("1"),
        "it waits for the next time"
    );
    assert_eq!(store.head(), Revision::new(1));
    assert_eq!(store.read().get::<Item>(&key(2)).await.unwrap(), None);

    mood.store(WORKS, Ordering::SeqCst);
    assert_eq!(insert(&store, [item(2)]).await.revision, Revision::new(2));
    assert!(store.consume_once("totp", "1", Timestamp::MAX).await.unwrap());
    store.flush_notes().await.unwrap();
    let verified = store.verify(&[Kind::of::<Item>()], &options.audit).await.unwrap();
    assert_eq!((verified.commits, verified.faults), (2, vec![]));
}

#[tokio::test]
async fn a_writer_that_does_not_know_what_was_kept_stops() {
    let (store, memory, mood, options) = moody().await;
    insert(&store, [item(1)]).await;
    mood.store(KEEPS_BUT_FAILS, Ordering::SeqCst);
    assert_eq!(try_insert(&store, 2).await, Err(Error::backend("the disk is full")));
    mood.store(WORKS, Ordering::SeqCst);
    assert_eq!(try_insert(&store, 3).await, Err(Error::Closed), "nobody builds on what nobody knows");
    assert_eq!(*store.read().get::<Item>(&key(1)).await.unwrap().unwrap(), item(1), "reads go on");
    store.close().await;

    let keys = options.audit.clone();
    let store = memory.open(options).await.unwrap();
    assert_eq!(store.head(), Revision::new(2));
    insert(&store, [item(3)]).await;
    assert_eq!(store.verify(&[Kind::of::<Item>()], &keys).await.unwrap().faults, Vec::<String>::new());
}
