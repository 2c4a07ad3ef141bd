//! How attempts are limited.

use std::sync::Arc;

use store::audit::AuditKeys;
use store::memory::Memory;
use store::seal::{Keyring, SystemEntropy};
use store::{Options, Sizes};

use super::*;

const IP: [u8; 4] = [192, 0, 2, 1];

async fn store() -> Store {
    let keyring = Keyring::in_memory(Arc::new(SystemEntropy::new()), at(0)).unwrap();
    let options =
        Options { clock: Arc::new(|| at(0)), audit: AuditKeys::of(&keyring), sizes: Sizes::default() };
    Memory::new().open(options).await.unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + second).unwrap()
}

fn owner() -> Owner {
    Owner::parse("aws:123456789012").unwrap()
}

async fn begin(guesses: &Guesses, name: &str, ip: impl Into<IpAddr>, second: i64) -> Result<Guess, Held> {
    guesses.begin(owner(), name, Some(ip.into()), at(second)).await.unwrap()
}

/// Fails as often as the delays allow; answers when the lock closed.
async fn fail_until_locked(guesses: &Guesses, name: &str) -> i64 {
    let mut second = 0;
    loop {
        match begin(guesses, name, IP, second).await {
            Ok(attempt) => guesses.failed(&attempt),
            Err(Held::For(wait)) => second += i64::from(wait),
            Err(Held::Locked) => return second,
        }
    }
}

#[tokio::test]
async fn delays_grow_and_end_in_a_lock_that_only_a_day_or_an_administrator_lifts() {
    let guesses = Guesses::new(store().await);
    for _ in 0..3 {
        guesses.failed(&begin(&guesses, "alice", IP, 0).await.unwrap());
    }
    assert_eq!(begin(&guesses, "Alice", IP, 0).await.unwrap_err(), Held::For(1));
    assert!(!guesses.lift(owner(), "nobody", at(0)).await.unwrap());
    let locked = fail_until_locked(&guesses, "alice").await;
    assert_eq!(locked, 1 + 2 + 4 + 8 + 16 + 32 + 64);
    assert_eq!(begin(&guesses, "alice", [198, 51, 100, 7], locked + 3600).await.unwrap_err(), Held::Locked);
    assert!(begin(&guesses, "bob", [198, 51, 100, 7], locked).await.is_ok());
    assert!(guesses.lift(owner(), "ALICE", at(locked)).await.unwrap());
    assert!(!guesses.lift(owner(), "alice", at(locked)).await.unwrap());
    assert!(begin(&guesses, "alice", [198, 51, 100, 7], locked).await.is_ok());

    let locked = fail_until_locked(&guesses, "carol").await;
    assert!(begin(&guesses, "carol", [198, 51, 100, 7], locked + 24 * 3600).await.is_ok());
}

#[tokio::test]
async fn attempts_at_once_count_before_they_have_failed() {
    let guesses = Guesses::new(store().await);
    let running = [
        begin(&guesses, "alice", IP, 0).await,
        begin(&guesses, "alice", IP, 0).await,
        begin(&guesses, "alice", IP, 0).await,
    ];
    assert!(running.iter().all(Result::is_ok));
    assert_eq!(begin(&guesses, "alice", IP, 0).await.unwrap_err(), Held::For(1));
}

#[tokio::test]
async fn a_success_clears_the_user_and_leaves_what_the_address_did_to_others() {
    let guesses = Guesses::new(store().await);
    for number in 0..20 {
        let _ = begin(&guesses, &format!("user{number}"), IP, 0).await.unwrap();
    }
    assert_eq!(begin(&guesses, "alice", IP, 0).await.unwrap_err(), Held::For(1));
    let attempt = begin(&guesses, "alice", IP, 1).await.unwrap();
    guesses.succeeded(&attempt);
    // The address is where it was before the success.
    assert!(begin(&guesses, "alice", IP, 1).await.is_err());
    assert!(begin(&guesses, "alice", IP, 3600).await.is_ok());
}

#[tokio::test]
async fn what_is_undecided_does_not_count() {
    let guesses = Guesses::new(store().await);
    for _ in 0..50 {
        guesses.undecided(&begin(&guesses, "alice", IP, 0).await.unwrap());
    }
}

#[tokio::test]
async fn one_client_has_a_whole_network_of_ipv6() {
    let guesses = Guesses::new(store().await);
    for number in 0..20_u16 {
        let ip: IpAddr = [0x2001, 0xdb8, 0, 0, number, 0, 0, 1].into();
        let _ = begin(&guesses, &format!("user{number}"), ip, 0).await.unwrap();
    }
    assert!(begin(&guesses, "alice", [0x2001_u16, 0xdb8, 0, 0, 99, 0, 0, 1], 0).await.is_err());
    assert!(begin(&guesses, "alice", [0x2001_u16, 0xdb8, 0, 1, 0, 0, 0, 1], 0).await.is_ok());
}

#[tokio::test]
async fn a_lock_outlives_the_process() {
    let store = store().await;
    let locked = fail_until_locked(&Guesses::new(store.clone()), "alice").await;
    let anew = Guesses::new(store);
    assert_eq!(begin(&anew, "alice", IP, locked).await.unwrap_err(), Held::Locked);
    assert!(anew.lift(owner(), "alice", at(locked)).await.unwrap());
    assert!(begin(&anew, "alice", IP, locked).await.is_ok());
}
