//! Where verifiers of an account's tokens find its issuer and public keys (OpenID Connect Discovery 1.0).
//!
//! The documents are public, and they stay when the account switches the feature off: tokens that are out are verified
//! to their end.

use directory::WebIdentityIssuer;
use http::header::{CACHE_CONTROL, HeaderValue};
use service::Core;

use crate::respond::{self, Answer, JSON, TEXT};

/// The document at a path; none where the path is nothing of an issuer's.
pub(crate) async fn page(core: &Core, path: &str) -> Option<Answer> {
    let (id, document) = path.strip_prefix("/oidc/")?.split_once('/')?;
    let document = Document::at(document)?;
    let found = core.store.read().find(&WebIdentityIssuer::BY_ID, WebIdentityIssuer::ALL, id).await;
    let issuer: std::sync::Arc<WebIdentityIssuer> = match found {
        Ok(issuer) => issuer?,
        Err(cause) => {
            tracing::error!(%cause, "an issuer could not be read");
            return Some(respond::plain(500, TEXT, "the issuer could not be read\n"));
        }
    };
    let body = match document {
        Document::Configuration => issuer::configuration(&issuer.url(&core.public_url)),
        Document::Keys => issuer::key_set(&issuer),
    };
    let mut response = respond::plain(200, JSON, body.to_string());
    response.headers_mut().insert(CACHE_CONTROL, HOURLY);
    Some(response)
}

#[derive(Debug, Clone, Copy)]
enum Document {
    Configuration,
    Keys,
}

impl Document {
    fn at(path: &str) -> Option<Self> {
        match path {
            ".well-known/openid-configuration" => Some(Self::Configuration),
            ".well-known/jwks.json" => Some(Self::Keys),
            _ => None,
        }
    }
}

/// A key is published a day before it signs, so an hour in a cache does no harm.
const HOURLY: HeaderValue = HeaderValue::from_static("public, max-age=3600");
