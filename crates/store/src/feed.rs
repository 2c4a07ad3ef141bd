//! The feed of changes, and the history of one record: the same data as as-of reads, asked in another direction.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use crate::backend::{Change, Commit};
use crate::error::Result;
use crate::record::{self, IndexSpec, Kind, Record, RecordKey};
use crate::revision::Revision;
use crate::store::Store;

/// One version of a record.
#[derive(Debug, Clone)]
pub struct Past<R> {
    /// The revision that made this version.
    pub revision: Revision,
    /// When that was.
    pub instant: Timestamp,
    /// Who made it.
    pub author: Arc<str>,
    /// The record; `None` where it was deleted.
    pub record: Option<R>,
}

impl Change {
    /// The record before the change, if it is an `R` that was there.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`](crate::Error::Damaged) if it does not parse.
    pub fn record_before<R: Record>(&self) -> Result<Option<R>> {
        self.parse(self.before.as_deref())
    }

    /// The record after the change, if it is an `R` that is there.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`](crate::Error::Damaged) if it does not parse.
    pub fn record_after<R: Record>(&self) -> Result<Option<R>> {
        self.parse(self.after.as_deref())
    }

    fn parse<R: Record>(&self, text: Option<&str>) -> Result<Option<R>> {
        text.filter(|_| *self.kind == *R::KIND).map(record::decode).transpose()
    }
}

impl Store {
    /// The commits after `revision`, oldest first, at most `limit` of them, with author, instant and every change.
    ///
    /// # Errors
    ///
    /// [`Error::Compacted`](crate::Error::Compacted) if changes after `revision` have been compacted away; a failure of the backend.
    pub async fn changes_since(&self, revision: Revision, limit: usize) -> Result<Vec<Commit>> {
        self.check()?;
        let head = self.head();
        let mut commits = self.backend().await?.commits(revision, limit).await?;
        // What is on disk but not yet in force is not shown yet.
        commits.retain(|commit| commit.revision <= head);
        self.read_at(revision.min(head))?;
        Ok(commits)
    }

    /// The keys of the records that stand or once stood at this place of an index: who has had a name, say.
    ///
    /// # Errors
    ///
    /// A failure of the backend.
    pub async fn ever(&self, index: &IndexSpec, partition: &str, sort: &str) -> Result<Vec<String>> {
        self.check()?;
        self.backend().await?.ever(index.name, partition, sort).await
    }

    /// The names (kind and key) of the records that stand or once stood in an index partition of this name, whatever
    /// the index, or whose keys are it or lie below it.
    ///
    /// # Errors
    ///
    /// A failure of the backend.
    pub async fn related(&self, kinds: &[Kind], name: &str) -> Result<BTreeSet<(String, String)>> {
        self.check()?;
        self.backend().await?.related(kinds.to_vec(), name).await
    }

    /// The commits after `revision` that changed one of these records, oldest first, with no other changes. It costs as
    /// much as there are changes of them, however many others there are.
    ///
    /// # Errors
    ///
    /// As [`changes_since`](Self::changes_since).
    pub async fn changes_of(
        &self,
        records: BTreeSet<(String, String)>,
        revision: Revision,
    ) -> Result<Vec<Commit>> {
        self.check()?;
        let head = self.head();
        let mut commits = self.backend().await?.touching(records, revision).await?;
        commits.retain(|commit| commit.revision <= head);
        self.read_at(revision.min(head))?;
        Ok(commits)
    }

    /// Every kept version of a record, oldest first.
    ///
    /// # Errors
    ///
    /// A failure of the backend, or [`Error::Damaged`](crate::Error::Damaged).
    pub async fn history<R: Record>(&self, key: &R::Key) -> Result<Vec<Past<R>>> {
        self.check()?;
        let head = self.head();
        let versions = self.backend().await?.versions(R::KIND, &key.path()).await?;
        let in_force = versions.into_iter().filter(|version| version.revision <= head);
        let past = |version: crate::backend::Version| {
            let record = version.text.as_deref().map(record::decode).transpose()?;
            Ok(Past { revision: version.revision, instant: version.instant, author: version.author, record })
        };
        in_force.map(past).collect()
    }
}
