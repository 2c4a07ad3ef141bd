//! Audit events in CloudTrail's record format (AWS: "CloudTrail record contents").

mod record;

use std::sync::Arc;

use authz::{Caller, Origin, SessionKind};
use serde_json::value::{RawValue, to_raw_value};
use store::Snapshot;
use store::audit::AuditEvent;
use wire::{Encode, Fault};

use crate::Error;
use crate::call::Call;
use crate::context::{Context, Core};
use record::{Additional, Record, UserIdentity};

pub(crate) use record::{Decided, whole_second};

/// A call that reached no operation: nobody could say who makes it or what it asks.
#[derive(Debug, Clone)]
pub struct Unrouted<'a> {
    /// The id that the answer carries.
    pub request_id: &'a str,
    /// The service's signing name, as far as it is known.
    pub service: &'a str,
    /// The operation's name as it was asked for, as far as it is known.
    pub operation: &'a str,
    /// The access key that was presented.
    pub access_key_id: Option<&'a str>,
    /// Where it came from.
    pub origin: &'a Origin,
    /// What it was answered.
    pub fault: &'a Fault,
}

/// Records a call that was refused before an operation could run.
pub async fn event_of_unrouted(core: &Core, call: Unrouted<'_>) -> Result<(), Fault> {
    let event_id = core.ids.label();
    let mut record =
        Record::new(event_id.as_str(), call.origin, call.request_id, call.service, call.operation);
    record.user_identity = Some(UserIdentity::unknown(call.access_key_id.unwrap_or_default()));
    record.fail(call.fault);
    keep(core, &record, call.origin).await
}

/// Records a call whose caller is known but whose input is not an input of its operation.
pub async fn event_of_invalid(
    core: &Core,
    call: &Call,
    snapshot: Snapshot,
    caller: Option<Caller>,
    fault: &Fault,
) -> Result<(), Fault> {
    let context = Context::new(core, call, caller.map(Arc::new), snapshot, None);
    record_refusal(&context, fault).await
}

/// The event of a change, to be committed with it.
pub(crate) fn of_success(context: &Context<'_>, output: &dyn Encode) -> crate::Result<AuditEvent> {
    let event_id = context.ids().label();
    let mut record = record_of(context, event_id.as_str());
    record.response_elements = shown(output);
    AuditEvent::new(event_id.as_str(), context.now(), &record).map_err(Error::internal)
}

/// Records a call that changed nothing. What it answered is in the event only where it made credentials.
///
/// The answer is looked at before the first wait, so that the future can move between threads.
pub(crate) fn record_success<'a, 'c>(
    context: &'a Context<'c>,
    answer: Option<&dyn Encode>,
) -> impl Future<Output = Result<(), Fault>> + use<'a, 'c> {
    let credentials = answer.filter(|_| makes_credentials(context.call().operation.name)).and_then(shown);
    async move {
        let event_id = context.ids().label();
        let mut record = record_of(context, event_id.as_str());
        record.response_elements = credentials;
        keep(context.core(), &record, &context.call().origin).await
    }
}

/// Records a call that was refused.
pub(crate) async fn record_refusal(context: &Context<'_>, fault: &Fault) -> Result<(), Fault> {
    let event_id = context.ids().label();
    let mut record = record_of(context, event_id.as_str());
    record.fail(fault);
    keep(context.core(), &record, &context.call().origin).await
}

/// An input as the audit shows it.
pub(crate) fn parameters_of(input: &wire::Document) -> Option<Box<RawValue>> {
    let wire::Document::Structure(structure) = input else { return None };
    to_raw_value(&wire::Redacted::request(structure)).ok()
}

/// An output as the audit shows it; nothing where there is nothing to show.
fn shown(output: &dyn Encode) -> Option<Box<RawValue>> {
    let redacted = wire::Redacted::response(output);
    if redacted.is_empty() { None } else { to_raw_value(&redacted).ok() }
}

async fn keep(core: &Core, record: &Record<'_>, origin: &Origin) -> Result<(), Fault> {
    let event = AuditEvent::new(record.event_id, origin.at, record).map_err(unrecorded)?;
    core.recorder.record(event).await.map_err(unrecorded)
}

/// What cannot be recorded does not happen: the call fails.
pub(crate) fn unrecorded(cause: impl std::fmt::Display) -> Fault {
    unavailable(format_args!("the audit event could not be kept: {cause}"))
}

/// The call may succeed when it is tried again; the cause goes to the log.
pub(crate) fn unavailable(cause: impl std::fmt::Display) -> Fault {
    Fault::receiver(
        "ServiceUnavailable",
        503,
        "The request has failed due to a temporary failure of the server.",
    )
    .with_log(cause)
}

fn record_of<'a>(context: &'a Context<'_>, event_id: &'a str) -> Record<'a> {
    let call = context.call();
    let operation = call.operation;
    let mut record =
        Record::new(event_id, &call.origin, &call.request_id, operation.service.name, operation.name);
    if let Some(caller) = context.signed_caller() {
        record.user_identity = Some(UserIdentity::of(caller));
        record.recipient_account_id = Some(caller.owner.account);
        let is_console = caller.session().is_some_and(|session| session.kind == SessionKind::Console);
        record.session_credential_from_console = is_console.then_some("true");
    } else if let Some(vouched) = context.vouched() {
        record.user_identity = Some(UserIdentity::vouched(vouched));
        record.recipient_account_id = Some(vouched.account.account);
    } else {
        // No key, and no provider's word that has been verified.
        record.user_identity = Some(UserIdentity::unknown(""));
    }
    record.request_parameters = context.parameters();
    let (authorized, decided) = (context.authorized(), context.decided());
    record.additional_event_data = Additional { as_of: call.as_of, authorized, decided };
    record
}

/// CloudTrail shows which credentials an operation of STS made.
fn makes_credentials(operation: &str) -> bool {
    operation.starts_with("Assume")
        || ["GetSessionToken", "GetFederationToken", "GetDelegatedAccessToken"].contains(&operation)
}
