//! Followers: what must have applied a revision before its commit is acknowledged, and the leases they live by.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::backend::{Change, Commit};
use crate::error::{Error, Result};
use crate::revision::{Clock, Revision};
use crate::sync;

/// Something that holds state derived from the store: a cache in this process, or another node.
///
/// A commit returns to its caller only after every follower with a live lease has applied it.
pub trait Follower: Send + 'static {
    /// Applies one revision, or starts to. Revisions come in order, each once. Runs on the writer's thread: it must be
    /// quick, must not commit, and must not hold a [`Store`](crate::Store) (the store would never close).
    fn apply(&mut self, revision: Revision, changes: &[Change]) -> Progress;
}

/// How far a follower has come when its [`apply`](Follower::apply) returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The revision is in force there.
    Applied,
    /// It will be; the follower then says so by [`Lease::confirm`].
    Pending,
}

/// A follower's right to answer from its state, until it runs out.
///
/// The writer holds one end: it waits for the follower while the lease lives, and no longer. The follower holds the
/// other: when its lease has run out, it does not know what it missed, and a [`Store::under`](crate::Store::under)
/// that lease answers [`Error::LeaseExpired`] instead of what may be stale.
#[derive(Clone)]
pub struct Lease {
    inner: Arc<Inner>,
}

struct Inner {
    holder: String,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// `None` never ends: the follower lives and dies with the writer's process.
    expires: Option<Timestamp>,
    applied: Revision,
    /// A lease that ran out while a revision was due stays expired: the follower has missed it.
    lost: bool,
}

impl Lease {
    /// The lease of a follower inside the writer's own process, which never runs out.
    pub fn of_this_process(holder: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        Self::with(holder.into(), clock, None)
    }

    /// A lease that runs out after `term`, unless it is renewed.
    pub fn for_term(holder: impl Into<String>, clock: Arc<dyn Clock>, term: SignedDuration) -> Self {
        let expires = end_of(term, clock.as_ref());
        Self::with(holder.into(), clock, Some(expires))
    }

    fn with(holder: String, clock: Arc<dyn Clock>, expires: Option<Timestamp>) -> Self {
        let state = Mutex::new(State { expires, applied: Revision::ZERO, lost: false });
        Self { inner: Arc::new(Inner { holder, clock, state, changed: Condvar::new() }) }
    }

    /// Whose lease this is.
    pub fn holder(&self) -> &str {
        &self.inner.holder
    }

    /// Extends the lease to `term` from now.
    ///
    /// # Errors
    ///
    /// [`Error::LeaseExpired`] if it has run out already: the holder must follow anew, from current state.
    pub fn renew(&self, term: SignedDuration) -> Result<()> {
        let mut state = sync::lock(&self.inner.state);
        self.check_locked(&state)?;
        if state.expires.is_some() {
            state.expires = Some(end_of(term, self.inner.clock.as_ref()));
        }
        self.inner.changed.notify_all();
        Ok(())
    }

    /// The follower has applied everything up to `revision`.
    pub fn confirm(&self, revision: Revision) {
        let mut state = sync::lock(&self.inner.state);
        state.applied = state.applied.max(revision);
        self.inner.changed.notify_all();
    }

    /// Up to which revision the follower has confirmed.
    pub fn applied(&self) -> Revision {
        sync::lock(&self.inner.state).applied
    }

    /// Refuses when the lease has run out.
    ///
    /// # Errors
    ///
    /// [`Error::LeaseExpired`].
    pub fn check(&self) -> Result<()> {
        self.check_locked(&sync::lock(&self.inner.state))
    }

    /// Waits until the follower has applied `revision` or its lease has run out. Answers whether it is still following.
    pub(crate) fn wait_for(&self, revision: Revision) -> bool {
        let mut state = sync::lock(&self.inner.state);
        loop {
            if self.check_locked(&state).is_err() {
                state.lost = true;
                return false;
            }
            if state.applied >= revision {
                return true;
            }
            // The lease's clock is not the condition variable's, so its end is looked for, not waited for.
            state = self.inner.changed.wait_timeout(state, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn check_locked(&self, state: &State) -> Result<()> {
        let is_over = state.lost || state.expires.is_some_and(|expires| expires <= self.inner.clock.now());
        if is_over { Err(Error::LeaseExpired { holder: self.inner.holder.clone() }) } else { Ok(()) }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = sync::lock(&self.inner.state);
        f.debug_struct("Lease")
            .field("holder", &self.inner.holder)
            .field("expires", &state.expires)
            .finish_non_exhaustive()
    }
}

fn end_of(term: SignedDuration, clock: &dyn Clock) -> Timestamp {
    clock.now().checked_add(term).unwrap_or(Timestamp::MAX)
}

/// A follower and its lease, as the writer holds them.
pub(crate) struct Following {
    pub(crate) follower: Box<dyn Follower>,
    pub(crate) lease: Lease,
}

impl Following {
    /// Hands commits to the follower. Whoever calls this waits for the lease afterwards.
    pub(crate) fn follow(&mut self, commits: &[Commit]) {
        for commit in commits {
            if self.follower.apply(commit.revision, &commit.changes) == Progress::Applied {
                self.lease.confirm(commit.revision);
            }
        }
    }
}

/// How often the end of a lease is looked for while a commit waits.
const LOOK: Duration = Duration::from_millis(2);
