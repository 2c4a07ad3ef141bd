//! Permits: what opens a write.

use std::sync::Arc;

use store::{Footprint, Permitted, Revision};
use types::Arn;

/// Leave to do what was asked, minted by [`Authorizer::authorize`](crate::Authorizer::authorize) alone.
///
/// It names its author, and remembers which policies it stands on and as of which revision.
#[derive(Debug, Clone)]
pub struct Permit {
    author: Arn,
    revision: Revision,
    gathered: Arc<Footprint>,
}

impl Permit {
    pub(crate) fn new(author: Arn, revision: Revision, gathered: Arc<Footprint>) -> Self {
        Self { author, revision, gathered }
    }

    /// The revision at which leave was given.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// What was read to gather the policies that gave leave.
    #[must_use]
    pub fn footprint(&self) -> &Footprint {
        &self.gathered
    }
}

impl Permitted for Permit {
    fn author(&self) -> String {
        self.author.to_string()
    }
}
