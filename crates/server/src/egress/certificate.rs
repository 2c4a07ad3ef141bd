//! Which certificates of identity providers are trusted: those that a certificate authority vouches for, and those whose
//! thumbprint the account has (AWS: "Obtain the thumbprint for an OpenID Connect identity provider").

use std::io;
use std::sync::{Arc, OnceLock};

use ::aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme, version,
};
use service::FetchFailed;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// The certificate authorities; those of the operating system are read when they are first needed.
#[derive(Debug)]
pub(super) struct Trust {
    own: Vec<CertificateDer<'static>>,
    roots: OnceLock<Arc<RootCertStore>>,
}

impl Trust {
    pub(super) fn new(own: Vec<CertificateDer<'static>>) -> Self {
        Self { own, roots: OnceLock::new() }
    }

    /// How to speak to a server that may also be known by a thumbprint.
    pub(super) fn client(&self, thumbprints: &[String]) -> Result<ClientConfig, FetchFailed> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let roots = Arc::clone(self.roots.get_or_init(|| Arc::new(self.read())));
        let unusable = |cause: Error| FetchFailed::Untrusted(format!("TLS cannot be set up: {cause}"));
        let usual = match roots.is_empty() {
            true => None,
            false => WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider)).build().ok(),
        };
        let verifier = Verifier { usual, thumbprints: thumbprints.to_vec(), provider: Arc::clone(&provider) };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])
            .map_err(unusable)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    fn read(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        for cause in &found.errors {
            tracing::warn!(%cause, "a certificate authority of the operating system cannot be read");
        }
        roots.add_parsable_certificates(found.certs);
        roots.add_parsable_certificates(self.own.iter().cloned());
        roots
    }
}

/// Whether a handshake failed because of the server's certificate.
pub(super) fn is_about_the_certificate(error: &io::Error) -> bool {
    let cause = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    matches!(cause, Some(Error::InvalidCertificate(_) | Error::NoCertificatesPresented))
}

#[derive(Debug)]
struct Verifier {
    usual: Option<Arc<WebPkiServerVerifier>>,
    thumbprints: Vec<String>,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    /// Trusts a chain by one of its certificates that has a thumbprint: as the authority for what is below it, or as itself.
    /// Names and times count all the same.
    fn verify_pinned(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Option<Result<ServerCertVerified, Error>> {
        let is_pinned =
            |certificate: &CertificateDer<'_>| self.thumbprints.contains(&thumbprint(certificate));
        if is_pinned(end_entity) {
            return Some(verify_itself(end_entity, name, now));
        }
        let anchor = intermediates.iter().find(|certificate| is_pinned(certificate))?;
        let mut roots = RootCertStore::empty();
        roots.add(anchor.clone().into_owned()).ok()?;
        let below = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.provider));
        Some(below.build().ok()?.verify_server_cert(end_entity, intermediates, name, &[], now))
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let unknown = || Err(CertificateError::UnknownIssuer.into());
        let usual = self.usual.as_ref().map_or_else(unknown, |usual| {
            usual.verify_server_cert(end_entity, intermediates, name, ocsp, now)
        });
        usual.or_else(|refused| {
            self.verify_pinned(end_entity, intermediates, name, now).unwrap_or(Err(refused))
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn verify_itself(
    certificate: &CertificateDer<'_>,
    name: &ServerName<'_>,
    now: UnixTime,
) -> Result<ServerCertVerified, Error> {
    rustls::client::verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
    let (_, parsed) = X509Certificate::from_der(certificate).map_err(|_| CertificateError::BadEncoding)?;
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let validity = parsed.validity();
    if now < validity.not_before.timestamp() {
        return Err(CertificateError::NotValidYet.into());
    }
    if now > validity.not_after.timestamp() {
        return Err(CertificateError::Expired.into());
    }
    Ok(ServerCertVerified::assertion())
}

/// SHA-1 of a certificate in lower-case hexadecimal.
fn thumbprint(certificate: &CertificateDer<'_>) -> String {
    digest(&SHA1_FOR_LEGACY_USE_ONLY, certificate).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
