//! Revisions: the places in the one sequence of commits; and the clock that dates them.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A place in the sequence of commits. Opaque and ordered: a later commit has a greater revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(u64);

impl Revision {
    /// The revision of a store in which nothing has been committed.
    pub const ZERO: Self = Self(0);

    /// The revision with this number, as a backend stores it.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number under which a backend stores this revision.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The revision of the commit after this one.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Revision {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

/// What a commit answers: where in the sequence it is, and when it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// The commit's revision.
    pub revision: Revision,
    /// The commit's instant: later than that of every earlier revision, in whole microseconds.
    pub instant: Timestamp,
}

/// Where the time comes from. Passed in when a store is opened, so that a test owns time.
pub trait Clock: Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

impl<F: Fn() -> Timestamp + Send + Sync + 'static> Clock for F {
    fn now(&self) -> Timestamp {
        self()
    }
}

impl Clock for Arc<dyn Clock> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }
}
