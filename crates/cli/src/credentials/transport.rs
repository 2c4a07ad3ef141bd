//! One request over HTTP or HTTPS.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use http::{Request, Uri};
use http_body_util::{BodyExt as _, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Where STS is.
pub(super) struct Address {
    /// `host` or `host:port`, as the `Host` header has it.
    pub(super) host: String,
    /// The host's name alone.
    pub(super) name: String,
    pub(super) port: u16,
    pub(super) path: String,
    pub(super) is_encrypted: bool,
}

impl Address {
    pub(super) fn parse(url: &str) -> anyhow::Result<Self> {
        let uri: Uri = url.parse().with_context(|| format!("`{url}` is not an address"))?;
        let is_encrypted = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => bail!("`{url}` is not an address of http or https"),
        };
        let authority = uri.authority().with_context(|| format!("`{url}` names no host"))?;
        anyhow::ensure!(!authority.as_str().contains('@'), "an address holds no user name");
        let port = authority.port_u16().unwrap_or(if is_encrypted { 443 } else { 80 });
        let name = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { host: authority.to_string(), name, port, path: uri.path().to_owned(), is_encrypted })
    }
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

/// Sends a request and reads the answer.
pub(super) async fn send(
    address: &Address,
    ca_bundle: Option<&Path>,
    request: Request<String>,
) -> anyhow::Result<Answer> {
    let doing = || format!("cannot reach STS at {}", address.host);
    let sending = async {
        let stream = TcpStream::connect((&*address.name, address.port)).await.with_context(doing)?;
        if !address.is_encrypted {
            return exchange(stream, request).await;
        }
        let connector = TlsConnector::from(Arc::new(configuration(ca_bundle)?));
        let name = ServerName::try_from(address.name.clone()).with_context(doing)?;
        exchange(connector.connect(name, stream).await.with_context(doing)?, request).await
    };
    tokio::time::timeout(PATIENCE, sending).await.with_context(doing)?
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<String>,
) -> anyhow::Result<Answer> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let answering = async move {
        let answer = sender.send_request(request).await.context("STS does not answer")?;
        let status = answer.status().as_u16();
        let body = Limited::new(answer.into_body(), LONGEST_ANSWER).collect().await;
        let body = body.map_err(|cause| anyhow::anyhow!("the answer of STS broke off: {cause}"))?.to_bytes();
        Ok(Answer { status, body: String::from_utf8_lossy(&body).into_owned() })
    };
    tokio::pin!(answering);
    tokio::select! {
        answer = &mut answering => answer,
        // The connection ends after the answer, or before it and then `answering` says so.
        _ = connection => answering.await,
    }
}

fn configuration(ca_bundle: Option<&Path>) -> anyhow::Result<ClientConfig> {
    let certificates = match ca_bundle {
        Some(path) => {
            let text = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
            let certificates: Result<Vec<_>, _> = rustls_pemfile::certs(&mut &*text).collect();
            certificates.with_context(|| format!("`{}` is not PEM", path.display()))?
        }
        None => rustls_native_certs::load_native_certs().certs,
    };
    let mut roots = RootCertStore::empty();
    // A machine's bundle may hold what rustls does not understand; the rest is good.
    roots.add_parsable_certificates(certificates);
    anyhow::ensure!(
        !roots.is_empty(),
        "no certificate authority is known: name a file of them with --ca-bundle"
    );
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// How long it may take in all.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most bytes of an answer.
const LONGEST_ANSWER: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_where_to_connect_and_what_to_sign() {
        let address = Address::parse("http://[::1]:7070").unwrap();
        assert_eq!((&*address.host, &*address.name, address.port), ("[::1]:7070", "::1", 7070));
        let address = Address::parse("https://sts.example.com").unwrap();
        assert_eq!((address.port, address.is_encrypted, &*address.path), (443, true, "/"));
        for bad in ["", "sts.example.com", "ftp://example.com", "http://", "http://user:word@example.com/"] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
    }
}
