//! What a request presents as its authentication, and whether that holds.

use std::borrow::Cow;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::authorization::{self, Claim};
use crate::canonical::{self, Canonical, hex_string, unhex};
use crate::headers::{SignatureHeaders, Single};
use crate::{AuthFailure, Headers, PayloadRule, Profile, SigningKey, SigningTime, TERMINATOR, TokenRule};

/// The parts of a request that a signature covers, as they came over the wire.
#[derive(Debug)]
pub struct RequestParts<'a, H> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The path, still encoded.
    pub path: &'a str,
    /// The query, still encoded, without its question mark; empty where there is none.
    pub query: &'a str,
    /// The headers.
    pub headers: &'a H,
}

impl<H> Clone for RequestParts<'_, H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H> Copy for RequestParts<'_, H> {}

/// Where the signature stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// In the `Authorization` header.
    Header,
    /// In the query: a presigned request, valid for as many seconds from its signing.
    Query {
        /// `X-Amz-Expires`, or 900 where it is absent.
        expires: u32,
    },
}

/// The credential scope: day, region and service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope<'a> {
    date: Cow<'a, str>,
    region: Cow<'a, str>,
    service: Cow<'a, str>,
}

impl<'a> Scope<'a> {
    /// A scope for a day `YYYYMMDD`.
    pub fn new(
        date: impl Into<Cow<'a, str>>,
        region: impl Into<Cow<'a, str>>,
        service: impl Into<Cow<'a, str>>,
    ) -> Self {
        Self { date: date.into(), region: region.into(), service: service.into() }
    }

    /// The day, `YYYYMMDD`.
    #[must_use]
    pub fn date(&self) -> &str {
        &self.date
    }

    /// The region. Any text without a slash; whether it is a region is for the caller to say.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The signing name of the service, such as `iam`.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// Requires the service.
    ///
    /// # Errors
    /// A mismatch in AWS's words.
    pub fn require_service(&self, service: &str) -> Result<(), AuthFailure> {
        if self.service == service {
            return Ok(());
        }
        Err(AuthFailure::Mismatch(format!("Credential should be scoped to correct service: '{service}'. ")))
    }

    /// The failure for a region that the service does not have, in AWS's words, which name it no more.
    #[must_use]
    pub fn wrong_region() -> AuthFailure {
        AuthFailure::Mismatch("Credential should be scoped to a valid region. ".to_owned())
    }
}

/// A claim that a request makes: this access key signed it, then, for that scope. Nothing of
/// it is true before [`Presented::verify`] has said so.
#[derive(Debug)]
pub struct Presented<'a, H> {
    request: RequestParts<'a, H>,
    profile: Profile,
    form: Form,
    access_key_id: Cow<'a, str>,
    scope: Scope<'a>,
    signed_headers: Cow<'a, str>,
    signature: Option<[u8; 32]>,
    token: Option<Cow<'a, str>>,
    time: SigningTime,
    content_hash: Single<'a>,
}

/// A signature that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// When the request was signed.
    pub time: SigningTime,
    /// The signature; the seed of the chunk signatures of a streaming payload.
    pub signature: [u8; 32],
    /// How far the signature covers the payload.
    pub payload: VerifiedPayload,
}

/// How far a signature covers the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifiedPayload {
    /// The body that was given to [`Presented::verify`] is the one that was signed.
    Whole,
    /// The body is not covered (`UNSIGNED-PAYLOAD`).
    Unsigned,
    /// The body comes in chunks that carry their own signatures or checksums (`STREAMING-…`).
    Streaming,
}

/// Whether the request presents any authentication at all, well-formed or not.
#[must_use]
pub fn is_signed<H: Headers>(request: &RequestParts<'_, H>) -> bool {
    request.headers.values("authorization").next().is_some() || authorization::in_query(request.query)
}

/// Reads the authentication that a request presents.
///
/// # Errors
/// `MissingToken` when there is none, `Incomplete` when a part is absent or malformed,
/// `Mismatch` when the parts contradict each other or a header that must be signed is not.
pub fn parse<'a, H: Headers>(
    request: &RequestParts<'a, H>,
    profile: &Profile,
) -> Result<Presented<'a, H>, AuthFailure> {
    let found = SignatureHeaders::find(request.headers);
    let claim = Claim::read(request.query, &found)?;
    let Claim { form, credential, signed_headers, signature, token, time } = claim;
    let (access_key_id, scope, terminator) = split_credential(credential)?;
    if terminator != TERMINATOR {
        return Err(AuthFailure::Mismatch(format!(
            "Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{}'. ",
            shortened(&terminator)
        )));
    }
    if scope.date() != time.date() {
        return Err(AuthFailure::Mismatch(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
             '{}' != '{}', from '{}'.",
            shortened(scope.date()),
            time.date(),
            time.as_str()
        )));
    }
    check_signed_headers(request.headers, &signed_headers, profile.token)?;
    let signature = unhex(&signature);
    Ok(Presented {
        request: *request,
        profile: *profile,
        form,
        access_key_id,
        scope,
        signed_headers,
        signature,
        token,
        time,
        content_hash: found.content_hash,
    })
}

impl<'a, H: Headers> Presented<'a, H> {
    /// The access key that is said to have signed.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The credential scope.
    #[must_use]
    pub fn scope(&self) -> &Scope<'a> {
        &self.scope
    }

    /// The session token that came along.
    #[must_use]
    pub fn session_token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Where the signature stands.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }

    /// When the request is said to have been signed.
    #[must_use]
    pub fn time(&self) -> SigningTime {
        self.time
    }

    /// The signed headers, in lower case.
    pub fn signed_headers(&self) -> impl Iterator<Item = &str> {
        self.signed_headers.split(';')
    }

    /// Checks time and signature. `key` must have been derived for [`Presented::scope`] from the
    /// secret of [`Presented::access_key_id`].
    ///
    /// # Errors
    /// `Mismatch` when the request is too old, from the future, or signed otherwise.
    pub fn verify(&self, key: &SigningKey, body: &[u8], now: Timestamp) -> Result<Verified, AuthFailure> {
        self.check_time(now.as_second())?;
        let (declared, payload) = self.payload(body)?;
        let left_out: &[&str] = match self.form {
            Form::Header => &[],
            Form::Query { .. } => &["X-Amz-Signature"],
        };
        let mut canonical = Canonical {
            method: self.request.method,
            path: self.request.path,
            query: self.request.query,
            left_out,
            headers: self.request.headers,
            signed_headers: &self.signed_headers,
            payload: &declared,
            rule: self.profile.path,
        };
        let verified = |signature| Verified { time: self.time, signature, payload };
        if let Some(signature) = self.matching(key, &canonical) {
            return Ok(verified(signature));
        }
        let may_follow = self.profile.token == TokenRule::MayFollow && self.token.is_some();
        if may_follow && matches!(self.form, Form::Query { .. }) {
            canonical.left_out = &["X-Amz-Signature", "X-Amz-Security-Token"];
            if let Some(signature) = self.matching(key, &canonical) {
                return Ok(verified(signature));
            }
            canonical.left_out = left_out;
        }
        Err(self.mismatch(&canonical))
    }

    fn matching(&self, key: &SigningKey, canonical: &Canonical<'_, H>) -> Option<[u8; 32]> {
        let right = canonical::signature(key, &self.time, &self.scope, &canonical.hash());
        let given = self.signature?;
        bool::from(right.ct_eq(&given)).then_some(right)
    }

    fn check_time(&self, now: i64) -> Result<(), AuthFailure> {
        let skew = i64::try_from(self.profile.skew.as_secs()).unwrap_or(i64::MAX);
        let signed = self.time.as_second();
        let show = |second| SigningTime::from_second(second).as_str().to_owned();
        if signed > now.saturating_add(skew) {
            return Err(AuthFailure::Mismatch(format!(
                "Signature not yet current: {} is still later than {} ({} + {}.)",
                self.time.as_str(),
                show(now + skew),
                show(now),
                span(skew)
            )));
        }
        let life = match self.form {
            Form::Header => skew,
            Form::Query { expires } => i64::from(expires),
        };
        if signed < now.saturating_sub(life) {
            return Err(AuthFailure::Mismatch(format!(
                "Signature expired: {} is now earlier than {} ({} - {}.)",
                self.time.as_str(),
                show(now - life),
                show(now),
                span(life)
            )));
        }
        Ok(())
    }

    fn payload(&self, body: &[u8]) -> Result<(Cow<'a, str>, VerifiedPayload), AuthFailure> {
        let received = || hex_string(&Sha256::digest(body).into());
        if self.profile.payload == PayloadRule::Received {
            return Ok((Cow::Owned(received()), VerifiedPayload::Whole));
        }
        let declared = match (self.content_hash, self.form) {
            (Single::Once(value), _) => std::str::from_utf8(value).unwrap_or_default().trim(),
            (Single::Absent, Form::Query { .. }) => UNSIGNED,
            (Single::Absent, Form::Header) | (Single::Repeated, _) => {
                let text = "Missing required header for this request: x-amz-content-sha256";
                return Err(AuthFailure::Incomplete(text.into()));
            }
        };
        let payload = match declared {
            UNSIGNED => VerifiedPayload::Unsigned,
            _ if declared.starts_with("STREAMING-") => VerifiedPayload::Streaming,
            _ if declared == received() => VerifiedPayload::Whole,
            _ => {
                let text = "The provided 'x-amz-content-sha256' header does not match what was computed.";
                return Err(AuthFailure::Mismatch(text.into()));
            }
        };
        Ok((Cow::Borrowed(declared), payload))
    }

    /// AWS's text for a signature that does not match, with its hint. A request may be large,
    /// and the answer must not be: past a bound the hint is left out.
    #[cold]
    fn mismatch(&self, canonical: &Canonical<'_, H>) -> AuthFailure {
        let mut message = String::from(
            "The request signature we calculated does not match the signature you provided. Check your \
             AWS Secret Access Key and signing method. Consult the service documentation for details.",
        );
        let text = canonical.text();
        if text.len() <= LONGEST_HINT {
            let mut to_sign = Vec::new();
            let hash = canonical.hash();
            canonical::write_string_to_sign(&self.time, &self.scope, &hash, &mut to_sign);
            message.push_str("\n\nThe Canonical String for this request should have been\n'");
            message.push_str(&text);
            message.push_str("'\n\nThe String-to-Sign should have been\n'");
            message.push_str(&String::from_utf8_lossy(&to_sign));
            message.push_str("'\n");
        }
        AuthFailure::Mismatch(message)
    }
}

type Credential<'a> = (Cow<'a, str>, Scope<'a>, Cow<'a, str>);

fn split_credential(credential: Cow<'_, str>) -> Result<Credential<'_>, AuthFailure> {
    let split = match &credential {
        Cow::Borrowed(text) => split_five(text, Cow::Borrowed),
        Cow::Owned(text) => split_five(text, |part| Cow::Owned(part.to_owned())),
    };
    split.ok_or_else(|| {
        AuthFailure::Incomplete(format!(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, \
             got '{}'",
            shortened(&credential)
        ))
    })
}

fn split_five<'t, 'a>(text: &'t str, cow: impl Fn(&'t str) -> Cow<'a, str>) -> Option<Credential<'a>> {
    let mut parts = text.split('/');
    let mut next = || parts.next().map(&cow);
    let key = next()?;
    let scope = Scope { date: next()?, region: next()?, service: next()? };
    let terminator = next()?;
    next().is_none().then_some((key, scope, terminator))
}

/// `host` and every `x-amz-*` header that is present must be signed.
fn check_signed_headers<H: Headers>(headers: &H, signed: &str, token: TokenRule) -> Result<(), AuthFailure> {
    let is_signed = |name: &str| signed.split(';').any(|entry| entry.eq_ignore_ascii_case(name));
    if !is_signed("host") {
        return Err(AuthFailure::Mismatch(
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.".into(),
        ));
    }
    for (name, _) in headers.all() {
        let amz = name.get(..6).is_some_and(|prefix| prefix.eq_ignore_ascii_case("x-amz-"));
        let excused = token == TokenRule::MayFollow && name.eq_ignore_ascii_case("x-amz-security-token");
        if amz && !excused && !is_signed(name) {
            return Err(AuthFailure::Mismatch(format!(
                "'{}' must be a 'SignedHeader' in the AWS Authorization.",
                shortened(name)
            )));
        }
    }
    Ok(())
}

/// A text from the request, cut to what an error may quote.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().take(256).collect()
}

fn span(seconds: i64) -> String {
    if seconds % 60 == 0 { format!("{} min", seconds / 60) } else { format!("{seconds} sec") }
}

const UNSIGNED: &str = "UNSIGNED-PAYLOAD";
const LONGEST_HINT: usize = 16 * 1024;
