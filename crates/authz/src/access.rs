//! Which actions users and roles attempt: noted for the reports of what was last accessed.

use std::hash::Hash;

use catalog::Service;
use directory::{ActionUsage, EntityKey};
use quick_cache::Equivalent;
use store::Snapshot;
use types::{Owner, Region, UniqueId};

use crate::caller::{Caller, Identity};
use crate::keys::Origin;
use crate::{Authorizer, Failure};

/// Who attempted which action, as the cache of noted attempts knows it.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Attempt {
    owner: Owner,
    who: UniqueId,
    service: Box<str>,
    action: Box<str>,
}

/// The same, borrowed, to look it up without an allocation.
// INVARIANT: its fields are those of `Attempt` in the same order, so that both hash alike.
#[derive(Hash)]
struct AttemptRef<'a> {
    owner: Owner,
    who: &'a UniqueId,
    service: &'a str,
    action: &'a str,
}

impl Equivalent<Attempt> for AttemptRef<'_> {
    fn equivalent(&self, other: &Attempt) -> bool {
        self.owner == other.owner
            && *self.who == other.who
            && *self.service == *other.service
            && *self.action == *other.action
    }
}

impl Authorizer {
    /// Notes that a caller attempted an action of one of AWS's services, whatever the decision. Attempts of one caller at
    /// one action within a minute are noted once. The root user's are not noted, as no report is about it; what a
    /// federated user does counts as its user's; actions that the catalog does not have are not reported and not noted.
    pub fn note_access(&self, caller: &Caller, origin: &Origin, service: &str, action: &str) {
        let Some(who) = self.unnoted(caller, origin, service, action) else { return };
        if let Some(known) = catalog::service(service) {
            self.note(caller, who, origin, known, service, action);
        }
    }

    /// The same of a service that may be one of the account's own.
    pub async fn note_access_to_any(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        origin: &Origin,
        service: &str,
        action: &str,
    ) -> Result<(), Failure> {
        if catalog::service(service).is_some() {
            self.note_access(caller, origin, service, action);
            return Ok(());
        }
        let Some(who) = self.unnoted(caller, origin, service, action) else { return Ok(()) };
        if let Some(known) = self.own_service(snapshot, caller.owner, service).await? {
            self.note(caller, who, origin, &known, service, action);
        }
        Ok(())
    }

    /// Whose attempt it is, unless it needs no note.
    fn unnoted<'c>(
        &self,
        caller: &'c Caller,
        origin: &Origin,
        service: &str,
        action: &str,
    ) -> Option<&'c UniqueId> {
        let who = match &caller.identity {
            Identity::User(user) | Identity::Federated { issuer: Some(user), .. } => &user.id,
            Identity::Role { role, .. } => &role.id,
            Identity::Root | Identity::Federated { issuer: None, .. } => return None,
        };
        let attempt = AttemptRef { owner: caller.owner, who, service, action };
        (self.attempts.get(&attempt) != Some(minute_of(origin))).then_some(who)
    }

    fn note(
        &self,
        caller: &Caller,
        who: &UniqueId,
        origin: &Origin,
        known: &Service,
        service: &str,
        action: &str,
    ) {
        // One spelling for all in the notes, and a bound for what an enforcement point may make us keep.
        let Some(known_action) = known.action(action) else { return };
        let key =
            Attempt { owner: caller.owner, who: who.clone(), service: service.into(), action: action.into() };
        self.attempts.insert(key, minute_of(origin));
        let region = origin.region.as_ref().map_or(caller.owner.partition.default_region(), Region::as_str);
        let usage = ActionUsage { at: origin.at, region: region.to_owned() };
        // A timestamp and a name always print.
        if let Ok(json) = serde_json::to_string(&usage) {
            let who = EntityKey::new(caller.owner, who.clone());
            self.store.note(
                ActionUsage::KIND,
                &ActionUsage::key(&who, known.prefix(), known_action.name()),
                json,
            );
        }
    }
}

fn minute_of(origin: &Origin) -> i64 {
    origin.at.as_second() / 60
}
