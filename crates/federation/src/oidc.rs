//! ID tokens of OpenID Connect, as AWS STS reads them (AWS: "AssumeRoleWithWebIdentity", "Pass session tags in AWS STS",
//! "Create an OpenID Connect (OIDC) identity provider in IAM").

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

/// Who somebody is, in the words of an OpenID Connect provider. From verified claims it can be believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebIdentity {
    /// The issuer, `iss`.
    pub issuer: String,
    /// The subject, `sub`.
    pub subject: String,
    /// For whom the token was made, `aud`; at least one.
    pub audiences: Vec<String>,
    /// To whom it was issued, `azp`.
    pub authorized_party: Option<String>,
    /// How the subject was authenticated, `amr`.
    pub methods: Vec<String>,
    /// When the token was issued, `iat`.
    pub issued: Timestamp,
    /// When it ends, `exp`.
    pub expires: Timestamp,
    /// The session tags, in the order of the token.
    pub tags: Vec<(String, String)>,
    /// The keys of the tags that go on along a chain of roles.
    pub transitive: Vec<String>,
    /// The source identity.
    pub source_identity: Option<String>,
    /// The further claims that are a string, a number or a truth, as text.
    pub others: Vec<(String, String)>,
}

/// Why claims are of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsRefused {
    /// A claim that must be there is not.
    #[error("the token has no `{0}`")]
    Missing(&'static str),
    /// A claim is not of its type.
    #[error("the token's `{0}` cannot be read")]
    Invalid(&'static str),
    /// The token is over.
    #[error("the token is over since {0}")]
    Expired(Timestamp),
    /// The token is from the future.
    #[error("the token is not valid yet")]
    NotYet,
}

impl WebIdentity {
    /// Reads claims at an instant.
    ///
    /// `exp`, `iat`, `iss`, `sub` and `aud` must be there. A clock that is ahead of ours by up to five minutes is put up
    /// with; a token that is over is over.
    pub fn read(claims: &Map<String, Value>, now: Timestamp) -> Result<Self, ClaimsRefused> {
        let issuer = text(claims, "iss")?.ok_or(ClaimsRefused::Missing("iss"))?;
        let subject = text(claims, "sub")?.ok_or(ClaimsRefused::Missing("sub"))?;
        let audiences = texts(claims, "aud")?;
        if audiences.is_empty() {
            return Err(ClaimsRefused::Missing("aud"));
        }
        let expires = instant(claims, "exp")?.ok_or(ClaimsRefused::Missing("exp"))?;
        let issued = instant(claims, "iat")?.ok_or(ClaimsRefused::Missing("iat"))?;
        if expires <= now {
            return Err(ClaimsRefused::Expired(expires));
        }
        let begins = [Some(issued), instant(claims, "nbf")?].into_iter().flatten().max();
        if begins.is_some_and(|begins| begins.duration_since(now) > SKEW) {
            return Err(ClaimsRefused::NotYet);
        }
        // Whose it is only the client can tell that asked for the token; here it has to be what the standard says.
        if claims.get("nonce").is_some_and(|nonce| !nonce.is_string()) {
            return Err(ClaimsRefused::Invalid("nonce"));
        }
        let (tags, transitive) = session_tags(claims)?;
        Ok(Self {
            issuer,
            subject,
            audiences,
            authorized_party: text(claims, "azp")?,
            methods: texts(claims, "amr")?,
            issued,
            expires,
            tags,
            transitive,
            source_identity: text(claims, SOURCE_IDENTITY)?,
            others: others(claims),
        })
    }

    /// Whom AWS takes for the audience: `azp` where the token has it, else the first of `aud` that is expected.
    #[must_use]
    pub fn audience(&self, is_expected: impl Fn(&str) -> bool) -> Option<&str> {
        match &self.authorized_party {
            Some(party) => Some(party.as_str()).filter(|party| is_expected(party)),
            None => self.audiences.iter().map(String::as_str).find(|audience| is_expected(audience)),
        }
    }
}

fn text(claims: &Map<String, Value>, name: &'static str) -> Result<Option<String>, ClaimsRefused> {
    match claims.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
        Some(_) => Err(ClaimsRefused::Invalid(name)),
    }
}

/// One text or several.
fn texts(claims: &Map<String, Value>, name: &'static str) -> Result<Vec<String>, ClaimsRefused> {
    claims.get(name).map_or(Ok(Vec::new()), |value| all_texts(value).ok_or(ClaimsRefused::Invalid(name)))
}

fn all_texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Null => Some(Vec::new()),
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(values) => values.iter().map(|value| value.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// Seconds since 1970, whole or not.
fn instant(claims: &Map<String, Value>, name: &'static str) -> Result<Option<Timestamp>, ClaimsRefused> {
    let invalid = ClaimsRefused::Invalid(name);
    let Some(value) = claims.get(name) else { return Ok(None) };
    let seconds = match (value.as_i64(), value.as_f64()) {
        (Some(seconds), _) => seconds,
        #[expect(clippy::cast_possible_truncation, reason = "within the bounds that are checked")]
        (None, Some(seconds)) if seconds.abs() < 1e15 => seconds.floor() as i64,
        _ => return Err(invalid),
    };
    Timestamp::from_second(seconds).map(Some).map_err(|_| invalid)
}

/// The session tags, nested or flat.
#[expect(clippy::type_complexity, reason = "tags and keys, read in one go")]
fn session_tags(claims: &Map<String, Value>) -> Result<(Vec<(String, String)>, Vec<String>), ClaimsRefused> {
    let invalid = || ClaimsRefused::Invalid(TAGS);
    let (mut tags, mut transitive) = (Vec::new(), Vec::new());
    let mut add = |key: &str, value: &Value| {
        // A list with one value: session tags have no more (AWS: "Pass session tags in AWS STS").
        match all_texts(value).as_deref() {
            Some([value]) => {
                tags.push((key.to_owned(), value.clone()));
                Ok(())
            }
            _ => Err(invalid()),
        }
    };
    for (name, value) in claims {
        let Some(rest) = name.strip_prefix(TAGS) else { continue };
        match (rest, rest.strip_prefix(FLAT_TAG)) {
            ("", _) => {
                let nested = value.as_object().ok_or_else(invalid)?;
                if let Some(values) = nested.get("principal_tags") {
                    for (key, value) in values.as_object().ok_or_else(invalid)? {
                        add(key, value)?;
                    }
                }
                if let Some(keys) = nested.get("transitive_tag_keys") {
                    transitive.extend(all_texts(keys).ok_or_else(invalid)?);
                }
            }
            (_, Some(key)) => add(key, value)?,
            ("/transitive_tag_keys", None) => transitive.extend(all_texts(value).ok_or_else(invalid)?),
            _ => {}
        }
    }
    Ok((tags, transitive))
}

fn others(claims: &Map<String, Value>) -> Vec<(String, String)> {
    let read = ["iss", "sub", "aud", "azp", "amr", "exp", "iat", "nbf", "nonce"];
    let others = claims.iter().filter(|(name, _)| !read.contains(&name.as_str()));
    let shown = others.filter_map(|(name, value)| {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(truth) => truth.to_string(),
            _ => return None,
        };
        Some((name.clone(), text))
    });
    shown.collect()
}

/// How far ahead an issuer's clock may be.
const SKEW: SignedDuration = SignedDuration::from_mins(5);
/// The claim that holds session tags; flat ones begin with it.
const TAGS: &str = "https://aws.amazon.com/tags";
const FLAT_TAG: &str = "/principal_tags/";
/// The claim that holds the source identity.
const SOURCE_IDENTITY: &str = "https://aws.amazon.com/source_identity";

#[cfg(test)]
mod tests;
