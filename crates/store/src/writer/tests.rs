//! What the writer does when its disk fails, and when what is committed takes its time to be found.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use jiff::Timestamp;

use crate::backend::{Batch, Kept, Swept, Writer};
use crate::conformance::{BY_NAME, Item, ManualClock, authority, event, insert, item, key, some_keys};
use crate::memory::Memory;
use crate::{Error, Kind, Options, Result, Revision, Sizes, Store};

const WORKS: u8 = 0;
const FAILS: u8 = 1;
const KEEPS_BUT_FAILS: u8 = 2;
const WAITS: u8 = 3;

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

    fn commit(&mut self, batch: &Arc<Batch>) -> Result<Kept> {
        let mood = self.mood.load(Ordering::SeqCst);
        if mood != FAILS {
            self.disk.commit(batch)?;
        }
        if mood == WORKS { Ok(Kept::Found) } else { Err(Error::backend("the disk is full")) }
    }

    fn settle(&mut self) -> Result<()> {
        self.disk.settle()
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

/// A backend whose commits are durable at once, and found when it is let.
struct Late {
    disk: Box<dyn Writer>,
    pending: Vec<Arc<Batch>>,
    mood: Arc<AtomicU8>,
}

impl Writer for Late {
    fn head(&mut self) -> Result<Revision> {
        let pending = self.pending.iter().rev().find_map(|batch| batch.commits.last());
        pending.map_or_else(|| self.disk.head(), |last| Ok(last.revision))
    }

    fn count(&mut self, index: &str, partition: &str) -> Result<u64> {
        self.settle()?;
        self.disk.count(index, partition)
    }

    fn consumed(&mut self, kind: &str, key: &str) -> Result<Option<Timestamp>> {
        self.settle()?;
        self.disk.consumed(kind, key)
    }

    fn commit(&mut self, batch: &Arc<Batch>) -> Result<Kept> {
        if self.mood.load(Ordering::SeqCst) == FAILS {
            self.settle()?;
        }
        self.pending.push(Arc::clone(batch));
        Ok(Kept::Unsettled)
    }

    fn settle(&mut self) -> Result<()> {
        while self.mood.load(Ordering::SeqCst) == WAITS && !self.pending.is_empty() {
            std::thread::yield_now();
        }
        if self.mood.load(Ordering::SeqCst) == FAILS && !self.pending.is_empty() {
            return Err(Error::backend("the disk is full"));
        }
        self.pending.drain(..).try_for_each(|batch| self.disk.commit(&batch).map(drop))
    }

    fn declare(&mut self, kinds: &[Kind]) -> Result<()> {
        self.disk.declare(kinds)
    }

    fn compact(&mut self, floor: Revision) -> Result<Swept> {
        self.settle()?;
        self.disk.compact(floor)
    }
}

async fn late() -> (Store, Arc<AtomicU8>) {
    let (memory, mood) = (Memory::new(), Arc::new(AtomicU8::new(WORKS)));
    let disk = Box::new(Late { disk: memory.writer(), pending: Vec::new(), mood: Arc::clone(&mood) });
    // Nothing is held in the cache, so that every read asks the backend.
    let sizes = Sizes { cache_bytes: 0, ..Sizes::default() };
    let options = Options { clock: Arc::new(ManualClock::default()), audit: some_keys(), sizes };
    (Store::open(Arc::new(memory), disk, options).await.unwrap(), mood)
}

#[tokio::test]
async fn a_commit_is_answered_before_it_is_found_and_only_who_asks_for_it_waits() {
    let (store, mood) = late().await;
    insert(&store, [item(1)]).await;
    assert_eq!(store.events(0, 10).await.unwrap().len(), 1, "who asks for all finds all");
    mood.store(WAITS, Ordering::SeqCst);
    assert_eq!(insert(&store, [item(2)]).await.revision, Revision::new(2));
    assert_eq!(store.head(), Revision::new(2));
    let now = store.read();
    assert_eq!(*now.get::<Item>(&key(1)).await.unwrap().unwrap(), item(1), "a stranger does not wait");
    assert_eq!(now.get::<Item>(&key(3)).await.unwrap(), None);
    let (two, three) = (key(2), key(3));
    let (asked, page) = (now.get::<Item>(&two), now.all::<Item>(&BY_NAME, "a"));
    tokio::pin!(asked, page);
    let unsettled = tokio::select! {
        biased;
        _ = &mut asked => false,
        _ = &mut page => false,
        _ = now.get::<Item>(&three) => true,
    };
    assert!(unsettled, "nobody is told what was before the commit");
    mood.store(WORKS, Ordering::SeqCst);
    assert_eq!(*asked.await.unwrap().unwrap(), item(2));
    assert_eq!(page.await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_cannot_be_found_yet_is_told_and_found_later() {
    let (store, mood) = late().await;
    insert(&store, [item(1)]).await;
    assert_eq!(store.events(0, 10).await.unwrap().len(), 1);
    mood.store(FAILS, Ordering::SeqCst);
    insert(&store, [item(2)]).await;
    let full = Error::backend("the disk is full");
    assert_eq!(store.read().get::<Item>(&key(2)).await, Err(full.clone()));
    assert_eq!(store.changes_since(Revision::ZERO, 10).await.unwrap_err(), full);
    assert_eq!(*store.read().get::<Item>(&key(1)).await.unwrap().unwrap(), item(1), "other reads go on");
    assert_eq!(try_insert(&store, 3).await, Err(full), "nothing more is committed");
    assert_eq!(store.head(), Revision::new(2));

    mood.store(WORKS, Ordering::SeqCst);
    insert(&store, [item(3)]).await;
    assert_eq!(*store.read().get::<Item>(&key(2)).await.unwrap().unwrap(), item(2));
    assert_eq!(store.changes_since(Revision::ZERO, 10).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_note_that_could_not_be_written_waits_for_the_next_time() {
    let (store, mood) = late().await;
    store.note("last-used", "x", "1");
    store.flush_notes().await.unwrap();
    mood.store(FAILS, Ordering::SeqCst);
    store.note("last-used", "x", "2");
    store.note("last-used", "y", "1");
    assert!(store.flush_notes().await.is_err());
    mood.store(WORKS, Ordering::SeqCst);
    insert(&store, [item(1)]).await;
    assert_eq!(store.events(0, 10).await.unwrap().len(), 1, "everything before is found by now");
    let noted = async |key| store.noted("last-used", key).await.unwrap();
    assert_eq!(noted("x").await.as_deref(), Some("2"));
    assert_eq!(noted("y").await.as_deref(), Some("1"));
    store.flush_notes().await.unwrap();
    assert_eq!(store.notes("last-used", "").await.unwrap().len(), 2);
}

#[tokio::test]
async fn who_waits_for_a_writer_that_ends_hears_of_it() {
    let (store, mood) = late().await;
    mood.store(FAILS, Ordering::SeqCst);
    insert(&store, [item(1)]).await;
    let reader = store.read();
    store.close().await;
    assert_eq!(reader.get::<Item>(&key(1)).await, Err(Error::Closed));
}
