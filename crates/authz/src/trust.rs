//! Trust policies as they are in force: an entity that was deleted and made anew is someone else
//! (AWS: "AWS JSON policy elements: Principal").

use std::collections::BTreeMap;
use std::sync::Arc;

use directory::{EntityKey, Named as _, Role, User};
use policy::{Policy, PrincipalKind};
use store::Snapshot;
use types::{Arn, Owner, UniqueId};

use crate::Failure;

/// The users and roles of this directory that a trust policy names, with their unique ids, to be kept with the
/// role. `Err` names the first principal that does not exist, as AWS refuses it.
pub async fn trusted_in(
    snapshot: &Snapshot,
    policy: &Policy,
) -> Result<Result<BTreeMap<Arn, UniqueId>, String>, Failure> {
    let mut trusted = BTreeMap::new();
    for text in principals(policy) {
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

/// The text of a role's trust policy as it is in force: an ARN whose entity is gone, or is another one by now,
/// stands there as the unique id that it meant.
pub async fn trust_policy_in_force(snapshot: &Snapshot, role: &Role) -> Result<Arc<str>, Failure> {
    let mut text = role.trust_policy.as_str().to_owned();
    for (arn, id) in &role.trusted {
        if !matches!(entity_id(snapshot, arn).await?, Known::Entity(now) if now == *id) {
            // An ARN stands between quotes in JSON and holds nothing that JSON escapes.
            text = text.replace(&format!("\"{arn}\""), &format!("\"{id}\""));
        }
    }
    Ok(text.into())
}

/// The ARNs and account ids that the policy's statements name, in any place.
fn principals(policy: &Policy) -> impl Iterator<Item = &str> {
    let elements = policy.statements().iter().filter_map(|statement| statement.principals());
    let patterns = elements.flat_map(|element| element.patterns());
    patterns.filter(|pattern| pattern.kind() == PrincipalKind::Aws).map(|pattern| pattern.as_str())
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
