//! Requests as text, for the targets of Signature Version 4: a request line, headers, an empty line, a body.

use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use sigv4::{
    Credentials, HeaderList, Presented, Profile, RequestParts, Signer, SigningKey, SigningTime, Verified,
    parse,
};
use types::Secret;

use crate::target::Seen;

/// A request in parts.
#[derive(Debug)]
pub(super) struct Raw {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Raw {
    /// Reads a request; what HTTP itself would not let through is left out.
    pub(super) fn read(data: &[u8]) -> Self {
        let mut parts = data.splitn(2, |&byte| byte == b'\n');
        let line = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
        let mut rest = parts.next().unwrap_or_default();
        let (method, target) = line.split_once(' ').unwrap_or(("GET", &line));
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers = HeaderMap::new();
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            let (header, after) = rest.split_at(end);
            rest = after.get(1..).unwrap_or_default();
            if header.is_empty() {
                break;
            }
            let mut halves = header.splitn(2, |&byte| byte == b':');
            let name = HeaderName::from_bytes(halves.next().unwrap_or_default());
            let value = HeaderValue::from_bytes(halves.next().unwrap_or_default());
            if let (Ok(name), Ok(value)) = (name, value) {
                headers.append(name, value);
            }
        }
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body: rest.to_vec(),
        }
    }

    pub(super) fn parts(&self) -> RequestParts<'_, HeaderMap> {
        RequestParts { method: &self.method, path: &self.path, query: &self.query, headers: &self.headers }
    }
}

/// Reads and verifies a request under both profiles. What verifies does so for one secret only.
pub(super) fn check(raw: &Raw) -> Seen {
    let mut ways = Vec::new();
    let mut accepted = false;
    for profile in [&Profile::OWN, &Profile::S3] {
        let parts = raw.parts();
        match parse(&parts, profile) {
            Ok(presented) => {
                let (ours, theirs) =
                    (verify(&presented, SECRET, raw), verify(&presented, "another secret", raw));
                assert!(theirs.is_err(), "{raw:?}");
                accepted |= ours.is_ok();
                ways.push(ours.err().map_or(String::new(), |failure| shape(&failure.to_string())));
            }
            Err(failure) => ways.push(shape(&failure.to_string())),
        }
    }
    if accepted { Seen::accepted((ways, raw.headers.len())) } else { Seen::refused(ways) }
}

fn verify(
    presented: &Presented<'_, HeaderMap>,
    secret: &str,
    raw: &Raw,
) -> Result<Verified, sigv4::AuthFailure> {
    let scope = presented.scope();
    let key =
        SigningKey::derive(&Secret::new(secret.to_owned()), scope.date(), scope.region(), scope.service());
    presented.verify(&key, &raw.body, now())
}

/// What a message says without what it quotes.
fn shape(message: &str) -> String {
    message.split('\'').step_by(2).flat_map(str::chars).filter(char::is_ascii_alphabetic).take(60).collect()
}

/// A client that signs for IAM, at [`now`].
pub(super) fn with_signer<T>(
    token: Option<&str>,
    profile: &Profile,
    act: impl FnOnce(&Signer<'_>) -> T,
) -> T {
    let credentials = Credentials {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret: Secret::new(SECRET.to_owned()),
        session_token: token.map(str::to_owned),
    };
    let time = SigningTime::from_timestamp(now());
    act(&Signer { credentials: &credentials, region: "us-east-1", service: "iam", time, profile })
}

/// Whether a path and a query are such as a client sends, and carry no signature of their own.
pub(super) fn is_plain(raw: &Raw) -> bool {
    let token = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#' && byte != b'?');
    raw.path.starts_with('/')
        && token(&raw.path)
        && token(&raw.query)
        && raw.query.len() < 2000
        && !raw.query.to_ascii_lowercase().contains("x-amz-")
        && !raw.query.contains('%')
}

/// The one header of what is signed here.
pub(super) const HOST: HeaderList<'_> = HeaderList(&[("host", "iam.amazonaws.com")]);

pub(super) fn now() -> Timestamp {
    Timestamp::from_second(1_440_938_160).expect("a moment")
}

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
