//! Pages: a part of an index partition, and the place where the next one starts.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Which entries of a partition a scan is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Range {
    /// Only entries whose sort key starts with this.
    pub prefix: String,
    /// Only entries after this place.
    pub after: Option<Position>,
}

impl Range {
    /// The whole partition.
    pub fn all() -> Self {
        Self::default()
    }

    /// The entries whose sort key starts with `prefix`.
    pub fn prefix(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), after: None }
    }

    /// The same range, from after `position` on.
    #[must_use]
    pub fn after(self, position: Option<Position>) -> Self {
        Self { after: position, ..self }
    }
}

/// A place in an index partition: a sort key, and the key of the record there.
///
/// A place stays meaningful when the record that stood there is gone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The sort key.
    pub sort: String,
    /// The record's key path.
    pub key: String,
}

impl Position {
    /// The place as one string, for a pagination token. It may hold a NUL: encode it before it leaves the process.
    pub fn to_token(&self) -> String {
        format!("{}\0{}", self.sort, self.key)
    }

    /// The place that [`to_token`](Self::to_token) wrote, or `None` if it wrote no such string.
    pub fn from_token(token: &str) -> Option<Self> {
        let (sort, key) = token.split_once('\0')?;
        (!key.contains('\0')).then(|| Self { sort: sort.to_owned(), key: key.to_owned() })
    }
}

/// A part of an index partition, in order.
#[derive(Debug, Clone)]
pub struct Page<R> {
    /// The records.
    pub items: Vec<Arc<R>>,
    /// Where the next page starts; `None` when this is the last one.
    pub next: Option<Position>,
}
