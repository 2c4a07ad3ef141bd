//! Reading documents from elsewhere: the one way in which a service calls out.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

/// What fetches a document over HTTPS, within the rule for what may be reached (the server's `egress`).
pub trait Fetch: Debug + Send + Sync {
    /// The body that stands at an address. A server whose certificate no certificate authority vouches for will do if the
    /// certificate, or one that signed it, has one of the thumbprints (SHA-1, lower-case hexadecimal).
    fn get<'a>(&'a self, url: &'a str, thumbprints: &'a [String]) -> Fetching<'a>;
}

/// A fetch under way.
pub type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Vec<u8>, FetchFailed>> + Send + 'a>>;

/// Why a document could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchFailed {
    /// The rule for what may be reached forbids the address.
    #[error("{0}")]
    Forbidden(String),
    /// Nobody answers there, or not in time, or in no way that is HTTP over TLS.
    #[error("{0}")]
    Unreachable(String),
    /// The server shows a certificate that is not to be trusted.
    #[error("{0}")]
    Untrusted(String),
    /// The server answers something else than a document of bounded size.
    #[error("{0}")]
    Unusable(String),
}

/// What fetches nothing: where no way out was configured.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFetch;

impl Fetch for NoFetch {
    fn get<'a>(&'a self, url: &'a str, _: &'a [String]) -> Fetching<'a> {
        let refusal = FetchFailed::Forbidden(format!("`{url}` is not fetched: this process calls nobody"));
        Box::pin(async { Err(refusal) })
    }
}
