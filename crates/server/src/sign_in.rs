//! `POST /_portcullis/signin`: a user name and a password for temporary credentials, as the console needs them.
//!
//! One request holds everything that is known so far. Where a code or a new password is missing the answer says so,
//! and the client asks again with all of it; nothing is kept in between.

use authz::{Held, Origin};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use http::request::Parts;
use hyper::body::Incoming;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use service::{Core, SignIn, SignedIn};
use types::Secret;

use crate::body::{self, BodyFailure};
use crate::respond::{self, Answer, JSON};
use crate::{Limits, dev};

/// Where it is.
pub(crate) const PATH: &str = "/_portcullis/signin";

/// Answers a sign-in.
pub(crate) async fn answer(
    core: &Core,
    limits: &Limits,
    head: &Parts,
    body: Incoming,
    origin: &Origin,
) -> Answer {
    if let Some(refusal) = refusal(head) {
        return refusal;
    }
    let limits = Limits { body_bytes: limits.body_bytes.min(LONGEST_BODY), ..*limits };
    let body = match body::read(body, &limits).await {
        Ok(body) => body,
        Err(BodyFailure::TooLarge) => return failed(413, "the body is too large"),
        Err(BodyFailure::TooSlow) => return failed(408, "the body did not arrive in time"),
        Err(BodyFailure::Broken) => return failed(400, "the body is incomplete"),
    };
    let Ok(form) = serde_json::from_slice::<Form>(&body) else {
        // What is wrong with it is not repeated: it holds a password.
        return failed(
            400,
            "the body is not a sign-in: {\"account\", \"userName\", \"password\"} and what was asked for",
        );
    };
    let login_to = format!("{}/", core.public_url);
    let asked = SignIn {
        account: &form.account,
        user_name: &form.user_name,
        password: Secret::new(form.password),
        mfa_code: form.mfa_code.as_deref(),
        mfa_serial: form.mfa_serial_number.as_deref(),
        new_password: form.new_password.map(Secret::new),
        origin,
        login_to: &login_to,
    };
    match service::sign_in(core, &asked).await {
        Ok(outcome) => shown(&outcome),
        Err(fault) => {
            tracing::error!(code = %fault.code, cause = fault.log.as_deref(), "a sign-in failed");
            failed(fault.status, &fault.message)
        }
    }
}

/// What the client sends.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Form {
    /// Twelve digits, or the alias.
    account: String,
    user_name: String,
    password: String,
    mfa_code: Option<String>,
    mfa_serial_number: Option<String>,
    new_password: Option<String>,
}

/// Refuses what is no sign-in of a program or of a page of our own.
fn refusal(head: &Parts) -> Option<Answer> {
    if head.method != http::Method::POST {
        return Some(failed(405, "only POST is supported"));
    }
    if dev::is_cross_site(&head.headers) {
        return Some(failed(403, "a sign-in comes from a program or from this server's own pages"));
    }
    // A form of another site's page cannot have this type.
    (!is_json(&head.headers)).then(|| failed(415, "the content type must be application/json"))
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(JSON))
}

fn shown(outcome: &SignedIn) -> Answer {
    match outcome {
        SignedIn::Done(session) => json(
            200,
            &json!({
                "status": "SignedIn",
                "arn": session.arn,
                "credentials": {
                    "AccessKeyId": session.session.access_key_id,
                    "SecretAccessKey": session.session.secret.expose(),
                    "SessionToken": session.token,
                    "Expiration": session.session.expires,
                },
            }),
        ),
        SignedIn::NeedsMfa { devices, is_change_required } => json(
            200,
            &json!({
                "status": "MfaRequired",
                "mfaSerialNumbers": devices,
                "passwordChangeRequired": is_change_required,
            }),
        ),
        SignedIn::NeedsNewPassword => told(200, "PasswordChangeRequired", "You must set a new password."),
        SignedIn::Unfit(reason) => told(400, "PasswordRefused", reason),
        SignedIn::Expired => {
            told(403, "PasswordExpired", "Your password has expired. Contact your administrator.")
        }
        SignedIn::MayNotChange => told(
            403,
            "PasswordChangeNotAllowed",
            "You must change your password, and have no permission to. Contact your administrator.",
        ),
        SignedIn::Failed => {
            told(401, "Failed", "Your authentication information is incorrect. Please try again.")
        }
        SignedIn::Held(Held::For(seconds)) => {
            let text = "Too many attempts have failed. Please try again later.";
            let body = json!({"status": "Held", "message": text, "retryAfterSeconds": seconds});
            let mut answer = json(429, &body);
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(*seconds));
            answer
        }
        SignedIn::Held(Held::Locked) => {
            told(403, "Locked", "Too many attempts have failed. Contact your administrator.")
        }
    }
}

fn told(status: u16, outcome: &str, message: &str) -> Answer {
    json(status, &json!({"status": outcome, "message": message}))
}

fn failed(status: u16, message: &str) -> Answer {
    told(status, "Error", message)
}

fn json(status: u16, body: &Json) -> Answer {
    let mut answer = respond::plain(status, JSON, Bytes::from(body.to_string()));
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// The most bytes of a sign-in.
const LONGEST_BODY: usize = 16 * 1024;
