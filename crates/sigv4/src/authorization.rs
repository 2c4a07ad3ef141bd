//! The `Authorization` header and its counterpart in the query.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use crate::canonical::decode_query;
use crate::headers::{SignatureHeaders, Single};
use crate::presented::shortened;
use crate::{ALGORITHM, AuthFailure, Form, SigningTime};

/// The parts of a signature as text.
pub(crate) struct Claim<'a> {
    pub(crate) form: Form,
    pub(crate) credential: Cow<'a, str>,
    pub(crate) signed_headers: Cow<'a, str>,
    pub(crate) signature: Cow<'a, str>,
    pub(crate) token: Option<Cow<'a, str>>,
    pub(crate) time: SigningTime,
}

/// Whether the query holds a signature or a part of one.
pub(crate) fn in_query(query: &str) -> bool {
    // Cheap for the ordinary request, which has no query or one without these letters.
    !query.is_empty() && PARAMETERS.iter().take(4).any(|name| pairs(query).any(|(given, _)| given == *name))
}

impl<'a> Claim<'a> {
    /// Reads the claim from the header, else from the query.
    pub(crate) fn read(query: &'a str, headers: &SignatureHeaders<'a>) -> Result<Self, AuthFailure> {
        match (headers.authorization, in_query(query)) {
            (Single::Absent, false) => Err(AuthFailure::MissingToken),
            (Single::Absent, true) => Self::from_query(query),
            (Single::Once(value), false) => Self::from_header(value, headers),
            (Single::Once(_), true) => Err(incomplete(
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter or the \
                 Authorization header should be specified",
            )),
            (Single::Repeated, _) => Err(repeated("Authorization")),
        }
    }

    fn from_header(value: &'a [u8], headers: &SignatureHeaders<'a>) -> Result<Self, AuthFailure> {
        let text = std::str::from_utf8(value).unwrap_or_default().trim();
        let (scheme, parameters) = text.split_once(' ').unwrap_or((text, ""));
        if scheme != ALGORITHM && scheme.starts_with("AWS4-") {
            return Err(unsupported(scheme));
        }
        let mut found: [Option<&str>; 3] = [None; 3];
        if scheme == ALGORITHM {
            for parameter in parameters.split(',') {
                let Some((name, value)) = parameter.trim().split_once('=') else { continue };
                let place = HEADER_PARAMETERS.iter().zip(&mut found).find(|(known, _)| **known == name);
                if let Some((_, slot)) = place
                    && slot.replace(value).is_some()
                {
                    return Err(incomplete("The Authorization header must not repeat a parameter."));
                }
            }
        }
        let date = match (headers.amz_date, headers.date) {
            (Single::Once(value), _) => Some((value, SigningTime::parse(value))),
            (Single::Absent, Single::Once(value)) => Some((value, SigningTime::parse_date_header(value))),
            (Single::Absent, Single::Absent) => None,
            (Single::Repeated, _) => return Err(repeated("X-Amz-Date")),
            (_, Single::Repeated) => return Err(repeated("Date")),
        };
        let [Some(credential), Some(signature), Some(signed_headers)] = found.map(non_empty) else {
            return Err(missing_in_header(found, date.is_some(), value));
        };
        let Some((given, time)) = date else {
            return Err(missing_in_header(found, false, value));
        };
        let time = time.ok_or_else(|| malformed_date(&String::from_utf8_lossy(given)))?;
        let token = match headers.token {
            Single::Absent => None,
            Single::Once(value) => {
                let token = std::str::from_utf8(value).map_err(|_| AuthFailure::InvalidToken)?;
                Some(Cow::Borrowed(token.trim()))
            }
            Single::Repeated => return Err(repeated("X-Amz-Security-Token")),
        };
        Ok(Self {
            form: Form::Header,
            credential: credential.into(),
            signed_headers: lower_case(signed_headers.into()),
            signature: signature.into(),
            token,
            time,
        })
    }

    fn from_query(query: &'a str) -> Result<Self, AuthFailure> {
        let mut found: [Option<Cow<'a, str>>; PARAMETERS.len()] = Default::default();
        for (name, value) in pairs(query) {
            let place = PARAMETERS.iter().zip(&mut found).find(|(known, _)| **known == name);
            if let Some((_, slot)) = place
                && slot.replace(value).is_some()
            {
                return Err(repeated(&name));
            }
        }
        let absent: String = PARAMETERS
            .iter()
            .zip(&found)
            .take(REQUIRED)
            .filter(|(_, value)| value.as_deref().is_none_or(str::is_empty))
            .map(|(name, _)| format!("AWS query-string parameters must include '{name}'. "))
            .collect();
        let [
            Some(algorithm),
            Some(credential),
            Some(signature),
            Some(signed_headers),
            Some(date),
            expires,
            token,
        ] = found
        else {
            return Err(AuthFailure::Incomplete(absent + "Re-examine the query-string parameters."));
        };
        if !absent.is_empty() {
            return Err(AuthFailure::Incomplete(absent + "Re-examine the query-string parameters."));
        }
        if algorithm != ALGORITHM {
            return Err(unsupported(&algorithm));
        }
        let time = SigningTime::parse(date.as_bytes()).ok_or_else(|| malformed_date(&date))?;
        let expires = expires.map_or(Ok(DEFAULT_EXPIRES), |text| parse_expires(&text))?;
        Ok(Self {
            form: Form::Query { expires },
            credential,
            signed_headers: lower_case(signed_headers),
            signature,
            token,
            time,
        })
    }
}

/// The decoded parameters of a query; text that is not UTF-8 keeps replacement characters,
/// with which no name and no signature can match.
fn pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (text(decode_query(name)), text(decode_query(value)))
    })
}

fn text(bytes: Cow<'_, [u8]>) -> Cow<'_, str> {
    match bytes {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

fn lower_case(names: Cow<'_, str>) -> Cow<'_, str> {
    if names.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(names.to_ascii_lowercase())
    } else {
        names
    }
}

fn non_empty(value: Option<&str>) -> Option<&str> {
    value.filter(|value| !value.is_empty())
}

fn parse_expires(text: &str) -> Result<u32, AuthFailure> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if text.starts_with('-') {
        return Err(incomplete("X-Amz-Expires must be non-negative"));
    }
    if !digits {
        return Err(incomplete("X-Amz-Expires should be a number"));
    }
    match text.parse() {
        Ok(seconds) if seconds <= LONGEST_EXPIRES => Ok(seconds),
        _ => Err(incomplete(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be \
             less than 604800 seconds",
        )),
    }
}

fn missing_in_header(found: [Option<&str>; 3], has_date: bool, value: &[u8]) -> AuthFailure {
    let mut message: String = HEADER_PARAMETERS
        .iter()
        .zip(found)
        .filter(|(_, value)| non_empty(*value).is_none())
        .map(|(name, _)| format!("Authorization header requires '{name}' parameter. "))
        .collect();
    if !has_date {
        message.push_str(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ",
        );
    }
    // AWS no longer echoes the header, which may hold a password or a bearer token.
    let hash = STANDARD.encode(Sha256::digest(value));
    message.push_str("(Hashed with SHA-256 and encoded with Base64) Authorization=");
    message.push_str(&hash);
    AuthFailure::Incomplete(message)
}

fn malformed_date(given: &str) -> AuthFailure {
    AuthFailure::Incomplete(format!(
        "Date must be in ISO-8601 'basic format'. Got '{}'. See http://en.wikipedia.org/wiki/ISO_8601",
        shortened(given)
    ))
}

fn unsupported(algorithm: &str) -> AuthFailure {
    AuthFailure::Incomplete(format!("Unsupported AWS 'algorithm': '{}'. ", shortened(algorithm)))
}

fn repeated(name: &str) -> AuthFailure {
    AuthFailure::Incomplete(format!("'{name}' must not be repeated."))
}

fn incomplete(text: &str) -> AuthFailure {
    AuthFailure::Incomplete(text.to_owned())
}

const HEADER_PARAMETERS: [&str; 3] = ["Credential", "Signature", "SignedHeaders"];

/// The parameters of a presigned request; the first [`REQUIRED`] must be there.
const PARAMETERS: [&str; 7] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-Security-Token",
];
const REQUIRED: usize = 5;

/// Seconds that a presigned request without `X-Amz-Expires` lives.
const DEFAULT_EXPIRES: u32 = 900;
/// Seven days, as long as a signing key.
const LONGEST_EXPIRES: u32 = 604_800;
