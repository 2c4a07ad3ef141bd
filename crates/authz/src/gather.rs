//! Gathering: which policies apply to a caller.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use directory::{
    Attachment, EntityKey, Grantee, GranteeKind, Group, InlinePolicy, ManagedPolicy, Membership, Named as _,
    PolicyVersion, Role, User,
};
use policy::{Named, Policy, SourceKind};
use store::{Footprint, Revision, Snapshot};
use types::{AccessKeyId, Arn, Owner};

use crate::caller::{Caller, Identity};
use crate::compiled::Layers;
use crate::session::Session;
use crate::{Authorizer, Failure};

/// The policies of a principal's own side, and what was read to find them.
#[derive(Debug)]
pub(crate) struct Gathered {
    pub(crate) policies: Arc<policy::Snapshot>,
    pub(crate) footprint: Arc<Footprint>,
    /// The revision at which it was gathered.
    at: Revision,
    /// The newest revision up to which nothing of the footprint has changed.
    checked: AtomicU64,
}

/// The policies of a user, group or role.
#[derive(Debug, Clone)]
pub struct Granted {
    /// What it is granted, by inline and managed policies, its groups' included.
    pub identity: Vec<Named>,
    /// What bounds it: at most one policy; none in the list where that policy is gone.
    pub boundary: Option<Vec<Named>>,
}

/// Under what gathered policies are kept: the principal, and the session where it has policies of its own.
pub(crate) type GatherKey = (EntityKey, Option<AccessKeyId>);

impl Authorizer {
    /// The policies of the caller's side as they are at the snapshot's revision.
    pub(crate) async fn gather(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
    ) -> Result<Arc<Gathered>, Failure> {
        let at = snapshot.revision();
        let Some(key) = gather_key(caller) else { return self.gather_anew(at, caller).await };
        if let Some(known) = self.gathered.get(&key)
            && self.is_current(&known, at)
        {
            return Ok(known);
        }
        let gathered = self.gather_anew(at, caller).await?;
        self.gathered.insert(key, Arc::clone(&gathered));
        Ok(gathered)
    }

    fn is_current(&self, known: &Gathered, at: Revision) -> bool {
        let checked = Revision::new(known.checked.load(Ordering::Acquire));
        if at < known.at {
            return false;
        }
        if at <= checked {
            return true;
        }
        // Read the head first: what is unchanged after it was unchanged up to it.
        let head = self.store.head();
        if self.store.changed_since(&known.footprint, checked) {
            return false;
        }
        known.checked.fetch_max(head.number(), Ordering::AcqRel);
        at <= head
    }

    async fn gather_anew(&self, at: Revision, caller: &Caller) -> Result<Arc<Gathered>, Failure> {
        // A snapshot of its own, whose footprint is that of the gathering alone.
        let snapshot = self.store.read_at(at)?;
        let granted = match &caller.identity {
            Identity::Root => None,
            Identity::User(user) => Some(self.granted_to_user(&snapshot, user).await?),
            Identity::Role { role, .. } => Some(self.granted_to_role(&snapshot, role).await?),
            Identity::Federated { issuer: Some(user), .. } => {
                Some(self.granted_to_user(&snapshot, user).await?)
            }
            // What the root user hands on is everything, within the session's policies.
            Identity::Federated { issuer: None, .. } => {
                let administrator =
                    Arn::new(caller.owner.partition, "iam", "", None, "policy/AdministratorAccess");
                let everything = self.aws_managed(&administrator)?;
                Some(Granted { identity: everything.into_iter().collect(), boundary: None })
            }
        };
        let (identity, boundary) = match granted {
            None => (None, None),
            Some(Granted { identity, boundary }) => (Some(identity), boundary),
        };
        let session = match caller.session() {
            Some(session) => self.session_policies(&snapshot, session).await?,
            None => None,
        };
        let mut footprint = snapshot.footprint();
        footprint.compact();
        let policies = self.compiled.share(Layers { identity, boundary, session });
        let checked = AtomicU64::new(at.number());
        Ok(Arc::new(Gathered { policies, footprint: Arc::new(footprint), at, checked }))
    }

    /// What a user is granted: its own policies and its groups', within its boundary.
    pub async fn granted_to_user(&self, snapshot: &Snapshot, user: &User) -> Result<Granted, Failure> {
        // The user's own record says which boundary applies, so it belongs to the footprint.
        snapshot.get::<User>(&store::Record::key(user)).await?;
        let mut identity = self.held_by(snapshot, &user.grantee()).await?;
        for group in groups_of(snapshot, &user.grantee()).await? {
            identity.extend(self.granted_to_group(snapshot, &group).await?.identity);
        }
        Ok(Granted { identity, boundary: self.boundary(snapshot, user.owner, user.boundary.as_ref()).await? })
    }

    /// What a group grants its users. Its inline policies go by `group/policy`: other groups have some of that name.
    pub async fn granted_to_group(&self, snapshot: &Snapshot, group: &Group) -> Result<Granted, Failure> {
        let mut identity = self.held_by(snapshot, &group.grantee()).await?;
        for named in identity.iter_mut().filter(|named| named.kind == SourceKind::Group) {
            named.name = format!("{}/{}", group.name, named.name).into();
        }
        Ok(Granted { identity, boundary: None })
    }

    /// What a role is granted, within its boundary.
    pub async fn granted_to_role(&self, snapshot: &Snapshot, role: &Role) -> Result<Granted, Failure> {
        snapshot.get::<Role>(&store::Record::key(role)).await?;
        Ok(Granted {
            identity: self.held_by(snapshot, &role.grantee()).await?,
            boundary: self.boundary(snapshot, role.owner, role.boundary.as_ref()).await?,
        })
    }

    /// The inline and managed policies of one user, group or role; of a user without its groups'.
    pub async fn held_by(&self, snapshot: &Snapshot, grantee: &Grantee) -> Result<Vec<Named>, Failure> {
        let inline = match grantee.kind {
            GranteeKind::User => SourceKind::User,
            GranteeKind::Group => SourceKind::Group,
            GranteeKind::Role => SourceKind::Role,
        };
        let partition = grantee.partition();
        let mut policies = Vec::new();
        for policy in snapshot.all::<InlinePolicy>(&InlinePolicy::BY_HOLDER, &partition).await? {
            let parsed = self.parse(policy.document.as_str(), policy.name.as_str())?;
            policies.push(Named::new(inline, policy.name.as_str(), parsed));
        }
        for attachment in snapshot.all::<Attachment>(&Attachment::BY_HOLDER, &partition).await? {
            policies.extend(self.managed(snapshot, grantee.owner, &attachment.policy).await?);
        }
        Ok(policies)
    }

    /// A boundary's policies: the one, or none where it is gone, which allows nothing.
    async fn boundary(
        &self,
        snapshot: &Snapshot,
        owner: Owner,
        arn: Option<&Arn>,
    ) -> Result<Option<Vec<Named>>, Failure> {
        match arn {
            None => Ok(None),
            Some(arn) => Ok(Some(self.managed(snapshot, owner, arn).await?.into_iter().collect())),
        }
    }

    async fn session_policies(
        &self,
        snapshot: &Snapshot,
        session: &Session,
    ) -> Result<Option<Vec<Named>>, Failure> {
        if !has_policies(session) {
            return Ok(None);
        }
        let mut policies = Vec::new();
        if let Some(text) = &session.policy {
            policies.push(Named::new(SourceKind::Session, "session", self.parse(text, "session")?));
        }
        for arn in &session.policy_arns {
            policies.extend(self.managed(snapshot, session.owner, arn).await?);
        }
        Ok(Some(policies))
    }

    /// The default version of a managed policy, AWS's or the account's own; none if it does not exist.
    pub async fn managed(
        &self,
        snapshot: &Snapshot,
        owner: Owner,
        arn: &Arn,
    ) -> Result<Option<Named>, Failure> {
        let is_aws = arn.account_part() == "aws";
        if is_aws && let Some(policy) = self.aws_managed(arn)? {
            return Ok(Some(policy));
        }
        let found = if is_aws {
            imported_aws_policy(snapshot, owner, arn).await?
        } else {
            named_policy(snapshot, &owner.to_string(), arn).await?
        };
        let Some(policy) = found else { return Ok(None) };
        let kind = if is_aws { SourceKind::AwsManaged } else { SourceKind::CustomerManaged };
        let key = policy.version_key(policy.default_version);
        let cache_key = key.to_string();
        if let Some(parsed) = self.policies.get(&cache_key) {
            return Ok(Some(Named::new(kind, arn.as_str(), parsed)));
        }
        let Some(version) = snapshot.get::<PolicyVersion>(&key).await? else {
            return Err(Failure::Unreadable(format!("the default version of `{arn}` is missing")));
        };
        let parsed = self.parse(version.document.as_str(), arn.as_str())?;
        self.policies.insert(cache_key, Arc::clone(&parsed));
        Ok(Some(Named::new(kind, arn.as_str(), parsed)))
    }

    fn aws_managed(&self, arn: &Arn) -> Result<Option<Named>, Failure> {
        let suffix = arn.resource().strip_prefix("policy").unwrap_or_default();
        let cache_key = format!("aws{suffix}");
        if let Some(parsed) = self.policies.get(&cache_key) {
            return Ok(Some(Named::new(SourceKind::AwsManaged, arn.as_str(), parsed)));
        }
        let Some(policy) = catalog::managed_policy(suffix) else { return Ok(None) };
        let parsed = self.parse(policy.document(), arn.as_str())?;
        self.policies.insert(cache_key, Arc::clone(&parsed));
        Ok(Some(Named::new(SourceKind::AwsManaged, arn.as_str(), parsed)))
    }

    fn parse(&self, text: &str, name: &str) -> Result<Arc<Policy>, Failure> {
        self.parsed
            .parse(text)
            .map_err(|cause| Failure::Unreadable(format!("policy `{name}` does not parse: {cause}")))
    }
}

/// A policy of AWS's that the catalog lacks and an import brought into the account.
pub async fn imported_aws_policy(
    snapshot: &Snapshot,
    owner: Owner,
    arn: &Arn,
) -> store::Result<Option<Arc<ManagedPolicy>>> {
    named_policy(snapshot, &ManagedPolicy::aws_partition(owner), arn).await
}

async fn named_policy(
    snapshot: &Snapshot,
    partition: &str,
    arn: &Arn,
) -> store::Result<Option<Arc<ManagedPolicy>>> {
    let name = arn.resource().rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let found = snapshot.find::<ManagedPolicy>(&ManagedPolicy::BY_NAME, partition, &name).await?;
    Ok(found.filter(|policy| policy.arn() == *arn))
}

async fn groups_of(snapshot: &Snapshot, user: &Grantee) -> Result<Vec<Arc<Group>>, Failure> {
    debug_assert_eq!(user.kind, GranteeKind::User);
    let mut groups = Vec::new();
    for membership in snapshot.all::<Membership>(&Membership::BY_USER, &user.partition()).await? {
        let key = EntityKey::new(user.owner, membership.group.clone());
        groups.extend(snapshot.get::<Group>(&key).await?);
    }
    Ok(groups)
}

fn gather_key(caller: &Caller) -> Option<GatherKey> {
    let entity = match &caller.identity {
        Identity::Root | Identity::Federated { issuer: None, .. } => return None,
        Identity::User(user) | Identity::Federated { issuer: Some(user), .. } => store::Record::key(&**user),
        Identity::Role { role, .. } => store::Record::key(&**role),
    };
    let session = caller.session().filter(|session| has_policies(session));
    Some((entity, session.map(|session| session.access_key_id.clone())))
}

fn has_policies(session: &Session) -> bool {
    session.policy.is_some() || !session.policy_arns.is_empty()
}
