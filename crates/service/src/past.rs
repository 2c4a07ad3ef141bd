//! Questions about the past: a read as of a moment.

use authz::Ask;
use jiff::Timestamp;
use wire::{Fault, Operation};

use crate::Result;
use crate::context::Context;

/// Has the handler read the directory as it was at a moment. That needs leave of its own, which the present decides,
/// like the leave for the operation itself: who lost a permission cannot get it back by asking about earlier.
pub(crate) async fn look_back(context: &mut Context<'_>, moment: Timestamp) -> Result<()> {
    let operation = context.call().operation;
    if !is_read(operation) {
        return Err(not_a_read(operation).into());
    }
    context.authorize(Ask::on_all("portcullis:AsOf")).await?;
    if moment > context.now() {
        return Err(Fault::sender("InvalidAsOf", 400, format!("{moment} is still to come")).into());
    }
    let past = match context.store().read_as_of(moment).await {
        Err(store::Error::Compacted { .. }) => {
            let message = format!("what the directory looked like at {moment} is no longer kept");
            return Err(Fault::sender("InvalidAsOf", 400, message).into());
        }
        other => other?,
    };
    context.look_back(past);
    Ok(())
}

/// The refusal of whatever is no read of the directory.
pub(crate) fn not_a_read(operation: &Operation) -> Fault {
    let message = format!("{} cannot be asked as of a moment: only reads of IAM can", operation.name);
    Fault::sender("InvalidAsOf", 400, message)
}

/// Whether an operation only reads the directory. What it reads beside it, such as when a key was last used, has no
/// history and is answered as it is now.
fn is_read(operation: &Operation) -> bool {
    operation.service.name == "iam"
        && ["Get", "List", "Simulate"].iter().any(|verb| operation.name.starts_with(verb))
}
