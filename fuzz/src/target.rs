//! What a fuzz target is.

use std::hash::{DefaultHasher, Hash, Hasher};

/// A named function over bytes, with what to start from.
pub struct Target {
    /// Its name on the command line.
    pub name: &'static str,
    /// Inputs to start from.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Words that mean something to what is tested.
    pub words: &'static [&'static str],
    /// The test. Panics when a rule is broken.
    pub body: fn(&[u8]) -> Seen,
}

/// What an input did, as far as it tells one input from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Inputs that took the same way have the same number; a new one makes an input worth mutating further.
    pub way: u64,
    /// Whether it got past what is tested instead of being refused.
    pub accepted: bool,
}

impl Seen {
    /// An input that was accepted, and how.
    pub fn accepted(way: impl Hash) -> Self {
        Self { way: hash(way), accepted: true }
    }

    /// An input that was refused, and why.
    pub fn refused(why: impl Hash) -> Self {
        Self { way: hash(why), accepted: false }
    }
}

fn hash(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}
