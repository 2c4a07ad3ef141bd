//! The suite that every backend passes. One line per backend runs it: `store::conformance!(place);`
//!
//! Each case gets a fresh [`Place`] from the function that the line names, and runs as a test of its own.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test suite: a panic is how it fails"
)]

pub mod concurrency;
pub mod conflicts;
pub mod declared;
pub mod followers;
pub mod history;
pub mod indexes;
pub mod maintenance;
pub mod model;
pub mod records;
pub mod volatile;

use std::borrow::Cow;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::audit::AuditKeys;
use crate::backend::Waiting;
use crate::seal::{Keyring, SystemEntropy};
use crate::{
    AuditEvent, Authority, Clock, Committed, IndexEntry, IndexSpec, Options, Record, RecordKey, Result,
    Sizes, Store, SystemActor, Transaction,
};

/// Where a backend keeps one store: empty at first, opened and closed as a case asks.
pub trait Place: Send + Sync {
    /// Opens the store that is kept here.
    fn open(&self, options: Options) -> Waiting<'_, Store>;
}

/// Makes one test of each case, on places that `$place` (a function without arguments) makes.
#[macro_export]
macro_rules! conformance {
    ($place:expr) => {
        $crate::conformance_cases! { $place;
            records::a_record_is_inserted_read_replaced_and_deleted,
            records::a_taken_key_already_exists,
            records::deleting_nothing_finds_nothing,
            records::a_transaction_sees_its_own_writes,
            records::a_dropped_transaction_leaves_no_trace,
            records::a_record_written_back_unchanged_makes_no_version,
            records::a_wrong_key_or_index_is_misuse,
            records::a_secret_is_read_replaced_and_shredded,
            records::the_audit_event_commits_with_the_change,
            indexes::a_unique_entry_belongs_to_one_record,
            indexes::a_freed_name_can_be_taken_in_the_same_transaction,
            indexes::a_scan_walks_a_partition_in_byte_order,
            indexes::pages_join_without_gap_or_repetition,
            indexes::a_page_starts_after_a_place_that_is_gone,
            indexes::records_that_share_a_place_are_all_found,
            indexes::a_scan_merges_what_its_transaction_wrote,
            indexes::counts_follow_the_entries,
            indexes::a_replaced_record_moves_in_the_indexes,
            conflicts::the_second_writer_of_a_record_conflicts,
            conflicts::write_skew_conflicts,
            conflicts::a_phantom_conflicts,
            conflicts::an_absence_that_ended_conflicts,
            conflicts::strangers_do_not_conflict,
            conflicts::a_race_for_a_name_has_one_winner,
            conflicts::a_stale_footprint_opens_no_write,
            conflicts::a_footprint_knows_what_changed,
            conflicts::a_changed_secret_conflicts,
            conflicts::what_was_forgotten_counts_as_changed,
            concurrency::no_increment_is_lost,
            concurrency::a_limit_holds_among_many_writers,
            concurrency::many_commits_at_once_are_all_there,
            history::a_snapshot_does_not_move,
            history::any_revision_can_be_read,
            history::any_moment_can_be_read,
            history::instants_rise_even_if_the_clock_does_not,
            history::the_history_names_authors,
            history::the_feed_has_before_and_after,
            declared::an_index_that_comes_later_is_built_with_its_past,
            declared::an_older_program_is_refused,
            declared::the_changes_of_a_few_records_are_found,
            followers::a_follower_has_applied_what_is_acknowledged,
            followers::a_commit_waits_for_a_pending_follower,
            followers::a_follower_that_stops_renewing_is_refused_and_not_waited_for,
            volatile::a_value_is_consumed_once,
            volatile::an_expired_value_is_forgotten,
            volatile::notes_are_read_back_and_last,
            volatile::notes_are_found_by_prefix,
            maintenance::compaction_drops_what_was_superseded,
            maintenance::compaction_in_many_steps_drops_all_it_should,
            maintenance::a_store_opens_again_as_it_was_closed,
            maintenance::a_reset_empties_and_is_audited,
            maintenance::a_reset_leaves_nothing_of_what_commits_meanwhile,
            maintenance::a_closed_store_refuses,
            maintenance::another_audit_key_is_refused,
            model::random_histories_agree_with_a_plain_map,
        }
    };
}

/// What [`conformance!`](crate::conformance!) expands to.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_cases {
    ($place:expr; $($module:ident :: $case:ident,)*) => {
        $(
            #[test]
            fn $case() {
                $crate::conformance::run(Box::new($place()), $crate::conformance::$module::$case);
            }
        )*
    };
}

/// Runs one case.
pub fn run<F: Future<Output = ()>>(place: Box<dyn Place>, case: impl FnOnce(Desk) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(case(Desk::new(place)));
}

/// What a case works with: a place, a clock that it moves, and keys.
pub struct Desk {
    place: Box<dyn Place>,
    /// The store's clock.
    pub clock: ManualClock,
    /// The keys of the store's audit trail.
    pub keys: AuditKeys,
}

impl Desk {
    fn new(place: Box<dyn Place>) -> Self {
        Self { place, clock: ManualClock::default(), keys: some_keys() }
    }

    /// Opens the store.
    pub async fn open(&self) -> Store {
        self.try_open(self.keys.clone(), Sizes::default()).await.unwrap()
    }

    /// Opens the store under these keys, with these caches.
    pub async fn try_open(&self, audit: AuditKeys, sizes: Sizes) -> Result<Store> {
        self.place.open(Options { clock: Arc::new(self.clock.clone()), audit, sizes }).await
    }

    /// Checks that the store finds nothing wrong with itself.
    pub async fn assert_whole(&self, store: &Store) {
        let verified = store.verify(&[crate::Kind::of::<Item>()], &self.keys).await.unwrap();
        assert_eq!(verified.faults, Vec::<String>::new());
        assert_eq!(verified.commits, store.head().number());
    }
}

/// Keys of a keyring that nobody keeps.
pub fn some_keys() -> AuditKeys {
    AuditKeys::of(&Keyring::in_memory(Arc::new(SystemEntropy::new()), Timestamp::UNIX_EPOCH).unwrap())
}

/// A clock that moves when it is told to.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicI64>);

impl Default for ManualClock {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(1_700_000_000_000_000)))
    }
}

impl ManualClock {
    /// Moves the clock, backward too.
    pub fn advance(&self, by: SignedDuration) {
        self.0.fetch_add(i64::try_from(by.as_micros()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// The record kind of the suite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The partition of its name.
    pub account: String,
    /// With the account, its key.
    pub id: u32,
    /// Unique in its account.
    pub name: String,
    /// What it shares with others.
    pub group: Option<String>,
    /// What it holds.
    pub value: i64,
}

/// The key of an [`Item`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemKey(pub String, pub u32);

impl RecordKey for ItemKey {
    fn path(&self) -> Cow<'_, str> {
        format!("{}/{:06}", self.0, self.1).into()
    }

    fn parse_path(path: &str) -> Option<Self> {
        let (account, id) = path.split_once('/')?;
        Some(Self(account.to_owned(), id.parse().ok()?))
    }
}

/// One item per name in an account.
pub const BY_NAME: IndexSpec = IndexSpec::unique("item/by-name");
/// The items of a group, by value.
pub const BY_GROUP: IndexSpec = IndexSpec::shared("item/by-group");

impl Record for Item {
    const KIND: &'static str = "item";
    const INDEXES: &'static [IndexSpec] = &[BY_NAME, BY_GROUP];
    type Key = ItemKey;

    fn key(&self) -> ItemKey {
        ItemKey(self.account.clone(), self.id)
    }

    fn entries(&self) -> Vec<IndexEntry> {
        let by_group = self
            .group
            .iter()
            .map(|group| BY_GROUP.entry(format!("{}/{group}", self.account), format!("{:09}", self.value)));
        std::iter::once(BY_NAME.entry(&self.account, &self.name)).chain(by_group).collect()
    }
}

/// Item number `id` of account `a`, named after its number.
pub fn item(id: u32) -> Item {
    Item { account: "a".to_owned(), id, name: format!("n{id:06}"), group: None, value: 0 }
}

/// The key of item number `id` of account `a`.
pub fn key(id: u32) -> ItemKey {
    ItemKey("a".to_owned(), id)
}

/// The authority under which the suite writes.
pub fn authority() -> Authority {
    Authority::system(SystemActor::Bootstrap)
}

/// An audit event.
pub fn event(name: &str) -> AuditEvent {
    let time = Timestamp::from_microsecond(1_700_000_000_000_000).unwrap();
    AuditEvent::new(format!("event-{name}"), time, &json!({"eventName": name})).unwrap()
}

/// Commits a transaction.
pub async fn commit(transaction: Transaction) -> Committed {
    transaction.commit(event("Test")).await.unwrap()
}

/// Inserts items, one transaction for all.
pub async fn insert(store: &Store, items: impl IntoIterator<Item = Item>) -> Committed {
    let mut transaction = store.write(authority());
    for item in items {
        transaction.insert(item).await.unwrap();
    }
    commit(transaction).await
}

/// Puts an item in a transaction of its own.
pub async fn put(store: &Store, item: Item) -> Committed {
    let mut transaction = store.write(authority());
    transaction.put(item).await.unwrap();
    commit(transaction).await
}

/// Deletes item number `id` in a transaction of its own.
pub async fn delete(store: &Store, id: u32) -> Committed {
    let mut transaction = store.write(authority());
    transaction.delete::<Item>(&key(id)).await.unwrap();
    commit(transaction).await
}
