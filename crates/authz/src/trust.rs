//! Trust policies as they are in force: an entity that was deleted and made anew is someone else
//! (AWS: "AWS JSON policy elements: Principal").

use std::collections::BTreeMap;
use std::sync::Arc;

use directory::{EntityKey, Named as _, Role, User};
use policy::{Named, Policy, PrincipalKind, PrincipalPattern, SourceKind};
use store::Snapshot;
use types::{Arn, Owner, UniqueId};

use crate::{Authorizer, Failure};

/// The users and roles of this directory that a trust policy names, with their unique ids, to be kept with the
/// role. `Err` names the first principal that does not exist, as AWS refuses it.
pub async fn trusted_in(
    snapshot: &Snapshot,
    policy: &Policy,
) -> Result<Result<BTreeMap<Arn, UniqueId>, String>, Failure> {
    let mut trusted = BTreeMap::new();
    for text in principals(policy).map(|pattern| pattern.as_str()) {
        let Ok(arn) = Arn::parse(text) else { continue };
        match entity_id(snapshot, &arn).await? {
            Known::Entity(id) => {
                trusted.insert(arn, id);
            }
            Known::NotAnEntity => {}
            Known::Missing => return Ok(Err(text.to_owned())),
        }
    }
    Ok(Ok(trusted))
}

/// The text of a role's trust policy as it is in force: where an ARN stands whose entity has another one by now,
/// the new one stands, and where it is gone, the unique id that it had. Whoever has got the old ARN since is someone
/// else.
pub async fn trust_policy_in_force(snapshot: &Snapshot, role: &Role) -> Result<Arc<str>, Failure> {
    let text = role.trust_policy.as_str();
    let mut changed = BTreeMap::new();
    for (arn, id) in &role.trusted {
        match arn_now(snapshot, arn, id).await? {
            Some(now) if now == *arn => {}
            Some(now) => drop(changed.insert(arn.as_str(), now.to_string())),
            None => drop(changed.insert(arn.as_str(), id.to_string())),
        }
    }
    if changed.is_empty() {
        return Ok(text.into());
    }
    let unreadable = |cause: &dyn std::fmt::Display| {
        Failure::Unreadable(format!("the trust policy of `{}` does not parse: {cause}", role.arn()))
    };
    let policy = Policy::parse(text).map_err(|cause| unreadable(&cause))?;
    // By place and not by text: JSON may spell an ARN in many ways, and conditions may hold it too.
    let mut places: Vec<_> = principals(&policy)
        .filter_map(|pattern| Some((pattern.span(), changed.get(pattern.as_str())?)))
        .collect();
    places.sort_by_key(|(span, _)| span.start);
    let mut shown = String::with_capacity(text.len());
    let mut done = 0;
    for (span, now) in places {
        let between =
            text.get(done..span.start as usize).ok_or_else(|| unreadable(&"a principal lies outside"))?;
        shown.push_str(between);
        // Neither ARNs nor ids of entities hold anything that JSON escapes.
        shown.push('"');
        shown.push_str(now);
        shown.push('"');
        done = span.end as usize;
    }
    shown.push_str(text.get(done..).unwrap_or_default());
    Ok(shown.into())
}

impl Authorizer {
    /// A role's trust policy as it is in force, parsed once and kept while its text stays the same.
    pub async fn trust_policy(&self, snapshot: &Snapshot, role: &Role) -> Result<Named, Failure> {
        let text = trust_policy_in_force(snapshot, role).await?;
        let key = store::Record::key(role);
        let known = self.trusts.get(&key).filter(|(known, _)| *known == text);
        let parsed = match known {
            Some((_, parsed)) => parsed,
            None => {
                let parsed = self.parsed.parse(&text).map_err(|cause| {
                    Failure::Unreadable(format!(
                        "the trust policy of `{}` does not parse: {cause}",
                        role.arn()
                    ))
                })?;
                self.trusts.insert(key, (text, Arc::clone(&parsed)));
                parsed
            }
        };
        Ok(Named::new(SourceKind::Trust, role.name.as_str(), parsed))
    }
}

/// The AWS principals that the policy's statements name, in any place.
fn principals(policy: &Policy) -> impl Iterator<Item = &PrincipalPattern> {
    let elements = policy.statements().iter().filter_map(|statement| statement.principals());
    let patterns = elements.flat_map(|element| element.patterns());
    patterns.filter(|pattern| pattern.kind() == PrincipalKind::Aws)
}

/// The ARN that the user or role with an id has now, if it is still there; `before` is the one that it had.
async fn arn_now(snapshot: &Snapshot, before: &Arn, id: &UniqueId) -> Result<Option<Arn>, Failure> {
    let (Some(partition), Some(account)) = (before.partition(), before.account()) else { return Ok(None) };
    let key = EntityKey::new(Owner::new(partition, account), id.clone());
    Ok(match before.resource_type_and_id().0 {
        "user" => snapshot.get::<User>(&key).await?.map(|user| user.arn()),
        "role" => snapshot.get::<Role>(&key).await?.map(|role| role.arn()),
        _ => None,
    })
}

enum Known {
    Entity(UniqueId),
    /// Root, a session, or of a foreign account: nothing that this directory could miss.
    NotAnEntity,
    Missing,
}

async fn entity_id(snapshot: &Snapshot, arn: &Arn) -> Result<Known, Failure> {
    let (Some(partition), Some(account)) = (arn.partition(), arn.account()) else {
        return Ok(Known::NotAnEntity);
    };
    let owner = Owner::new(partition, account);
    if snapshot.get::<directory::Account>(&directory::AccountKey(owner)).await?.is_none() {
        return Ok(Known::NotAnEntity);
    }
    let (kind, rest) = arn.resource_type_and_id();
    let name = rest.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let key: Option<(EntityKey, Arn)> = match (arn.service(), kind) {
        ("iam", "user") => {
            let user = snapshot.find::<User>(&User::BY_NAME, &owner.to_string(), &name).await?;
            user.map(|user| (store::Record::key(&*user), user.arn()))
        }
        ("iam", "role") => {
            let role = snapshot.find::<Role>(&Role::BY_NAME, &owner.to_string(), &name).await?;
            role.map(|role| (store::Record::key(&*role), role.arn()))
        }
        _ => return Ok(Known::NotAnEntity),
    };
    Ok(match key {
        Some((key, found)) if found == *arn => Known::Entity(key.id),
        _ => Known::Missing,
    })
}
