//! Calls of STS as they go over the wire, and the credentials in their answers.

use std::borrow::Cow;

use anyhow::{Context as _, bail};
use http::Request;
use jiff::Timestamp;
use sigv4::{Credentials, HeaderList, Profile, RequestParts, Signer, SigningTime};

use super::transport::{Address, Answer};
use super::{Held, Once, add_session};
use crate::args::RoleSession;

/// A call that gives credentials.
pub(super) struct Call {
    parameters: Vec<(Cow<'static, str>, String)>,
    /// What decides the credentials but is not sent.
    asked_by: Vec<String>,
    once: Option<(&'static str, Once)>,
    credentials: Option<Credentials>,
}

/// How a call is signed.
pub(super) struct Signing<'a> {
    pub(super) region: &'a str,
    pub(super) now: Timestamp,
}

impl Call {
    pub(super) fn new(action: &'static str, session: &RoleSession) -> Self {
        let mut call = Self {
            parameters: vec![
                ("Action".into(), action.to_owned()),
                ("Version".into(), api::sts::SERVICE.api_version.to_owned()),
            ],
            asked_by: Vec::new(),
            once: None,
            credentials: None,
        };
        add_session(&mut call, session);
        if action != "AssumeRoleWithSAML" {
            call.add_if("RoleSessionName", Some(&session.role_session_name));
        }
        call
    }

    /// Signs the call with these credentials.
    pub(super) fn sign_with(&mut self, credentials: Credentials) {
        self.asked_by.push(credentials.access_key_id.clone());
        self.credentials = Some(credentials);
    }

    /// Adds a parameter, if it is given.
    pub(super) fn add_if(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.parameters.push((name.to_owned().into(), value.to_owned()));
        }
    }

    /// Adds session tags, `KEY=VALUE` each.
    pub(super) fn add_tags(&mut self, tags: &[String], transitive: &[String]) -> anyhow::Result<()> {
        for (number, tag) in tags.iter().enumerate() {
            let (key, value) =
                tag.split_once('=').with_context(|| format!("`{tag}` is not a tag: give KEY=VALUE"))?;
            self.add_if(&format!("Tags.member.{}.Key", number + 1), Some(key));
            self.add_if(&format!("Tags.member.{}.Value", number + 1), Some(value));
        }
        for (number, key) in transitive.iter().enumerate() {
            self.add_if(&format!("TransitiveTagKeys.member.{}", number + 1), Some(key));
        }
        Ok(())
    }

    /// Adds a parameter that is read only when the call is made.
    pub(super) fn add_once(&mut self, name: &'static str, value: Option<Once>) {
        self.once = value.map(|value| (name, value));
    }

    /// Adds something that decides the credentials but is not sent.
    pub(super) fn ask_by(&mut self, name: &str, value: String) {
        self.asked_by.push(format!("{name}={value}"));
    }

    /// Everything that decides the credentials.
    pub(super) fn asked_by(&self) -> impl Iterator<Item = &String> {
        self.parameters.iter().map(|(_, value)| value).chain(&self.asked_by)
    }

    /// The request; it is signed where there are credentials to sign with.
    pub(super) fn request(self, address: &Address, signing: &Signing<'_>) -> anyhow::Result<Request<String>> {
        let mut body = String::new();
        for (name, value) in &self.parameters {
            pair(&mut body, name, value);
        }
        if let Some((name, once)) = self.once {
            pair(&mut body, name, once.read()?.expose());
        }
        let headers = [("host", &*address.host), ("content-type", CONTENT_TYPE)];
        let added = self.credentials.as_ref().map(|credentials| {
            let time = SigningTime::from_timestamp(signing.now);
            let profile = &Profile::OWN;
            let signer = Signer { credentials, region: signing.region, service: "sts", time, profile };
            let list = HeaderList(&headers);
            let parts = RequestParts { method: "POST", path: &address.path, query: "", headers: &list };
            signer.sign(&parts, body.as_bytes())
        });
        let mut request = Request::post(&address.path);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        for (name, value) in added.iter().flatten() {
            request = request.header(name, value);
        }
        Ok(request.header("user-agent", AGENT).body(body)?)
    }
}

/// The credentials in an answer, or what STS said instead.
pub(super) fn read(answer: &Answer, now: Timestamp) -> anyhow::Result<Held> {
    let document = roxmltree::Document::parse(&answer.body)
        .with_context(|| format!("STS answered {} with something that is not XML", answer.status))?;
    let text = |name: &str| {
        // By the local name alone: the namespace is that of a version.
        let found = document.descendants().find(|node| node.is_element() && node.tag_name().name() == name);
        found.and_then(|node| node.text()).map(str::to_owned)
    };
    if answer.status != 200 {
        let code = text("Code").unwrap_or_else(|| answer.status.to_string());
        bail!("{code}: {}", text("Message").unwrap_or_default());
    }
    let member = |name: &str| text(name).with_context(|| format!("the answer of STS has no {name}"));
    Ok(Held {
        access_key_id: member("AccessKeyId")?,
        secret_access_key: member("SecretAccessKey")?,
        session_token: member("SessionToken")?,
        issued: now,
        expiration: member("Expiration")?.parse().context("the answer of STS has no moment as Expiration")?,
    })
}

/// Adds a parameter to a form.
fn pair(body: &mut String, name: &str, value: &str) {
    if !body.is_empty() {
        body.push('&');
    }
    escape(body, name);
    body.push('=');
    escape(body, value);
}

fn escape(body: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            body.push(char::from(byte));
        } else {
            body.push_str(&format!("%{byte:02X}"));
        }
    }
}

const CONTENT_TYPE: &str = "application/x-www-form-urlencoded; charset=utf-8";
const AGENT: &str = concat!("portcullis/", env!("CARGO_PKG_VERSION"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sts_refuses_is_told_in_its_words() {
        let body = "<ErrorResponse xmlns=\"x\"><Error><Code>AccessDenied</Code><Message>No &amp; no</Message></Error></ErrorResponse>";
        let now = Timestamp::UNIX_EPOCH;
        let refused = read(&Answer { status: 403, body: body.into() }, now).err().unwrap();
        assert_eq!(refused.to_string(), "AccessDenied: No & no");
        assert!(read(&Answer { status: 200, body: body.into() }, now).is_err());
        assert!(read(&Answer { status: 502, body: "bad gateway".into() }, now).is_err());
    }
}
