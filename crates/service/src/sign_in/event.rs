//! Sign-ins as CloudTrail records them (AWS: "AWS Management Console sign-in events").

use std::sync::Arc;

use authz::Session;
use directory::{Named as _, User};
use serde_json::{Value as Json, json};
use store::AuditEvent;
use types::{Arn, Owner};

use super::SignIn;
use crate::context::Core;
use crate::event::whole_second;
use crate::{Error, Result};

/// Who signs in, as far as it is known.
pub(super) struct Known {
    pub(super) owner: Option<Owner>,
    pub(super) user: Option<Arc<User>>,
}

/// How it ended.
pub(super) enum Outcome<'a> {
    Success { session: &'a Session, device: Option<&'a Arn> },
    Failed { with_mfa: bool },
}

/// Records a sign-in.
pub(super) async fn record(
    core: &Core,
    asked: &SignIn<'_>,
    known: &Known,
    outcome: Outcome<'_>,
) -> Result<()> {
    let (used_mfa, result) = match &outcome {
        Outcome::Success { device, .. } => (device.is_some(), "Success"),
        Outcome::Failed { with_mfa } => (*with_mfa, "Failure"),
    };
    let mut about = json!({
        "LoginTo": asked.login_to,
        "MobileVersion": if is_mobile(asked) { "Yes" } else { "No" },
        "MFAUsed": if used_mfa { "Yes" } else { "No" },
    });
    if let (Outcome::Success { session, device }, Some(fields)) = (&outcome, about.as_object_mut()) {
        if let Some(device) = device {
            fields.insert("MFAIdentifier".into(), json!(device));
        }
        // Beside AWS's fields: by these the trail knows which sessions there are.
        fields.insert("accessKeyId".into(), json!(session.access_key_id));
        fields.insert("expiration".into(), json!(wire::timestamp::print_for_trail(session.expires)));
    }
    let mut record = base(core, asked, known, "ConsoleLogin", &json!({"ConsoleLogin": result}))?;
    if let Some(fields) = record.as_object_mut() {
        fields.insert("additionalEventData".into(), about);
        if result == "Failure" {
            let message = if known.user.is_some() { FAILED } else { NO_USER };
            fields.insert("errorMessage".into(), json!(message));
        }
    }
    keep(core, asked, record).await
}

/// Records that the password was right and a code of one of these devices is asked for.
pub(super) async fn record_mfa_check(
    core: &Core,
    asked: &SignIn<'_>,
    known: &Known,
    devices: &[Arn],
) -> Result<()> {
    let mut record = base(core, asked, known, "CheckMfa", &json!({"CheckMfa": "Success"}))?;
    if let Some(fields) = record.as_object_mut() {
        fields.insert("additionalEventData".into(), json!({"MfaType": mfa_type(devices)}));
    }
    keep(core, asked, record).await
}

/// The event that commits with a password that was changed at sign-in.
pub(super) fn of_new_password(core: &Core, asked: &SignIn<'_>, user: &User) -> Result<AuditEvent> {
    let known = Known { owner: Some(user.owner), user: Some(Arc::new(user.clone())) };
    let record = base(core, asked, &known, "PasswordUpdated", &json!({"PasswordUpdated": "Success"}))?;
    event(record, asked)
}

async fn keep(core: &Core, asked: &SignIn<'_>, record: Json) -> Result<()> {
    let event = event(record, asked)?;
    core.recorder.record(event).await.map_err(|cause| Error::Fault(crate::event::unrecorded(cause)))
}

fn event(record: Json, asked: &SignIn<'_>) -> Result<AuditEvent> {
    let id = record.get("eventID").and_then(Json::as_str).unwrap_or_default().to_owned();
    AuditEvent::new(id, asked.origin.at, &record).map_err(Error::internal)
}

fn base(core: &Core, asked: &SignIn<'_>, known: &Known, name: &str, response: &Json) -> Result<Json> {
    let account = known.owner.map(|owner| owner.account.to_string()).unwrap_or_default();
    let identity = match &known.user {
        Some(user) => json!({
            "type": "IAMUser",
            "principalId": user.id,
            "arn": user.arn(),
            "accountId": account,
            "userName": user.name,
        }),
        // Who mistypes may have typed a password there.
        None => json!({"type": "IAMUser", "accountId": account, "accessKeyId": "", "userName": HIDDEN}),
    };
    let partition = known.owner.map(|owner| owner.partition.default_region());
    Ok(json!({
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": whole_second(asked.origin.at),
        "eventSource": "signin.amazonaws.com",
        "eventName": name,
        "awsRegion": partition.unwrap_or("us-east-1"),
        "sourceIPAddress": asked.origin.source_ip.map(|ip| ip.to_string()).unwrap_or_default(),
        "userAgent": asked.origin.user_agent.as_deref().unwrap_or_default(),
        "requestParameters": null,
        "responseElements": response,
        "eventID": core.ids.uuid()?,
        "readOnly": false,
        "eventType": "AwsConsoleSignIn",
        "managementEvent": true,
        "recipientAccountId": account,
        "eventCategory": "Management",
    }))
}

/// AWS's word for the kind of the devices, or for kinds that differ.
fn mfa_type(devices: &[Arn]) -> &'static str {
    let keys = devices.iter().filter(|serial| serial.resource().starts_with("u2f/")).count();
    match keys {
        0 => "Virtual MFA",
        _ if keys == devices.len() => "U2F MFA",
        _ => "Multiple MFA Devices",
    }
}

fn is_mobile(asked: &SignIn<'_>) -> bool {
    asked.origin.user_agent.as_deref().is_some_and(|agent| agent.contains("Mobile"))
}

/// AWS's words where the password or the code is wrong.
const FAILED: &str = "Failed authentication";
/// AWS's words where there is no such user.
const NO_USER: &str = "No username found in supplied account";
/// What stands in place of a name that nobody has.
const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";
