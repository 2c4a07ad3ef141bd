//! The reset of a development server: every record and secret goes, in one audited commit; history stays.

use std::borrow::Cow;

use crate::audit::AuditEvent;
use crate::authority::Authority;
use crate::backend::{Change, EntryChange, Presence, SecretChange};
use crate::error::{Error, Result};
use crate::footprint::Footprint;
use crate::revision::{Committed, Revision};
use crate::store::Store;
use crate::writer::{Job, Prepared};

impl Store {
    /// Deletes every record and shreds every secret, in one commit. It competes with no other commit: what commits
    /// meanwhile is deleted too.
    ///
    /// # Errors
    ///
    /// [`Error::ReadOnly`], [`Error::Closed`], [`Error::Backend`].
    pub async fn reset(&self, authority: &Authority, event: &AuditEvent) -> Result<Committed> {
        loop {
            let prepared = self.emptying(self.head(), authority, event).await?;
            match self.ask(|reply| Job::Commit(Box::new(prepared), reply)).await {
                Err(Error::Conflict) => {}
                outcome => return outcome,
            }
        }
    }

    async fn emptying(&self, at: Revision, authority: &Authority, event: &AuditEvent) -> Result<Prepared> {
        let mut changes = Vec::new();
        let mut after = None;
        loop {
            let records = self.backend().await?.live(at, after.take(), STEP).await?;
            let Some(last) = records.last() else { break };
            after = Some((last.kind.clone(), last.key.clone()));
            changes.extend(records.into_iter().map(|record| Change {
                kind: record.kind.into(),
                key: record.key.into(),
                before: Some(record.text),
                after: None,
            }));
        }
        let mut entries = Vec::new();
        let mut after = None;
        loop {
            let places = self.backend().await?.entries(at, after.take(), STEP).await?;
            let Some(last) = places.last() else { break };
            after = Some(last.clone());
            entries.extend(places.into_iter().map(|place| EntryChange {
                index: Cow::Owned(place.index),
                partition: place.partition,
                position: place.position,
                presence: Presence::Removed,
            }));
        }
        let mut secrets = Vec::new();
        let mut after = None;
        loop {
            let kept = self.secrets(after.as_ref(), STEP).await?;
            after = kept.last().cloned();
            if after.is_none() {
                break;
            }
            secrets.extend(kept.into_iter().map(|secret| SecretChange {
                kind: Cow::Owned(secret.kind),
                key: secret.key,
                sealed: None,
            }));
        }
        Ok(Prepared {
            read_at: at,
            footprint: Footprint::new(),
            changes: changes.into(),
            entries,
            secrets,
            touches: Vec::new(),
            limits: Vec::new(),
            author: authority.author().into(),
            event_id: event.id.clone(),
            line: event.encode().into(),
            touches_everything: true,
        })
    }
}

/// How many rows are read at once.
const STEP: usize = 1000;
