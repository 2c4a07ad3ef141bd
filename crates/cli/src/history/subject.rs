//! Whose history it is: the entities that have or once had an ARN, and what belongs to them.

use std::collections::BTreeSet;

use directory::{
    EntityKey, Group, InstanceProfile, KINDS, ManagedPolicy, Named, Role, ServerCertificate, User,
};
use serde_json::Value as Json;
use store::{Change, RecordKey as _, Store};
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

    /// Finds who has the ARN or once had it.
    pub(super) async fn find_all(&mut self, store: &Store) -> anyhow::Result<()> {
        self.find::<User>(store).await?;
        self.find::<Group>(store).await?;
        self.find::<Role>(store).await?;
        self.find::<ManagedPolicy>(store).await?;
        self.find::<InstanceProfile>(store).await?;
        self.find::<ServerCertificate>(store).await
    }

    async fn find<E: Named>(&mut self, store: &Store) -> anyhow::Result<()> {
        let Some(owner) = self.owner() else { return Ok(()) };
        let name = self.arn.resource().rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        for key in store.ever(&E::BY_NAME, &owner, &name).await? {
            let Some(key) = EntityKey::parse_path(&key) else { continue };
            // Who had the name may have had it under another path.
            for past in store.history::<E>(&key).await? {
                let entity = past.record.filter(|entity| entity.arn() == *self.arn);
                self.ids.extend(entity.map(|entity| entity.id().to_string()));
            }
        }
        Ok(())
    }

    /// The names of the records whose changes may be of the entities.
    pub(super) async fn records(&self, store: &Store) -> anyhow::Result<BTreeSet<(String, String)>> {
        let Some(owner) = self.owner() else { return Ok(BTreeSet::new()) };
        let mut records = BTreeSet::new();
        for name in self.ids.iter().map(String::as_str).chain([self.arn.as_str()]) {
            records.extend(store.related(KINDS, &format!("{owner}/{name}")).await?);
        }
        Ok(records)
    }

    /// The account, as partitions and keys have it.
    fn owner(&self) -> Option<String> {
        let (partition, account) = (self.arn.partition()?, self.arn.account()?);
        Some(types::Owner::new(partition, account).to_string())
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
