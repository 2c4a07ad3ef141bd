//! Permits: what opens a write.

use std::sync::Arc;

use store::{Footprint, Permitted, Revision};
use types::Arn;

/// Leave to do what was asked, minted by [`Authorizer::authorize`](crate::Authorizer::authorize) alone.
///
/// It names its author and remembers what was read to give it and at which revision.
#[derive(Debug, Clone)]
pub struct Permit {
    author: Arn,
    revision: Revision,
    read: Vec<Arc<Footprint>>,
}

impl Permit {
    pub(crate) fn new(author: Arn, revision: Revision, read: Vec<Arc<Footprint>>) -> Self {
        Self { author, revision, read }
    }

    /// The revision at which leave was given.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Everything that was read to give leave.
    #[must_use]
    pub fn footprint(&self) -> Footprint {
        let mut all = Footprint::new();
        for footprint in &self.read {
            all.extend(footprint);
        }
        all
    }
}

impl Permitted for Permit {
    fn author(&self) -> String {
        self.author.to_string()
    }
}
