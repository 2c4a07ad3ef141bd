//! A client of the AWS wire protocol, as small as the benchmarks need it: signed form requests.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use jiff::Timestamp;
use sigv4::{Credentials, HeaderList, Profile, RequestParts, Signer, SigningTime};
use types::Secret;

use crate::load;

/// What to sign with.
#[derive(Clone)]
pub(crate) struct Key(Credentials);

impl Key {
    /// From its two halves.
    pub(crate) fn new(id: &str, secret: &str) -> Self {
        Self(Credentials {
            access_key_id: id.to_owned(),
            secret: Secret::new(secret.to_owned()),
            session_token: None,
        })
    }

    /// Of temporary credentials.
    pub(crate) fn temporary(id: &str, secret: &str, token: &str) -> Self {
        let Self(long_term) = Self::new(id, secret);
        Self(Credentials { session_token: Some(token.to_owned()), ..long_term })
    }

    /// From a shared-credentials file with one profile.
    pub(crate) fn from_file(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let value = |name: &str| {
            text.lines()
                .filter_map(|line| line.split_once('='))
                .find(|(key, _)| key.trim() == name)
                .map(|(_, value)| value.trim())
                .with_context(|| format!("no {name} in {}", path.display()))
        };
        Ok(Self::new(value("aws_access_key_id")?, value("aws_secret_access_key")?))
    }
}

/// One service at one address, as one caller.
pub(crate) struct Client<'a> {
    pub(crate) address: &'a str,
    pub(crate) key: &'a Key,
    /// `iam` or `sts`.
    pub(crate) service: &'static str,
}

impl Client<'_> {
    /// A request, signed now, as it goes over the wire. `number` makes it differ from others.
    pub(crate) fn request(&self, action: &str, parameters: &[(&str, &str)], number: usize) -> Vec<u8> {
        let version = if self.service == "sts" { STS_VERSION } else { "2010-05-08" };
        let body = form(action, version, parameters);
        let number = number.to_string();
        let headers = [("host", self.address), ("content-type", FORM), ("amz-sdk-invocation-id", &number)];
        let signer = Signer {
            credentials: &self.key.0,
            region: "us-east-1",
            service: self.service,
            time: SigningTime::from_timestamp(now()),
            profile: &Profile::OWN,
        };
        let parts = RequestParts { method: "POST", path: "/", query: "", headers: &HeaderList(&headers) };
        let added = signer.sign(&parts, body.as_bytes());
        let mut request = String::from("POST / HTTP/1.1\r\n");
        let all =
            headers.iter().copied().chain(added.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        for (name, value) in all {
            // Writing to a string does not fail.
            let _ = write!(request, "{name}: {value}\r\n");
        }
        let _ = write!(request, "content-length: {}\r\n\r\n{body}", body.len());
        request.into_bytes()
    }

    /// Calls once and returns the XML of the answer.
    pub(crate) fn call(&self, action: &str, parameters: &[(&str, &str)]) -> Result<String> {
        let (status, body) = load::once(self.address, &self.request(action, parameters, 0))?;
        if status != 200 {
            bail!("{action}: {status} {body}");
        }
        Ok(body)
    }
}

/// A request to STS of somebody without credentials, as it goes over the wire.
pub(crate) fn unsigned(address: &str, action: &str, parameters: &[(&str, &str)]) -> Vec<u8> {
    let body = form(action, STS_VERSION, parameters);
    let length = body.len();
    let request = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\ncontent-type: {FORM}\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    request.into_bytes()
}

fn form(action: &str, version: &str, parameters: &[(&str, &str)]) -> String {
    let mut body = format!("Action={action}&Version={version}");
    for (name, value) in parameters {
        body.push('&');
        body.push_str(name);
        body.push('=');
        encode(value, &mut body);
    }
    body
}

/// The text of the first element of that name.
pub(crate) fn element<'x>(xml: &'x str, name: &str) -> Result<&'x str> {
    xml.split_once(&format!("<{name}>"))
        .and_then(|(_, rest)| rest.split_once('<'))
        .map(|(text, _)| text)
        .with_context(|| format!("no {name} in {xml}"))
}

/// The time.
#[expect(clippy::disallowed_methods, reason = "a client signs with the real time")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

fn encode(value: &str, into: &mut String) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            let _ = write!(into, "%{byte:02X}");
        }
    }
}

const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
/// The version of STS's API.
const STS_VERSION: &str = "2011-06-15";
