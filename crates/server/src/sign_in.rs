//! `POST /_portcullis/signin`: a user name and a password for temporary credentials, as the console needs them.
//!
//! One request holds everything that is known so far. Where a code, a security key's answer or a new password is missing
//! the answer says so, and the client asks again with all of it; nothing is kept in between.

use authz::{Held, Origin};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use http::request::Parts;
use hyper::body::Incoming;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use service::{Core, KeyAnswer, SignIn, SignedIn};
use types::Secret;
use webauthn::Assertion;

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
    let Ok(answer) = form.security_key.as_ref().map(PublicKeyAnswer::read).transpose() else {
        return failed(400, "the security key's answer is not in unpadded URL-safe base64");
    };
    let login_to = format!("{}/", core.public_url);
    let asked = SignIn {
        account: &form.account,
        user_name: &form.user_name,
        password: Secret::new(form.password),
        mfa_code: form.mfa_code.as_deref(),
        mfa_serial: form.mfa_serial_number.as_deref(),
        security_key: answer.as_ref().map(ReadAnswer::borrowed),
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
    security_key: Option<PublicKeyAnswer>,
    new_password: Option<String>,
}

/// A security key's answer: the ticket that came with the challenge, and what the browser's
/// `PublicKeyCredential.toJSON()` gives (W3C: "Web Authentication, Level 3"), of which only this is read.
#[derive(Deserialize)]
struct PublicKeyAnswer {
    ticket: String,
    id: String,
    response: AssertionResponse,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssertionResponse {
    #[serde(rename = "clientDataJSON")]
    client_data_json: String,
    authenticator_data: String,
    signature: String,
}

/// The same in bytes.
struct ReadAnswer<'a> {
    ticket: &'a str,
    credential: Vec<u8>,
    client_data: Vec<u8>,
    authenticator_data: Vec<u8>,
    signature: Vec<u8>,
}

impl PublicKeyAnswer {
    fn read(&self) -> Result<ReadAnswer<'_>, base64::DecodeError> {
        Ok(ReadAnswer {
            ticket: &self.ticket,
            credential: URL_SAFE_NO_PAD.decode(&self.id)?,
            client_data: URL_SAFE_NO_PAD.decode(&self.response.client_data_json)?,
            authenticator_data: URL_SAFE_NO_PAD.decode(&self.response.authenticator_data)?,
            signature: URL_SAFE_NO_PAD.decode(&self.response.signature)?,
        })
    }
}

impl ReadAnswer<'_> {
    fn borrowed(&self) -> KeyAnswer<'_> {
        KeyAnswer {
            ticket: self.ticket,
            credential: &self.credential,
            assertion: Assertion {
                client_data: &self.client_data,
                authenticator_data: &self.authenticator_data,
                signature: &self.signature,
            },
        }
    }
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
        SignedIn::NeedsMfa { devices, challenge, is_change_required } => {
            let mut body = json!({
                "status": "MfaRequired",
                "mfaSerialNumbers": devices,
                "passwordChangeRequired": is_change_required,
            });
            if let (Some(challenge), Some(fields)) = (challenge, body.as_object_mut()) {
                let asked = json!({"options": challenge.options, "ticket": challenge.ticket});
                fields.insert("securityKey".into(), asked);
            }
            json(200, &body)
        }
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
