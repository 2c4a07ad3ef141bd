//! The one way out: documents of identity providers, fetched over HTTPS within a rule.
//!
//! Only https; no loopback, link-local, private or otherwise special addresses unless the configuration names the host;
//! bounded in time, size and redirects. The addresses that a name has are looked up once and checked, and the connection goes
//! to one of those that were: a name that means something else a moment later leads nowhere.

mod address;
mod certificate;

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use service::{Fetch, FetchFailed, Fetching};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use self::certificate::Trust;

/// A host that may be reached wherever it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedHost {
    host: String,
    address: Option<SocketAddr>,
}

/// What fetches documents of identity providers.
#[derive(Debug)]
pub struct Egress {
    named: Vec<NamedHost>,
    trust: Trust,
}

impl Egress {
    /// A way out. `named` are the hosts to which the rule on addresses does not apply; `authorities` vouch for servers
    /// beside those that the operating system trusts.
    #[must_use]
    pub fn new(named: Vec<NamedHost>, authorities: Vec<CertificateDer<'static>>) -> Self {
        Self { named, trust: Trust::new(authorities) }
    }

    async fn follow(&self, url: &str, thumbprints: &[String]) -> Result<Vec<u8>, FetchFailed> {
        let mut place = parse(url)?;
        for _ in 0..=MAX_REDIRECTS {
            match self.get_once(&place, thumbprints).await? {
                Answer::Document(bytes) => return Ok(bytes),
                Answer::Elsewhere(location) => place = place.joined(&location)?,
            }
        }
        Err(FetchFailed::Unusable(format!("`{}` leads on and on", place.host)))
    }

    async fn get_once(&self, place: &Place, thumbprints: &[String]) -> Result<Answer, FetchFailed> {
        let host = &place.host;
        let unreachable = |cause: &dyn std::fmt::Display| {
            FetchFailed::Unreachable(format!("`{host}` cannot be reached: {cause}"))
        };
        let mut stream = None;
        let mut failure = "it has no address".to_owned();
        for address in self.addresses(place).await? {
            match TcpStream::connect(address).await {
                Ok(connected) => {
                    stream = Some(connected);
                    break;
                }
                Err(cause) => failure = format!("{address}: {cause}"),
            }
        }
        let stream = stream.ok_or_else(|| unreachable(&failure))?;
        let name = ServerName::try_from(host.clone()).map_err(|_| not_an_address(host))?;
        let connector = TlsConnector::from(Arc::new(self.trust.client(thumbprints)?));
        let stream = connector.connect(name, stream).await.map_err(|cause| {
            if certificate::is_about_the_certificate(&cause) {
                return FetchFailed::Untrusted(format!(
                    "the certificate of `{host}` is not trusted: {cause}"
                ));
            }
            unreachable(&cause)
        })?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|cause| unreachable(&cause))?;
        let request = Request::get(&place.target)
            .header(header::HOST, place.authority())
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, concat!("portcullis/", env!("CARGO_PKG_VERSION")))
            .body(Empty::<Bytes>::new())
            .map_err(|cause| unreachable(&cause))?;
        let asking = async {
            let response = sender.send_request(request).await.map_err(|cause| unreachable(&cause))?;
            let status = response.status();
            if status.is_redirection() {
                let location = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
                let location = location.map(str::to_owned);
                return location.map(Answer::Elsewhere).ok_or_else(|| answered(host, status));
            }
            if status != StatusCode::OK {
                return Err(answered(host, status));
            }
            let body = Limited::new(response.into_body(), MAX_BYTES).collect().await;
            let body = body.map_err(|cause| match cause.downcast_ref::<LengthLimitError>() {
                Some(_) => FetchFailed::Unusable(format!("`{host}` answers more than {MAX_BYTES} bytes")),
                None => unreachable(&cause),
            })?;
            Ok(Answer::Document(body.to_bytes().to_vec()))
        };
        // The connection is driven by whoever waits for its answer. Once it has ended, what it brought may still wait to be
        // read; if it brought nothing, the asking fails by itself.
        let driving = async {
            if let Err(cause) = connection.await {
                tracing::debug!(%cause, host, "a connection to an identity provider broke");
            }
            std::future::pending::<Infallible>().await
        };
        tokio::select! {
            answer = asking => answer,
            never = driving => match never {},
        }
    }

    /// Where to connect: addresses that may be reached, in the order of the name service.
    async fn addresses(&self, place: &Place) -> Result<Vec<SocketAddr>, FetchFailed> {
        let named = self.named.iter().find(|named| named.host.eq_ignore_ascii_case(&place.host));
        if let Some(address) = named.and_then(|named| named.address) {
            return Ok(vec![address]);
        }
        let host = &place.host;
        let found: Vec<SocketAddr> = match host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(ip) => vec![SocketAddr::new(ip, place.port)],
            Err(_) => tokio::net::lookup_host((host.as_str(), place.port))
                .await
                .map_err(|cause| FetchFailed::Unreachable(format!("`{host}` cannot be resolved: {cause}")))?
                .collect(),
        };
        if named.is_some() {
            return Ok(found);
        }
        let first = found.first().copied();
        let open: Vec<_> = found.into_iter().filter(|address| address::is_public(address.ip())).collect();
        match (open.is_empty(), first) {
            (true, Some(address)) => Err(FetchFailed::Forbidden(format!(
                "`{host}` is at {}, which is not a public address; name the host with --issuer to let it be reached",
                address.ip()
            ))),
            _ => Ok(open),
        }
    }
}

impl Fetch for Egress {
    fn get<'a>(&'a self, url: &'a str, thumbprints: &'a [String]) -> Fetching<'a> {
        Box::pin(async move {
            let fetched = tokio::time::timeout(MAX_TIME, self.follow(url, thumbprints)).await;
            let late =
                || FetchFailed::Unreachable(format!("no answer within {} seconds", MAX_TIME.as_secs()));
            fetched.unwrap_or_else(|_| Err(late()))
        })
    }
}

/// The certificates of a PEM file, to be trusted beside those of the operating system.
///
/// # Errors
/// When the file cannot be read or holds no certificate.
pub fn authorities(path: &std::path::Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let unreadable = |cause: &dyn std::fmt::Display| format!("cannot read `{}`: {cause}", path.display());
    let found = CertificateDer::pem_file_iter(path).map_err(|cause| unreadable(&cause))?;
    let found: Vec<_> = found.collect::<Result<_, _>>().map_err(|cause| unreadable(&cause))?;
    if found.is_empty() {
        return Err(format!("`{}` holds no certificate", path.display()));
    }
    Ok(found)
}

impl FromStr for NamedHost {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (host, address) =
            text.split_once('=').map_or((text, None), |(host, address)| (host, Some(address)));
        if host.is_empty() || host.contains(['/', ':', '@']) {
            return Err("expected HOST or HOST=ADDRESS:PORT".into());
        }
        let address = address.map(str::parse).transpose();
        let address = address.map_err(|_| "expected an address and a port, such as 10.0.0.7:443")?;
        Ok(Self { host: host.to_owned(), address })
    }
}

enum Answer {
    Document(Vec<u8>),
    Elsewhere(String),
}

/// An address over https.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    host: String,
    port: u16,
    /// Path and query.
    target: String,
}

impl Place {
    fn authority(&self) -> String {
        if self.port == 443 { self.host.clone() } else { format!("{}:{}", self.host, self.port) }
    }

    /// Where a redirect leads: another https address, or a path on the same server.
    fn joined(&self, location: &str) -> Result<Self, FetchFailed> {
        if location.starts_with('/') && !location.starts_with("//") {
            return parse(&format!("https://{}{location}", self.authority()));
        }
        parse(location)
    }
}

fn parse(url: &str) -> Result<Place, FetchFailed> {
    let uri: Uri = url.parse().map_err(|_| not_an_address(url))?;
    if uri.scheme_str() != Some("https") {
        return Err(FetchFailed::Forbidden("only https addresses are fetched".into()));
    }
    let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'));
    let authority = authority.ok_or_else(|| not_an_address(url))?;
    let port = match (authority.port_u16(), authority.port()) {
        (Some(port), _) => port,
        (None, None) => 443,
        (None, Some(_)) => return Err(not_an_address(url)),
    };
    let target = uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    Ok(Place { host: authority.host().to_owned(), port, target })
}

/// Queries may hold tokens, so they stay out of messages.
fn not_an_address(url: &str) -> FetchFailed {
    let shown: String = url.split('?').next().unwrap_or_default().chars().take(200).collect();
    FetchFailed::Forbidden(format!("`{shown}` is not an address to fetch from"))
}

fn answered(host: &str, status: StatusCode) -> FetchFailed {
    let text = format!("`{host}` answers with status {}", status.as_u16());
    // A server that is in trouble is as good as one that is away.
    if status.is_server_error() { FetchFailed::Unreachable(text) } else { FetchFailed::Unusable(text) }
}

/// AWS gives identity providers as long.
const MAX_TIME: Duration = Duration::from_secs(5);
const MAX_BYTES: usize = 256 * 1024;
const MAX_REDIRECTS: usize = 3;

#[cfg(test)]
mod tests;
