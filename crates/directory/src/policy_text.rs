//! Policy documents as they are kept.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The text of a policy that passed validation at write time, byte for byte as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PolicyText(Arc<str>);

impl PolicyText {
    /// Keeps a text that [`policy::validate`] accepted; the parsed form is the proof.
    #[must_use]
    pub fn accepted(text: &str, _proof: &policy::Policy) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
