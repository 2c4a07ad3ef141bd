//! TLS: with a certificate that can be exchanged while the server runs.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use server::{Limits, Listener, Monitor, PlainHttp, Tls, TlsError};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsConnector;

use super::client::read;
use super::world::World;

fn write_certificate(folder: &Path) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
}

async fn connects(address: std::net::SocketAddr, certificate: &Path) -> bool {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let Ok(mut stream) = TlsConnector::from(Arc::new(config)).connect(name, stream).await else {
        return false;
    };
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    read(&mut stream).await.is_some_and(|reply| reply.status == 200)
}

#[tokio::test]
async fn a_certificate_can_be_exchanged_while_running() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    assert!(matches!(Tls::from_files(certificate.clone(), key.clone()), Err(TlsError::Read { .. })));
    write_certificate(folder.path());
    let old = folder.path().join("old.pem");
    std::fs::copy(&certificate, &old).unwrap();
    let tls = Arc::new(Tls::from_files(certificate.clone(), key.clone()).unwrap());
    let everywhere = "0.0.0.0:0".parse().unwrap();
    let bound =
        Listener::bind(everywhere, Some(Arc::clone(&tls)), PlainHttp::LoopbackOnly, Limits::default());
    let listener = bound.await.unwrap();
    let address = ([127, 0, 0, 1], listener.address().port()).into();
    let world = World::start().await;
    let (_stop, stopping) = watch::channel(false);
    tokio::spawn(listener.serve(Arc::new(Monitor::new(world.metrics.clone())), stopping));
    assert!(connects(address, &old).await);

    write_certificate(folder.path());
    tls.reload().unwrap();
    assert!(!connects(address, &old).await);
    assert!(connects(address, &certificate).await);

    // A file that is no good leaves the one in use.
    std::fs::write(&key, "nonsense").unwrap();
    assert!(tls.reload().is_err());
    assert!(connects(address, &certificate).await);
}
