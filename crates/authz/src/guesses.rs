//! Guesses at passwords: limited per user and per source address, with growing delays.
//!
//! An attempt counts as failed from its beginning until it has succeeded, so that many at once are not more than
//! one after the other. What is counted for users who exist outlives the process.

use std::fmt::Display;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use directory::FailedAttempts;
use jiff::Timestamp;
use quick_cache::unsync::Cache;
use store::Store;
use types::Owner;

use crate::Failure;

/// Counts attempts at the passwords of one store's users.
#[derive(Debug)]
pub struct Guesses {
    store: Store,
    tallies: Mutex<Cache<Counted, FailedAttempts>>,
}

/// Whose attempts are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Counted {
    /// Those at one user's password. A name that nobody has counts as one that somebody has.
    User(String),
    /// Those of a source address; of IPv6, of a network of 64 bits, which one client has to itself.
    Address(IpAddr),
}

/// An attempt that may go ahead. It counts as failed until [`Guesses`] hears something else.
#[derive(Debug)]
#[must_use]
pub struct Guess {
    user: String,
    address: Option<IpAddr>,
    now: Timestamp,
}

/// An attempt that may not go ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// Not yet: so many seconds from now.
    For(u32),
    /// Not until an administrator lifts the lock, or it ends by itself after a day.
    Locked,
}

impl Guesses {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, tallies: Mutex::new(Cache::new(MOST_TALLIES)) }
    }

    /// Begins an attempt at a user's password from an address. `account` is the [`Owner`]; of an account that is not
    /// there it is what somebody calls it, so that attempts at several such accounts are counted apart, as those at
    /// several that are there.
    ///
    /// # Errors
    ///
    /// What the store cannot read.
    pub async fn begin(
        &self,
        account: impl Display,
        user_name: &str,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Result<Guess, Held>, Failure> {
        let user = note_key(account, user_name);
        let counted = Counted::User(user.clone());
        if self.tallies().get(&counted).is_none()
            && let Some(json) = self.store.noted(FailedAttempts::KIND, &user).await?
            && let Ok(kept) = serde_json::from_str::<FailedAttempts>(&json)
        {
            let mut tallies = self.tallies();
            if tallies.get(&counted).is_none() {
                tallies.insert(counted.clone(), kept);
            }
        }
        let address = address.map(network_of);
        let mut tallies = self.tallies();
        let of_user = tallies.get(&counted).copied();
        let of_address = address.and_then(|address| tallies.get(&Counted::Address(address)).copied());
        if let Some(held) = of_user.and_then(|tally| held(USER, tally, now)) {
            return Ok(Err(held));
        }
        if let Some(held) = of_address.and_then(|tally| held(ADDRESS, tally, now)) {
            return Ok(Err(held));
        }
        tallies.insert(counted, one_more(USER, of_user, now));
        if let Some(address) = address {
            tallies.insert(Counted::Address(address), one_more(ADDRESS, of_address, now));
        }
        Ok(Ok(Guess { user, address, now }))
    }

    /// The attempt failed, and there is such a user: that outlives the process.
    pub fn failed(&self, attempt: &Guess) {
        let tally = self.tallies().get(&Counted::User(attempt.user.clone())).copied();
        if let Some(tally) = tally {
            self.keep(&attempt.user, tally);
        }
    }

    /// The password was right, but the attempt is not complete: it does not count.
    pub fn undecided(&self, attempt: &Guess) {
        let mut tallies = self.tallies();
        give_back(&mut tallies, &Counted::User(attempt.user.clone()));
        if let Some(address) = attempt.address {
            give_back(&mut tallies, &Counted::Address(address));
        }
    }

    /// The attempt succeeded: the user's failures are forgotten, the address's others are not.
    pub fn succeeded(&self, attempt: &Guess) {
        let had_failures = {
            let mut tallies = self.tallies();
            if let Some(address) = attempt.address {
                give_back(&mut tallies, &Counted::Address(address));
            }
            tallies.remove(&Counted::User(attempt.user.clone())).is_some_and(|(_, tally)| tally.failures > 1)
        };
        if had_failures {
            self.keep(&attempt.user, FailedAttempts { failures: 0, last: attempt.now });
        }
    }

    /// Forgets a user's failures: the lock and every delay are gone. True if there were any.
    ///
    /// # Errors
    ///
    /// What the store cannot read.
    pub async fn lift(&self, owner: Owner, user_name: &str, now: Timestamp) -> Result<bool, Failure> {
        let user = note_key(owner, user_name);
        let kept = self.store.noted(FailedAttempts::KIND, &user).await?;
        let kept = kept.and_then(|json| serde_json::from_str::<FailedAttempts>(&json).ok());
        let counted = self.tallies().remove(&Counted::User(user.clone()));
        self.keep(&user, FailedAttempts { failures: 0, last: now });
        Ok(kept.is_some_and(|kept| kept.failures > 0) || counted.is_some_and(|(_, tally)| tally.failures > 0))
    }

    fn keep(&self, user: &str, tally: FailedAttempts) {
        // A number and a timestamp always print.
        if let Ok(json) = serde_json::to_string(&tally) {
            self.store.note(FailedAttempts::KIND, user, json);
        }
    }

    fn tallies(&self) -> MutexGuard<'_, Cache<Counted, FailedAttempts>> {
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many attempts one may fail before the delays begin, and before the lock.
#[derive(Debug, Clone, Copy)]
struct Limits {
    free: u32,
    lock: Option<u32>,
    /// After so many seconds without an attempt the failures are forgotten.
    forget: i64,
}

const USER: Limits = Limits { free: 3, lock: Some(10), forget: 24 * 3600 };
const ADDRESS: Limits = Limits { free: 20, lock: None, forget: 3600 };

fn held(limits: Limits, tally: FailedAttempts, now: Timestamp) -> Option<Held> {
    let passed = now.as_second().saturating_sub(tally.last.as_second());
    if tally.failures < limits.free || passed >= limits.forget {
        return None;
    }
    if limits.lock.is_some_and(|lock| tally.failures >= lock) {
        return Some(Held::Locked);
    }
    let delay = 1_i64.checked_shl(tally.failures - limits.free).unwrap_or(LONGEST_DELAY).min(LONGEST_DELAY);
    let left = u32::try_from(delay.saturating_sub(passed)).unwrap_or(0);
    (left > 0).then_some(Held::For(left))
}

fn one_more(limits: Limits, tally: Option<FailedAttempts>, now: Timestamp) -> FailedAttempts {
    let is_fresh =
        |tally: &FailedAttempts| now.as_second().saturating_sub(tally.last.as_second()) < limits.forget;
    let failures = tally.filter(is_fresh).map_or(0, |tally| tally.failures);
    FailedAttempts { failures: failures.saturating_add(1), last: now }
}

fn give_back(tallies: &mut Cache<Counted, FailedAttempts>, counted: &Counted) {
    if let Some(mut tally) = tallies.get_mut(counted) {
        tally.failures = tally.failures.saturating_sub(1);
    }
}

fn note_key(account: impl Display, user_name: &str) -> String {
    format!("{account}/{}", user_name.to_ascii_lowercase())
}

fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
    }
}

/// So many users and addresses are counted at a time.
const MOST_TALLIES: usize = 50_000;
/// The longest delay, in seconds.
const LONGEST_DELAY: i64 = 900;

#[cfg(test)]
mod tests;
