//! Managed policies as other entities refer to them.

use api::iam::faults;
use service::{Context, Result};
use types::Arn;

/// Refuses an ARN that names no managed policy of AWS's or of the caller's account.
pub(crate) async fn require(cx: &Context<'_>, policy: &Arn) -> Result<()> {
    if cx.authorizer().managed(cx.read(), cx.owner()?, policy).await?.is_some() {
        return Ok(());
    }
    Err(faults::no_such_entity(format!("Policy {policy} does not exist or is not attachable.")).into())
}
