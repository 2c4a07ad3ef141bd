//! Revoking sessions: what the operator does, and no API call of AWS's.

use directory::{AccountKey, Revocations, Revoked};
use jiff::Timestamp;
use serde_json::json;
use store::{Authority, SystemActor};
use types::Owner;
use wire::Fault;

use crate::accounts::operator_event;
use crate::context::Core;
use crate::{Error, Result};

/// Revokes the sessions of an account that are named and were issued by now; answers the moment. When this returns,
/// their next request is refused.
///
/// # Errors
///
/// A fault if the account has too many revocations; what the store refuses.
pub async fn revoke_sessions(core: &Core, owner: Owner, of: &Revoked) -> Result<Timestamp> {
    loop {
        match try_revoke(core, owner, of).await {
            Err(Error::Store(store::Error::Conflict)) => {}
            other => return other,
        }
    }
}

async fn try_revoke(core: &Core, owner: Owner, of: &Revoked) -> Result<Timestamp> {
    let now = core.clock.now();
    let mut tx = core.store.write(Authority::system(SystemActor::Operator));
    let known = tx.get::<Revocations>(&AccountKey(owner)).await?;
    let mut revocations = known.map_or_else(|| Revocations::none(owner), |known| (*known).clone());
    if !revocations.add(of.clone(), now) {
        let most = Revocations::MOST;
        return Err(Fault::sender(
            "LimitExceeded",
            409,
            format!(
                "there are {most} revocations in this account already; revoke a principal, or the account"
            ),
        )
        .into());
    }
    tx.put(revocations).await?;
    let parameters = json!({"accountId": owner.account, "sessionsOf": of.to_string(), "issuedBy": now});
    tx.commit(operator_event(core, "RevokeSessions", &parameters)?).await?;
    Ok(now)
}
