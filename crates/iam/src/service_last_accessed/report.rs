//! Making a report: what could be accessed, by the policies; what was, by the noted attempts.

use std::collections::{BTreeMap, BTreeSet};

use catalog::Service;
use directory::{
    AccessReport, ActionUsage, Attachment, EntityAccess, EntityKey, GranteeKind, Granularity, LastAccess,
    Membership, Named as _, Role, ServiceAccess, User,
};
use jiff::{SignedDuration, Timestamp};
use policy::{Named, Policy};
use service::{Context, Error, Result};
use store::Snapshot;
use types::{Arn, Owner, UniqueId};

use crate::granting::Grants;
use crate::source::FoundSource;

/// What a report is about.
pub(super) enum Subject {
    /// A user, the members of a group, or a role.
    Identity(FoundSource),
    /// Whoever has a policy, directly or through a group.
    Policy(Arn),
}

/// The report as of now.
pub(super) async fn made(
    cx: &Context<'_>,
    subject: &Subject,
    granularity: Granularity,
) -> Result<AccessReport> {
    // A snapshot of its own: the report is a picture, and need not be made again because its object moved meanwhile.
    let snapshot = cx.store().read_at(cx.read().revision())?;
    let policies = subject.policies(cx, &snapshot).await?;
    let mut report = AccessReport {
        owner: cx.owner()?,
        job: cx.ids().uuid()?,
        requester: cx.caller()?.user_id(),
        created: cx.now(),
        granularity,
        services: BTreeMap::new(),
        entities: Vec::new(),
    };
    let grants = Grants::of(policies.iter().map(|named: &Named| -> &Policy { &named.policy }));
    let catalog = cx.authorizer().catalog(&snapshot, report.owner).await?;
    for service in catalog.services().filter(|service| grants.reach(service)) {
        report.services.insert(service.prefix().to_owned(), ServiceAccess::default());
    }
    for (kind, id) in subject.entities(&snapshot, report.owner).await? {
        add_attempts(cx, &snapshot, &mut report, kind, id).await?;
    }
    if granularity == Granularity::Action {
        for (namespace, access) in &mut report.services {
            if let Some(service) = catalog.service(namespace) {
                split_actions(&grants, service, access);
            }
        }
    }
    Ok(report)
}

impl Subject {
    async fn policies(&self, cx: &Context<'_>, snapshot: &Snapshot) -> Result<Vec<Named>> {
        let authorizer = cx.authorizer();
        Ok(match self {
            Self::Identity(FoundSource::User(user)) => {
                authorizer.granted_to_user(snapshot, user).await?.identity
            }
            Self::Identity(other) => authorizer.held_by(snapshot, &other.grantee()).await?,
            Self::Policy(arn) => authorizer.managed(snapshot, cx.owner()?, arn).await?.into_iter().collect(),
        })
    }

    /// The users and roles that act with it, each once.
    async fn entities(&self, snapshot: &Snapshot, owner: Owner) -> Result<BTreeSet<(GranteeKind, UniqueId)>> {
        let holders = match self {
            Self::Identity(source) => vec![source.grantee()],
            Self::Policy(arn) => {
                let partition = Attachment::policy_partition(owner, arn);
                let attached = snapshot.all::<Attachment>(&Attachment::BY_POLICY, &partition).await?;
                attached.iter().map(|attachment| attachment.holder.clone()).collect()
            }
        };
        let mut entities = BTreeSet::new();
        for holder in holders {
            if holder.kind == GranteeKind::Group {
                let partition = holder.partition();
                let members = snapshot.all::<Membership>(&Membership::BY_GROUP, &partition).await?;
                entities.extend(members.iter().map(|member| (GranteeKind::User, member.user.clone())));
            } else {
                entities.insert((holder.kind, holder.id));
            }
        }
        Ok(entities)
    }
}

/// Adds what a user or role attempted.
async fn add_attempts(
    cx: &Context<'_>,
    snapshot: &Snapshot,
    report: &mut AccessReport,
    kind: GranteeKind,
    id: UniqueId,
) -> Result<()> {
    let key = EntityKey::new(report.owner, id);
    let prefix = ActionUsage::prefix(&key);
    let notes = cx.store().notes(ActionUsage::KIND, &prefix).await?;
    let mut entity = EntityAccess { kind, id: key.id.clone(), services: BTreeMap::new() };
    let arn = if notes.is_empty() { None } else { arn_of(snapshot, kind, &key).await? };
    for (note, json) in &notes {
        let (Some(arn), Some(action)) = (&arn, note.strip_prefix(&prefix)) else { continue };
        let Some((namespace, action)) = action.split_once(':') else { continue };
        let Some(access) = report.services.get_mut(namespace) else { continue };
        let usage: ActionUsage = serde_json::from_str(json).map_err(Error::internal)?;
        if report.created.duration_since(usage.at) > TRACKED {
            continue;
        }
        let attempt = LastAccess { at: in_minutes(usage.at), entity: arn.clone(), region: usage.region };
        let by_entity = entity.services.entry(namespace.to_owned()).or_insert_with(|| {
            access.entities += 1;
            attempt.at
        });
        *by_entity = (*by_entity).max(attempt.at);
        if report.granularity == Granularity::Action {
            let last = access.actions.entry(action.to_owned()).or_insert_with(|| attempt.clone());
            if last.at < attempt.at {
                *last = attempt.clone();
            }
        }
        if access.last.as_ref().is_none_or(|last| last.at < attempt.at) {
            access.last = Some(attempt);
        }
    }
    report.entities.push(entity);
    Ok(())
}

/// Keeps the attempts at actions that are granted and tracked, and tells which others there are. A service none of whose
/// actions was attempted has no tracked actions (AWS: "ServiceLastAccessed").
fn split_actions(grants: &Grants<'_>, service: &Service, access: &mut ServiceAccess) {
    if access.actions.is_empty() {
        return;
    }
    let is_tracked = |name: &str| (service.prefix(), name) != UNTRACKED;
    let granted: BTreeSet<&str> = grants.actions(service).filter(|name| is_tracked(name)).collect();
    access.actions.retain(|name, _| granted.contains(name.as_str()));
    if !access.actions.is_empty() {
        let is_used = |name: &str| access.actions.contains_key(name);
        access.unused = granted.into_iter().filter(|name| !is_used(name)).map(str::to_owned).collect();
    }
}

async fn arn_of(snapshot: &Snapshot, kind: GranteeKind, key: &EntityKey) -> Result<Option<Arn>> {
    Ok(match kind {
        GranteeKind::Role => snapshot.get::<Role>(key).await?.map(|role| role.arn()),
        GranteeKind::User | GranteeKind::Group => snapshot.get::<User>(key).await?.map(|user| user.arn()),
    })
}

/// Reports tell times to the minute, as often as attempts are noted.
fn in_minutes(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second().div_euclid(60) * 60).unwrap_or(at)
}

/// How far back reports look (AWS: "Refine permissions in AWS using last accessed information": at least 400 days).
const TRACKED: SignedDuration = SignedDuration::from_hours(400 * 24);
/// An action that no call makes (AWS: "Refine permissions in AWS using last accessed information").
const UNTRACKED: (&str, &str) = ("iam", "PassRole");
