//! Against servers on loopback with certificates of their own.

use std::sync::atomic::{AtomicUsize, Ordering};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

struct Server {
    address: SocketAddr,
    authority: CertificateDer<'static>,
    leaf: CertificateDer<'static>,
    asked: Arc<AtomicUsize>,
}

impl Server {
    /// A server for `idp.example` that answers every request with these bytes, by path.
    async fn new(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["idp.example".to_owned()]).unwrap();
        let leaf = params.signed_by(&key, &authority).unwrap().der().clone();
        let root = authority.der().clone();
        let private = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config =
            ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![leaf.clone(), root.clone()], private)
                .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        tokio::spawn(async move {
            let acceptor = TlsAcceptor::from(Arc::new(config));
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut head = vec![0; 4096];
                let read = stream.read(&mut head).await.unwrap_or(0);
                counter.fetch_add(1, Ordering::SeqCst);
                let head = String::from_utf8_lossy(head.get(..read).unwrap()).into_owned();
                let path = head.split(' ').nth(1).unwrap_or_default();
                let text = answer(path);
                if text.is_empty() {
                    // Never answers.
                    std::future::pending::<()>().await;
                }
                let _ = stream.write_all(text.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        Self { address, authority: root, leaf, asked }
    }

    fn named(&self, host: &str) -> Vec<NamedHost> {
        vec![format!("{host}={}", self.address).parse().unwrap()]
    }

    fn trusted(&self) -> Egress {
        Egress::new(self.named("idp.example"), vec![self.authority.clone()])
    }
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn thumbprint(certificate: &CertificateDer<'_>) -> Vec<String> {
    vec![
        digest(&SHA1_FOR_LEGACY_USE_ONLY, certificate)
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
    ]
}

#[tokio::test]
async fn a_document_of_a_named_host_comes_over_trusted_tls() {
    let server = Server::new(|path| ok(&format!("{{\"path\":\"{path}\"}}"))).await;
    let got = server.trusted().get("https://idp.example/a/b?c=d", &[]).await.unwrap();
    assert_eq!(got, br#"{"path":"/a/b?c=d"}"#);
}

#[tokio::test]
async fn a_certificate_is_trusted_by_authority_or_thumbprint_and_for_its_name() {
    let server = Server::new(|_| ok("x")).await;
    let stranger = Egress::new(server.named("idp.example"), Vec::new());
    let url = "https://idp.example/";
    assert!(matches!(stranger.get(url, &[]).await, Err(FetchFailed::Untrusted(_))));
    assert!(matches!(stranger.get(url, &["00".repeat(20)]).await, Err(FetchFailed::Untrusted(_))));
    assert_eq!(server.asked.load(Ordering::SeqCst), 0, "nothing was asked of a stranger");
    assert_eq!(stranger.get(url, &thumbprint(&server.authority)).await.unwrap(), b"x");
    assert_eq!(stranger.get(url, &thumbprint(&server.leaf)).await.unwrap(), b"x");
    let misnamed = Egress::new(server.named("other.example"), vec![server.authority.clone()]);
    for thumbprints in [Vec::new(), thumbprint(&server.leaf), thumbprint(&server.authority)] {
        let got = misnamed.get("https://other.example/", &thumbprints).await;
        assert!(matches!(got, Err(FetchFailed::Untrusted(_))), "{got:?}");
    }
}

#[tokio::test]
async fn what_is_near_is_reached_only_where_it_is_named() {
    let server = Server::new(|_| ok("secret")).await;
    let port = server.address.port();
    let egress = Egress::new(Vec::new(), vec![server.authority.clone()]);
    for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "169.254.169.254"] {
        let got = egress.get(&format!("https://{host}:{port}/"), &[]).await;
        assert!(matches!(got, Err(FetchFailed::Forbidden(_))), "{host}: {got:?}");
    }
    for url in [
        "http://idp.example/",
        "file:///etc/passwd",
        "ftp://idp.example/",
        "https://user@idp.example/",
        "https://",
        "x",
    ] {
        let got = server.trusted().get(url, &[]).await;
        assert!(matches!(got, Err(FetchFailed::Forbidden(_))), "{url}: {got:?}");
    }
    assert_eq!(server.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn redirects_are_few_and_within_the_rule() {
    let redirect = |to: &str| format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
    let server = Server::new(move |path| match path {
        "/here" => ok("here"),
        "/once" => redirect("/here"),
        "/absolute" => redirect("https://idp.example/once"),
        "/plain" => redirect("http://idp.example/here"),
        "/near" => redirect("https://127.0.0.1:1/here"),
        "/nowhere" => "HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n".to_owned(),
        _ => redirect("/round"),
    })
    .await;
    let egress = server.trusted();
    let get = async |path: &str| egress.get(&format!("https://idp.example{path}"), &[]).await;
    assert_eq!(get("/once").await.unwrap(), b"here");
    assert_eq!(get("/absolute").await.unwrap(), b"here");
    for path in ["/plain", "/near"] {
        assert!(matches!(get(path).await, Err(FetchFailed::Forbidden(_))), "{path}");
    }
    for path in ["/round", "/nowhere"] {
        assert!(matches!(get(path).await, Err(FetchFailed::Unusable(_))), "{path}");
    }
    assert_eq!(server.asked.load(Ordering::SeqCst), 2 + 3 + 2 + 4 + 1);
}

#[tokio::test]
async fn errors_and_documents_without_end_are_refused() {
    let server = Server::new(|path| match path {
        "/huge" => format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}", "x".repeat(MAX_BYTES + 1)),
        "/missing" => "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned(),
        "/broken" => "HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n".to_owned(),
        _ => "what?".to_owned(),
    })
    .await;
    let egress = server.trusted();
    let get = async |path: &str| egress.get(&format!("https://idp.example{path}"), &[]).await;
    assert!(matches!(get("/huge").await, Err(FetchFailed::Unusable(_))));
    assert!(matches!(get("/missing").await, Err(FetchFailed::Unusable(_))));
    assert!(matches!(get("/broken").await, Err(FetchFailed::Unreachable(_))));
    assert!(matches!(get("/garbage").await, Err(FetchFailed::Unreachable(_))));
}

#[tokio::test]
async fn who_does_not_answer_is_not_waited_for() {
    let server = Server::new(|_| String::new()).await;
    let egress = server.trusted();
    let asking = egress.get("https://idp.example/", &[]);
    let waiting = async {
        // Time is stopped once the server has the request: from then on it passes only where all wait.
        while server.asked.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        tokio::time::pause();
        std::future::pending::<()>().await;
    };
    let got = tokio::select! { got = asking => got, () = waiting => unreachable!() };
    assert_eq!(got, Err(FetchFailed::Unreachable("no answer within 5 seconds".into())));
    // Nobody listens there.
    let closed = Egress::new(vec!["idp.example=127.0.0.1:1".parse().unwrap()], Vec::new());
    assert!(matches!(closed.get("https://idp.example/", &[]).await, Err(FetchFailed::Unreachable(_))));
}

#[test]
fn named_hosts_are_a_host_and_perhaps_an_address() {
    assert!("idp.example".parse::<NamedHost>().is_ok());
    assert!("idp.example=10.0.0.7:443".parse::<NamedHost>().is_ok());
    assert!("idp.example=[::1]:443".parse::<NamedHost>().is_ok());
    for bad in
        ["", "=1.2.3.4:5", "https://idp.example", "idp.example:443", "idp.example=10.0.0.7", "a@b=1.2.3.4:5"]
    {
        assert!(bad.parse::<NamedHost>().is_err(), "{bad}");
    }
}
