//! From a decoded call to its answer: run, rerun on conflict, record.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use authz::{Caller, CredentialRefused};
use store::Snapshot;
use wire::{Document, Fault};

use crate::call::{Call, Proof};
use crate::context::{Context, Core};
use crate::event;
use crate::route::{Answer, ServiceEntry};
use crate::{Error, Result, past};

/// Runs the call's operation and records it.
///
/// `snapshot` and `caller` are those of the authentication. Where a commit conflicts with another one the whole
/// call is run again on a newer snapshot, the caller's lookup and the authorisation included.
pub async fn dispatch(
    core: &Core,
    entry: &dyn ServiceEntry,
    call: &Call,
    snapshot: Snapshot,
    caller: Option<Caller>,
    input: Document,
) -> Result<Answer, Fault> {
    let parameters = event::parameters_of(&input);
    if let (Some(caller), Proof::Key { .. }) = (&caller, &call.proof) {
        let operation = call.operation;
        core.authorizer.note_use(caller, &call.origin, operation.service.name);
        core.authorizer.note_access(caller, &call.origin, operation.service.name, operation.name);
    }
    let mut turn = (snapshot, caller.map(Arc::new));
    let mut runs = 0;
    loop {
        runs += 1;
        let (snapshot, caller) = turn;
        let mut context = Context::new(core, call, caller, snapshot, parameters.as_deref());
        if let Some(moment) = call.as_of
            && let Err(refused) = past::look_back(&mut context, moment).await
        {
            let fault = match refused {
                Error::Fault(fault) => fault,
                Error::Store(error) => entry.fault(error),
            };
            event::record_refusal(&context, &fault).await?;
            return Err(fault);
        }
        let Some(running) = entry.call(call.operation, &context, input.clone()) else {
            let fault = not_answered(call);
            event::record_refusal(&context, &fault).await?;
            return Err(fault);
        };
        let fault = match running.await {
            Ok(answer) => {
                if !context.is_recorded.load(Ordering::Acquire) {
                    let output = answer.as_deref().map(|output| output as &dyn wire::Encode);
                    event::record_success(&context, output).await?;
                }
                return Ok(answer);
            }
            Err(Error::Store(store::Error::Conflict)) if runs < MAX_RUNS => match again(core, call).await {
                Ok(next) => {
                    turn = next;
                    continue;
                }
                Err(fault) => fault,
            },
            Err(Error::Store(store::Error::Conflict)) => {
                event::unavailable(format_args!("{} conflicted {MAX_RUNS} times", call.operation.name))
            }
            Err(Error::Store(error)) => entry.fault(error),
            Err(Error::Fault(fault)) => fault,
        };
        event::record_refusal(&context, &fault).await?;
        return Err(fault);
    }
}

/// The operation is in the model but no route answers it.
fn not_answered(call: &Call) -> Fault {
    let operation = call.operation;
    let message =
        format!("Could not find operation {} for version {}", operation.name, operation.service.api_version);
    Fault::sender("InvalidAction", 400, message)
}

/// A newer snapshot, and the caller as the directory knows it now.
async fn again(core: &Core, call: &Call) -> Result<(Snapshot, Option<Arc<Caller>>), Fault> {
    let snapshot = core.store.read();
    let caller = match &call.proof {
        Proof::Unsigned => None,
        Proof::AssumedRoot { .. } => call.proof.assumed_caller(),
        Proof::Key { id, token } => {
            let found = core.authorizer.candidate(&snapshot, id, token.as_deref(), call.origin.at).await;
            let candidate = found.map_err(Fault::internal)?;
            Some(candidate.map_err(credential_fault)?.caller)
        }
    };
    Ok((snapshot, caller.map(Arc::new)))
}

fn credential_fault(refused: CredentialRefused) -> Fault {
    match refused {
        CredentialRefused::Unknown | CredentialRefused::Inactive | CredentialRefused::Revoked => {
            Fault::sender(
                "InvalidClientTokenId",
                403,
                "The security token included in the request is invalid.",
            )
        }
        CredentialRefused::Expired => {
            Fault::sender("ExpiredToken", 403, "The security token included in the request is expired")
        }
    }
}

/// So often a call is run before it gives way; each run but the last lost to a commit that went through.
const MAX_RUNS: usize = 64;
