//! What a principal was seen to do.

use std::collections::BTreeSet;

/// The actions that a principal used, as last-accessed data has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LastAccessed {
    actions: BTreeSet<String>,
}

impl LastAccessed {
    /// Makes it of actions such as `s3:GetObject`, whatever their case.
    pub fn new<A: AsRef<str>>(actions: impl IntoIterator<Item = A>) -> Self {
        Self { actions: actions.into_iter().map(|action| action.as_ref().to_ascii_lowercase()).collect() }
    }

    /// The actions, in lower case and in order.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        self.actions.iter().map(String::as_str)
    }
}
