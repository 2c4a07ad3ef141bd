//! What the operations on a user's lesser credentials share.

use std::sync::Arc;

use api::iam::faults;
use api::iam::types::StatusType;
use directory::{EntityKey, KeyStatus, User, UserCredential};
use service::{Context, Paging, Result};
use store::Page;
use types::UniqueId;

/// A user's credential with an id; another's is none of it.
pub(crate) async fn find<C: UserCredential>(
    cx: &Context<'_>,
    user: &User,
    id: &str,
) -> Result<Option<Arc<C>>> {
    let Ok(id) = UniqueId::parse(id) else { return Ok(None) };
    let found = cx.read().get::<C>(&EntityKey::new(user.owner, id)).await?;
    Ok(found.filter(|found| found.user() == &user.id))
}

/// A page of a user's credentials, in the order in which they were made.
pub(crate) async fn page<C: UserCredential>(
    cx: &Context<'_>,
    paging: &Paging,
    user: &User,
) -> Result<Page<C>> {
    let partition = user.grantee().partition();
    Ok(cx.read().scan::<C>(&C::BY_USER, &partition, paging.range(""), paging.limit()).await?)
}

/// The status that a request sets; credentials do not expire by request.
pub(crate) fn status(wanted: StatusType) -> Result<KeyStatus> {
    match wanted {
        StatusType::Active => Ok(KeyStatus::Active),
        StatusType::Inactive => Ok(KeyStatus::Inactive),
        StatusType::Expired => Err(faults::invalid_input("Operation does not support status Expired").into()),
    }
}

/// A status as answers show it.
pub(crate) fn shown(status: KeyStatus) -> StatusType {
    match status {
        KeyStatus::Active => StatusType::Active,
        KeyStatus::Inactive => StatusType::Inactive,
    }
}
