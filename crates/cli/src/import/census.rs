//! What the files hold together: who is there, under which id, and whether everything they name is known.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;

use anyhow::ensure;
use directory::{InstanceProfile, Named};
use serde_json::{Value as Json, json};
use types::{Arn, Owner, UniqueId};

use super::entities::{Entity, owner_of};
use super::read::Item;

/// The entities of all files, by name: small beside the files themselves.
pub(super) struct Census {
    pub(super) owner: Owner,
    /// The ids of users, groups, roles, policies and instance profiles, by resource type and folded name.
    ids: HashMap<(&'static str, String), Known>,
    /// The ids that are taken.
    taken: HashSet<UniqueId>,
    profiles: u64,
    aws_kept: BTreeSet<String>,
    aws_other_version: BTreeSet<String>,
    aws_known: u64,
}

/// What a name stands for.
struct Known {
    arn: Arn,
    id: UniqueId,
}

impl Census {
    pub(super) fn new(owner: Owner) -> Self {
        Self {
            owner,
            ids: HashMap::new(),
            taken: HashSet::new(),
            profiles: 0,
            aws_kept: BTreeSet::new(),
            aws_other_version: BTreeSet::new(),
            aws_known: 0,
        }
    }

    /// Checks one entity and counts it.
    pub(super) fn count(&mut self, item: Item) -> anyhow::Result<()> {
        if let Some(other) = owner_of(&item)?.filter(|other| *other != self.owner) {
            anyhow::bail!("this is of account {other}, and what came before of account {}", self.owner);
        }
        match Entity::of(item, self.owner)? {
            Entity::User(user, _, _) => self.add(&user),
            Entity::Group(group, _) => self.add(&group),
            Entity::Role(role, _) => {
                self.add(&role.role)?;
                for profile in &role.profiles {
                    self.profiles = self.profiles.saturating_add(1);
                    self.add::<InstanceProfile>(profile)?;
                }
                Ok(())
            }
            Entity::Policy(policy, _) => {
                let Some(known) = is_in_catalog(&policy) else {
                    if policy.is_aws {
                        self.aws_kept.insert(policy.arn().to_string());
                    }
                    return self.add(&policy);
                };
                self.aws_known = self.aws_known.saturating_add(1);
                if known.default_version() != format!("v{}", policy.default_version) {
                    self.aws_other_version.insert(policy.arn().to_string());
                }
                Ok(())
            }
        }
    }

    fn add<E: Named>(&mut self, entity: &E) -> anyhow::Result<()> {
        let arn = entity.arn();
        ensure!(self.taken.insert(entity.id().clone()), "the id `{}` of `{arn}` is there twice", entity.id());
        // The partition tells the account's own policies from those of AWS's.
        let kind = if arn.account_part() == "aws" { AWS } else { E::RESOURCE_TYPE };
        let known = Known { arn: arn.clone(), id: entity.id().clone() };
        let other = self.ids.insert((kind, entity.name().to_ascii_lowercase()), known);
        if let Some(other) = other {
            anyhow::bail!("`{arn}` and `{}` have one name", other.arn);
        }
        Ok(())
    }

    /// How many entities the files hold, instance profiles aside.
    pub(super) fn len(&self) -> u64 {
        (self.ids.len() as u64).saturating_sub(self.profiles).saturating_add(self.aws_known)
    }

    /// The id of the user or role with an ARN.
    pub(super) fn principal(&self, arn: &Arn) -> Option<&UniqueId> {
        let kind = ["user", "role"].into_iter().find(|kind| *kind == arn.resource_type_and_id().0)?;
        self.at(kind, arn)
    }

    /// The id of the group with a name.
    pub(super) fn group(&self, folded: &str) -> Option<&UniqueId> {
        self.ids.get(&("group", folded.to_owned())).map(|known| &known.id)
    }

    /// Whether a managed policy is in the files or in the catalog.
    pub(super) fn has_policy(&self, arn: &Arn) -> bool {
        if arn.account_part() == "aws" {
            let suffix = arn.resource().strip_prefix("policy").unwrap_or_default();
            return catalog::managed_policy(suffix).is_some() || self.at(AWS, arn).is_some();
        }
        self.at("policy", arn).is_some()
    }

    fn at(&self, kind: &'static str, arn: &Arn) -> Option<&UniqueId> {
        let name = arn.resource().rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        self.ids.get(&(kind, name)).filter(|known| known.arn == *arn).map(|known| &known.id)
    }

    fn count_of(&self, kind: &str) -> usize {
        self.ids.keys().filter(|(k, _)| *k == kind).count()
    }

    /// What was imported, in numbers.
    pub(super) fn report(&self, files: &[PathBuf]) -> Json {
        json!({
            "account": self.owner.account,
            "partition": self.owner.partition,
            "files": files.iter().map(|path| super::shown(path)).collect::<Vec<_>>(),
            "users": self.count_of("user"),
            "groups": self.count_of("group"),
            "roles": self.count_of("role"),
            "instanceProfiles": self.count_of("instance-profile"),
            "policies": self.count_of("policy"),
            "awsPoliciesKept": self.aws_kept,
            "awsPoliciesOtherVersion": self.aws_other_version,
        })
    }
}

/// What the catalog has in place of a policy; it is in force then, and not what the file says.
pub(super) fn is_in_catalog(policy: &directory::ManagedPolicy) -> Option<&'static catalog::ManagedPolicy> {
    if !policy.is_aws {
        return None;
    }
    catalog::managed_policy(&format!("{}{}", policy.path, policy.name))
}

/// Stands for the policies of AWS's beside the resource types of ARNs.
const AWS: &str = "aws policy";
