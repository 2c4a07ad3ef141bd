//! Whose history it is: the entities that have or once had an ARN, and what belongs to them.

use std::collections::BTreeSet;

use directory::{Group, InstanceProfile, ManagedPolicy, Named, Role, ServerCertificate, User};
use serde_json::Value as Json;
use store::{Change, Commit, Snapshot};
use types::Arn;

/// The entities that have or once had an ARN.
pub(super) struct Subject<'a> {
    arn: &'a Arn,
    ids: BTreeSet<String>,
}

impl<'a> Subject<'a> {
    pub(super) fn new(arn: &'a Arn) -> Self {
        Self { arn, ids: BTreeSet::new() }
    }

    /// Whether nobody has or had the ARN.
    pub(super) fn is_unknown(&self) -> bool {
        self.ids.is_empty()
    }

    /// Finds who has the ARN at a revision: where history begins late, its first change may come later or never.
    pub(super) async fn look_at(&mut self, read: &Snapshot) -> anyhow::Result<()> {
        self.find::<User>(read).await?;
        self.find::<Group>(read).await?;
        self.find::<Role>(read).await?;
        self.find::<ManagedPolicy>(read).await?;
        self.find::<InstanceProfile>(read).await?;
        self.find::<ServerCertificate>(read).await
    }

    async fn find<E: Named>(&mut self, read: &Snapshot) -> anyhow::Result<()> {
        let (Some(partition), Some(account)) = (self.arn.partition(), self.arn.account()) else {
            return Ok(());
        };
        let owner = types::Owner::new(partition, account).to_string();
        let name = self.arn.resource().rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let found = read.find::<E>(&E::BY_NAME, &owner, &name).await?;
        self.ids
            .extend(found.filter(|entity| entity.arn() == *self.arn).map(|entity| entity.id().to_string()));
        Ok(())
    }

    /// Finds who gets the ARN in a commit.
    pub(super) fn look_for(&mut self, commit: &Commit) -> anyhow::Result<()> {
        for change in commit.changes.iter() {
            self.named_by::<User>(change)?;
            self.named_by::<Group>(change)?;
            self.named_by::<Role>(change)?;
            self.named_by::<ManagedPolicy>(change)?;
            self.named_by::<InstanceProfile>(change)?;
            self.named_by::<ServerCertificate>(change)?;
        }
        Ok(())
    }

    fn named_by<E: Named>(&mut self, change: &Change) -> anyhow::Result<()> {
        for entity in [change.record_before::<E>()?, change.record_after::<E>()?].into_iter().flatten() {
            if entity.arn() == *self.arn {
                self.ids.insert(entity.id().to_string());
            }
        }
        Ok(())
    }

    /// Whether a change is one of an entity or of what belongs to it: its policies, memberships, credentials, and
    /// where it is attached.
    pub(super) fn concerns(&self, change: &Change) -> anyhow::Result<bool> {
        if self.ids.iter().any(|id| change.key.split('/').any(|part| part == id))
            || change.key.ends_with(&format!("/{}", self.arn))
        {
            return Ok(true);
        }
        let Some(text) = change.after.as_ref().or(change.before.as_ref()) else { return Ok(false) };
        if !self.ids.iter().any(|id| text.contains(id.as_str())) {
            return Ok(false);
        }
        let record: Json = serde_json::from_str(text)?;
        let fields = ["user", "group", "role", "holder"].iter().filter_map(|name| record.get(name)?.as_str());
        Ok(fields.into_iter().any(|id| self.ids.contains(id)))
    }
}
