//! Whether a session was revoked, itself or by what led to it.

use directory::{AccountKey, Ancestor, Revocations};
use jiff::Timestamp;
use store::Snapshot;

use crate::caller::{Caller, Credential, Identity};
use crate::session::Session;
use crate::{Authorizer, Failure};

impl Authorizer {
    /// Whether a session, or credentials in its lineage, were revoked. Reads one record for each account of the
    /// lineage, which the store has at hand; it joins the snapshot's footprint, so no write outlives a revocation.
    pub async fn is_revoked(&self, snapshot: &Snapshot, session: &Session) -> Result<bool, Failure> {
        let mut owner = session.owner;
        let mut revocations = snapshot.get::<Revocations>(&AccountKey(owner)).await?;
        if let Some(known) = &revocations
            && known.bind(session.principal(), &session.access_key_id, session.issued)
        {
            return Ok(true);
        }
        for ancestor in &session.lineage {
            if ancestor.owner != owner {
                owner = ancestor.owner;
                revocations = snapshot.get::<Revocations>(&AccountKey(owner)).await?;
            }
            let issued = Timestamp::from_millisecond(ancestor.issued).unwrap_or(Timestamp::MIN);
            if let Some(known) = &revocations
                && known.bind(ancestor.principal.as_ref(), &ancestor.key, issued)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Caller {
    /// The lineage of a session that this caller makes now: its own, and what it signed with.
    #[must_use]
    pub fn lineage(&self, now: Timestamp) -> Vec<Ancestor> {
        let principal = match &self.identity {
            Identity::Root => None,
            Identity::User(user) => Some(user.id.clone()),
            Identity::Role { role, .. } => Some(role.id.clone()),
            Identity::Federated { issuer, .. } => issuer.as_ref().map(|user| user.id.clone()),
        };
        let (mut lineage, key, issued) = match &self.credential {
            Credential::LongTerm(id) => (Vec::new(), id.clone(), now),
            Credential::Temporary(session) => {
                (session.lineage.clone(), session.access_key_id.clone(), session.issued)
            }
        };
        // The first of a long chain says whose it is, the last how it came here; what is between them gives way.
        if lineage.len() >= LONGEST_LINEAGE {
            lineage.remove(1);
        }
        lineage.push(Ancestor { owner: self.owner, principal, key, issued: issued.as_millisecond() });
        lineage
    }
}

/// So many ancestors a session token names.
const LONGEST_LINEAGE: usize = 8;
