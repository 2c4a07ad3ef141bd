//! Audit events in CloudTrail's record format (AWS: "CloudTrail record contents").

use authz::{Caller, Credential, Identity, Origin, Subject};
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value as Json, json};
use store::Snapshot;
use store::audit::AuditEvent;
use wire::{Encode, Fault};

use crate::Error;
use crate::call::Call;
use crate::context::{Context, Core};

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
    let event_id = core.ids.uuid().map_err(|_| unrecorded("no randomness"))?;
    let mut record = Record::new(&event_id, call.origin, call.request_id, call.service, call.operation);
    record.user_identity = json!({
        "type": "Unknown",
        "principalId": "",
        "accountId": "",
        "accessKeyId": call.access_key_id.unwrap_or_default(),
        "userName": "",
    });
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
    let context = Context::new(core, call, caller.map(Arc::new), snapshot, &Json::Null);
    record_refusal(&context, fault).await
}

/// The event of a change, to be committed with it.
pub(crate) fn of_success(context: &Context<'_>, output: &dyn Encode) -> crate::Result<AuditEvent> {
    let event_id = context.ids().uuid()?;
    let mut record = record_of(context, &event_id);
    let elements = wire::redacted_response(output);
    record.response_elements =
        if elements.as_object().is_some_and(serde_json::Map::is_empty) { Json::Null } else { elements };
    AuditEvent::new(event_id.as_str(), context.now(), &record).map_err(Error::internal)
}

/// Records a call that changed nothing. What it answered is in the event only where it made credentials.
///
/// The answer is looked at before the first wait, so that the future can move between threads.
pub(crate) fn record_success<'a, 'c>(
    context: &'a Context<'c>,
    answer: Option<&dyn Encode>,
) -> impl Future<Output = Result<(), Fault>> + use<'a, 'c> {
    let credentials = answer
        .filter(|_| makes_credentials(context.call().operation.name))
        .map_or(Json::Null, wire::redacted_response);
    async move {
        let event_id = context.ids().uuid().map_err(|_| unrecorded("no randomness"))?;
        let mut record = record_of(context, &event_id);
        record.response_elements = credentials;
        keep(context.core(), &record, &context.call().origin).await
    }
}

/// Records a call that was refused.
pub(crate) async fn record_refusal(context: &Context<'_>, fault: &Fault) -> Result<(), Fault> {
    let event_id = context.ids().uuid().map_err(|_| unrecorded("no randomness"))?;
    let mut record = record_of(context, &event_id);
    record.fail(fault);
    keep(context.core(), &record, &context.call().origin).await
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

/// A CloudTrail record; the fields stand in CloudTrail's order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    event_version: &'static str,
    user_identity: Json,
    event_time: String,
    event_source: String,
    event_name: &'a str,
    aws_region: &'a str,
    #[serde(rename = "sourceIPAddress")]
    source_ip_address: String,
    user_agent: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<String>,
    request_parameters: &'a Json,
    response_elements: Json,
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_event_data: Option<Json>,
    #[serde(rename = "requestID")]
    request_id: &'a str,
    #[serde(rename = "eventID")]
    event_id: &'a str,
    read_only: bool,
    event_type: &'static str,
    management_event: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient_account_id: Option<String>,
    event_category: &'static str,
}

impl<'a> Record<'a> {
    fn new(
        event_id: &'a str,
        origin: &'a Origin,
        request_id: &'a str,
        service: &'a str,
        operation: &'a str,
    ) -> Self {
        Self {
            event_version: "1.11",
            user_identity: Json::Null,
            event_time: whole_second(origin.at),
            event_source: format!("{service}.amazonaws.com"),
            event_name: operation,
            aws_region: origin.region.as_ref().map_or("us-east-1", types::Region::as_str),
            source_ip_address: origin.source_ip.map(|ip| ip.to_string()).unwrap_or_default(),
            user_agent: origin.user_agent.as_deref().unwrap_or_default(),
            error_code: None,
            error_message: None,
            request_parameters: &Json::Null,
            response_elements: Json::Null,
            additional_event_data: None,
            request_id,
            event_id,
            read_only: is_read_only(operation),
            event_type: "AwsApiCall",
            management_event: true,
            recipient_account_id: None,
            event_category: "Management",
        }
    }

    fn fail(&mut self, fault: &Fault) {
        self.error_code = Some(fault.code.to_string());
        self.error_message = Some(fault.message.clone());
    }
}

fn record_of<'a>(context: &'a Context<'_>, event_id: &'a str) -> Record<'a> {
    let call = context.call();
    let operation = call.operation;
    let mut record =
        Record::new(event_id, &call.origin, &call.request_id, operation.service.name, operation.name);
    if let Some(caller) = context.signed_caller() {
        record.user_identity = identity(caller);
        record.recipient_account_id = Some(caller.owner.account.to_string());
    } else if let Some(vouched) = context.vouched() {
        record.user_identity = json!({
            "type": vouched.kind,
            "principalId": vouched.principal_id,
            "userName": vouched.user_name,
            "identityProvider": vouched.provider,
        });
        record.recipient_account_id = Some(vouched.account.account.to_string());
    }
    record.request_parameters = context.parameters();
    let mut additional = serde_json::Map::new();
    if let Some(moment) = call.as_of {
        additional.insert("asOf".into(), json!(moment));
    }
    // What a call was allowed to do is what policies can be made of.
    let authorized = context.authorized();
    if !authorized.is_empty() {
        additional.insert("authorized".into(), authorized.into());
    }
    record.additional_event_data = (!additional.is_empty()).then_some(Json::Object(additional));
    record
}

/// CloudTrail's `userIdentity` element.
fn identity(caller: &Caller) -> Json {
    let mut identity = json!({
        "type": match &caller.identity {
            Identity::Root => "Root",
            Identity::User(_) => "IAMUser",
            Identity::Role { .. } => "AssumedRole",
            Identity::Federated { .. } => "FederatedUser",
        },
        "principalId": caller.user_id(),
        "arn": caller.arn(),
        "accountId": caller.owner.account,
        "accessKeyId": caller.access_key_id(),
    });
    let Some(fields) = identity.as_object_mut() else { return identity };
    if let Identity::User(user) = &caller.identity {
        fields.insert("userName".into(), json!(user.name));
    }
    if let Credential::Temporary(session) = &caller.credential {
        let mut about = serde_json::Map::new();
        if let (Subject::Role { id, name, .. }, Identity::Role { role, .. }) =
            (&session.subject, &caller.identity)
        {
            about.insert(
                "sessionIssuer".into(),
                json!({
                    "type": "Role",
                    "principalId": id,
                    "arn": directory::Named::arn(&**role),
                    "accountId": caller.owner.account,
                    "userName": name,
                }),
            );
        }
        about.insert(
            "attributes".into(),
            json!({
                "creationDate": whole_second(session.issued),
                "mfaAuthenticated": if session.mfa.is_some() { "true" } else { "false" },
            }),
        );
        if let Some(federation) = &session.federation {
            let data = json!({"federatedProvider": federation.provider, "attributes": federation.texts.iter().cloned().collect::<std::collections::BTreeMap<_, _>>()});
            about.insert("webIdFederationData".into(), data);
        }
        if let Some(source) = &session.source_identity {
            about.insert("sourceIdentity".into(), json!(source));
        }
        fields.insert("sessionContext".into(), Json::Object(about));
    }
    identity
}

/// CloudTrail shows which credentials an operation of STS made.
fn makes_credentials(operation: &str) -> bool {
    operation.starts_with("Assume")
        || ["GetSessionToken", "GetFederationToken", "GetDelegatedAccessToken"].contains(&operation)
}

fn is_read_only(operation: &str) -> bool {
    ["Get", "List", "Simulate", "Assume", "Decode", "Evaluate"].iter().any(|verb| operation.starts_with(verb))
}

pub(crate) fn whole_second(at: jiff::Timestamp) -> String {
    jiff::Timestamp::from_second(at.as_second()).unwrap_or(at).to_string()
}
