//! Writing what was read. An id is who somebody is: an entity that is there already becomes what the file says, with
//! the name that it has there; what a file does not speak of stays as it is.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use directory::{
    Attachment, AttachmentKey, EntityKey, Grantee, Group, InlinePolicy, InlinePolicyKey, InstanceProfile,
    ManagedPolicy, Membership, Named, PolicyVersion, Role, RoleUsage, User,
};
use policy::{Policy, PrincipalKind};
use store::{Record as _, Transaction};
use types::{Arn, GroupName, Owner, UniqueId};

use super::census::{Census, is_in_catalog};
use super::entities::{Entity, Held, RoleWithTrust};

/// An import under way.
pub(super) struct Writing<'c> {
    census: &'c Census,
    /// Nothing can be there already in an account that is made with the import.
    is_new: bool,
    usages: Vec<(String, RoleUsage)>,
}

impl<'c> Writing<'c> {
    pub(super) fn new(census: &'c Census, is_new: bool) -> Self {
        Self { census, is_new, usages: Vec::new() }
    }

    /// When roles were last used, by the key of the note.
    pub(super) fn usages(&self) -> impl Iterator<Item = (&str, &RoleUsage)> {
        self.usages.iter().map(|(key, usage)| (key.as_str(), usage))
    }

    /// Writes one entity.
    pub(super) async fn add(&mut self, tx: &mut Transaction, entity: Entity) -> anyhow::Result<()> {
        match entity {
            Entity::User(user, held, groups) => {
                let (arn, holder) = (user.arn(), user.grantee());
                self.put(tx, user.clone(), |_, new| new).await?;
                self.memberships(tx, &holder, &groups).await.with_context(|| arn.to_string())?;
                self.held(tx, &holder, held, user.boundary.as_ref()).await.with_context(|| arn.to_string())
            }
            Entity::Group(group, held) => {
                let (arn, holder) = (group.arn(), group.grantee());
                self.put(tx, group, |_, new| new).await?;
                self.held(tx, &holder, held, None).await.with_context(|| arn.to_string())
            }
            Entity::Role(role, held) => self.role(tx, *role, held).await,
            Entity::Policy(policy, _) if is_in_catalog(&policy).is_some() => Ok(()),
            Entity::Policy(policy, versions) => self.policy(tx, policy, versions).await,
        }
    }

    async fn role(&mut self, tx: &mut Transaction, found: RoleWithTrust, held: Held) -> anyhow::Result<()> {
        let RoleWithTrust { mut role, trust, profiles, usage } = found;
        let (arn, holder, boundary) = (role.arn(), role.grantee(), role.boundary.clone());
        role.trusted = self.trusted(tx, &trust).await?;
        if let Some(usage) = usage {
            self.usages.push((format!("{}/{}", role.owner, role.id), usage));
        }
        // The form does not have them.
        let keep = |old: &Role, new: Role| Role {
            description: old.description.clone(),
            max_session_duration: old.max_session_duration,
            ..new
        };
        self.put(tx, role, keep).await?;
        if !self.is_new {
            let index = &InstanceProfile::BY_ROLE;
            for old in tx.all::<InstanceProfile>(index, &holder.partition()).await? {
                if profiles.iter().all(|profile| profile.id != old.id) {
                    tx.put(InstanceProfile { role: None, ..(*old).clone() }).await?;
                }
            }
        }
        for profile in profiles {
            self.put(tx, profile, |_, new| new).await?;
        }
        self.held(tx, &holder, held, boundary.as_ref()).await.with_context(|| arn.to_string())
    }

    async fn policy(
        &self,
        tx: &mut Transaction,
        policy: ManagedPolicy,
        versions: Vec<PolicyVersion>,
    ) -> anyhow::Result<()> {
        if !self.is_new {
            for old in
                tx.all::<PolicyVersion>(&PolicyVersion::BY_POLICY, &policy.versions_partition()).await?
            {
                if versions.iter().all(|version| version.number != old.number) {
                    tx.delete::<PolicyVersion>(&old.key()).await?;
                }
            }
        }
        // The form has no tags of policies, and does not tell which versions were deleted after the newest.
        let keep = |old: &ManagedPolicy, new: ManagedPolicy| ManagedPolicy {
            tags: old.tags.clone(),
            next_version: new.next_version.max(old.next_version),
            ..new
        };
        self.put(tx, policy, keep).await?;
        for version in versions {
            tx.put(version).await?;
        }
        Ok(())
    }

    /// Puts an entity in place of the one with its id; `keep` says what of the old one stays.
    async fn put<E: Named>(
        &self,
        tx: &mut Transaction,
        entity: E,
        keep: impl Fn(&E, E) -> E,
    ) -> anyhow::Result<()> {
        if self.is_new {
            tx.put(entity).await?;
            return Ok(());
        }
        let place = entity.name_entries().into_iter().find(|entry| entry.index == E::BY_NAME);
        if let Some(place) = place
            && let Some(other) = tx.find::<E>(&E::BY_NAME, &place.partition, &place.sort).await?
            && other.id() != entity.id()
        {
            bail!(
                "`{}` is in the account already, with the id {} where the file has {}: rename or delete it first",
                other.arn(),
                other.id(),
                entity.id()
            );
        }
        let entity = match tx.get::<E>(&entity.key()).await? {
            Some(old) => keep(&old, entity),
            None => entity,
        };
        tx.put(entity).await?;
        Ok(())
    }

    async fn memberships(
        &self,
        tx: &mut Transaction,
        user: &Grantee,
        names: &[GroupName],
    ) -> anyhow::Result<()> {
        let mut groups = Vec::with_capacity(names.len());
        for name in names {
            let id = match self.census.group(&name.folded()) {
                Some(id) => Some(id.clone()),
                None => {
                    let owner = user.owner.to_string();
                    let there = tx.find::<Group>(&Group::BY_NAME, &owner, &name.folded()).await?;
                    there.map(|group| group.id.clone())
                }
            };
            groups.push(
                id.with_context(|| format!("its group `{name}` is neither in the files nor in the account"))?,
            );
        }
        if !self.is_new {
            for old in tx.all::<Membership>(&Membership::BY_USER, &user.partition()).await? {
                if !groups.contains(&old.group) {
                    tx.delete::<Membership>(&old.key()).await?;
                }
            }
        }
        for group in groups {
            tx.put(Membership { owner: user.owner, user: user.id.clone(), group }).await?;
        }
        Ok(())
    }

    /// Makes what is given to an identity what the file says.
    async fn held(
        &self,
        tx: &mut Transaction,
        holder: &Grantee,
        held: Held,
        boundary: Option<&Arn>,
    ) -> anyhow::Result<()> {
        for policy in held.attached.iter().chain(boundary) {
            self.require_policy(tx, holder.owner, policy).await?;
        }
        if !self.is_new {
            let partition = holder.partition();
            for old in tx.all::<InlinePolicy>(&InlinePolicy::BY_HOLDER, &partition).await? {
                if held.inline.iter().all(|policy| policy.name != old.name) {
                    tx.delete::<InlinePolicy>(&InlinePolicyKey::new(holder, old.name.clone())).await?;
                }
            }
            for old in tx.all::<Attachment>(&Attachment::BY_HOLDER, &partition).await? {
                if !held.attached.contains(&old.policy) {
                    tx.delete::<Attachment>(&AttachmentKey::new(holder, old.policy.clone())).await?;
                }
            }
        }
        for policy in held.inline {
            tx.put(policy).await?;
        }
        for policy in held.attached {
            tx.put(Attachment { holder: holder.clone(), policy }).await?;
        }
        Ok(())
    }

    /// Refuses a policy that nobody has: leaving it out could take a denial away.
    async fn require_policy(&self, tx: &Transaction, owner: Owner, arn: &Arn) -> anyhow::Result<()> {
        if self.census.has_policy(arn) {
            return Ok(());
        }
        let is_aws = arn.account_part() == "aws";
        let partition = if is_aws { ManagedPolicy::aws_partition(owner) } else { owner.to_string() };
        let name = arn.resource().rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let there = tx.find::<ManagedPolicy>(&ManagedPolicy::BY_NAME, &partition, &name).await?;
        if there.is_some_and(|policy| policy.arn() == *arn) {
            return Ok(());
        }
        let hint = if is_aws { ", the account or the catalog" } else { " or the account" };
        bail!(
            "its policy `{arn}` is not in the files{hint}; were they made with a --filter, or is a page missing?"
        )
    }

    /// The ids of the users and roles that a trust policy names, as far as this directory knows them.
    async fn trusted(&self, tx: &Transaction, trust: &Policy) -> anyhow::Result<BTreeMap<Arn, UniqueId>> {
        let mut trusted = BTreeMap::new();
        let elements = trust.statements().iter().filter_map(|statement| statement.principals());
        for pattern in elements.flat_map(|element| element.patterns()) {
            if pattern.kind() != PrincipalKind::Aws {
                continue;
            }
            let Ok(arn) = Arn::parse(pattern.as_str()) else { continue };
            let id = match self.census.principal(&arn) {
                Some(id) => Some(id.clone()),
                None => self.there(tx, &arn).await?,
            };
            if let Some(id) = id {
                trusted.insert(arn, id);
            }
        }
        Ok(trusted)
    }

    /// The id of a user or role that is in the directory already, in this account or another.
    async fn there(&self, tx: &Transaction, arn: &Arn) -> anyhow::Result<Option<UniqueId>> {
        let (Some(partition), Some(account)) = (arn.partition(), arn.account()) else { return Ok(None) };
        let owner = Owner::new(partition, account);
        let name = arn.resource().rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let key: Option<(EntityKey, Arn)> = match arn.resource_type_and_id().0 {
            "user" => {
                let user = tx.find::<User>(&User::BY_NAME, &owner.to_string(), &name).await?;
                user.map(|user| (user.key(), user.arn()))
            }
            "role" => {
                let role = tx.find::<Role>(&Role::BY_NAME, &owner.to_string(), &name).await?;
                role.map(|role| (role.key(), role.arn()))
            }
            _ => None,
        };
        Ok(key.filter(|(_, found)| found == arn).map(|(key, _)| key.id))
    }
}
