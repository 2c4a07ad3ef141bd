//! Signing: what a client does.

use sha2::{Digest, Sha256};
use types::Secret;

use crate::canonical::{self, Canonical, encode_into, hex_string};
use crate::{
    ALGORITHM, HeaderList, PayloadRule, Profile, RequestParts, Scope, SigningKey, SigningTime, TERMINATOR,
};

/// What a client signs with.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// `AKIA…` or `ASIA…`.
    pub access_key_id: String,
    /// The secret access key.
    pub secret: Secret,
    /// The session token of temporary credentials.
    pub session_token: Option<String>,
}

/// Headers to add to a request, name and value.
pub type AddedHeaders = Vec<(String, String)>;

/// A client that signs: who, for what, when, and by which rules.
#[derive(Debug, Clone, Copy)]
pub struct Signer<'a> {
    /// What to sign with.
    pub credentials: &'a Credentials,
    /// The region of the credential scope.
    pub region: &'a str,
    /// The signing name of the service.
    pub service: &'a str,
    /// The time of signing.
    pub time: SigningTime,
    /// The rules of the service.
    pub profile: &'a Profile,
}

impl Signer<'_> {
    /// Signs a request in the `Authorization` header and returns the headers to add: `x-amz-date`,
    /// `x-amz-security-token` for temporary credentials, `x-amz-content-sha256` where the profile
    /// declares the payload, and `authorization`. The given headers, of which `host` must be one,
    /// are all signed.
    #[must_use]
    pub fn sign(&self, request: &RequestParts<'_, HeaderList<'_>>, body: &[u8]) -> AddedHeaders {
        let payload = hex_string(&Sha256::digest(body).into());
        let mut added = vec![("x-amz-date".to_owned(), self.time.as_str().to_owned())];
        if let Some(token) = &self.credentials.session_token {
            added.push(("x-amz-security-token".to_owned(), token.clone()));
        }
        if self.profile.payload == PayloadRule::Declared {
            added.push(("x-amz-content-sha256".to_owned(), payload.clone()));
        }
        let mut all = request.headers.0.to_vec();
        all.extend(added.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let names = signed_names(&all);
        let headers = HeaderList(&all);
        let signature = self.signature(&RequestParts { headers: &headers, ..*request }, &names, &payload);
        let credential = self.credential();
        let value =
            format!("{ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}");
        added.push(("authorization".to_owned(), value));
        added
    }

    /// Presigns a request and returns its new query. The given headers, of which `host` must be one,
    /// are all signed; `expires` is in seconds, at most 604,800.
    #[must_use]
    pub fn presign(&self, request: &RequestParts<'_, HeaderList<'_>>, body: &[u8], expires: u32) -> String {
        let names = signed_names(request.headers.0);
        let mut query = request.query.as_bytes().to_vec();
        let mut add = |name: &str, value: &str| {
            if !query.is_empty() {
                query.push(b'&');
            }
            query.extend_from_slice(name.as_bytes());
            query.push(b'=');
            encode_into(value.as_bytes(), &mut query);
        };
        add("X-Amz-Algorithm", ALGORITHM);
        add("X-Amz-Credential", &self.credential());
        add("X-Amz-Date", self.time.as_str());
        add("X-Amz-Expires", &expires.to_string());
        add("X-Amz-SignedHeaders", &names);
        if let Some(token) = &self.credentials.session_token {
            add("X-Amz-Security-Token", token);
        }
        let mut query = String::from_utf8_lossy(&query).into_owned();
        let payload = match self.profile.payload {
            PayloadRule::Received => hex_string(&Sha256::digest(body).into()),
            PayloadRule::Declared => "UNSIGNED-PAYLOAD".to_owned(),
        };
        let signature = self.signature(&RequestParts { query: &query, ..*request }, &names, &payload);
        query.push_str("&X-Amz-Signature=");
        query.push_str(&signature);
        query
    }

    fn signature(&self, request: &RequestParts<'_, HeaderList<'_>>, names: &str, payload: &str) -> String {
        let canonical = Canonical {
            method: request.method,
            path: request.path,
            query: request.query,
            left_out: &[],
            headers: request.headers,
            signed_headers: names,
            payload,
            rule: self.profile.path,
        };
        let scope = Scope::new(self.time.date(), self.region, self.service);
        let key = SigningKey::derive(&self.credentials.secret, self.time.date(), self.region, self.service);
        hex_string(&canonical::signature(&key, &self.time, &scope, &canonical.hash()))
    }

    fn credential(&self) -> String {
        let Self { credentials, region, service, time, .. } = self;
        format!("{}/{}/{region}/{service}/{TERMINATOR}", credentials.access_key_id, time.date())
    }
}

fn signed_names(headers: &[(&str, &str)]) -> String {
    let mut names: Vec<String> = headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    names.sort_unstable();
    names.dedup();
    names.join(";")
}
