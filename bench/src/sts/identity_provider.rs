//! An identity provider of the benchmark's own: it shows the key of its ID tokens over TLS, and signs SAML assertions. Both
//! with RSA of 2,048 bits and SHA-256, as most providers do.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;

use crate::aws::now;

/// The host of its issuer.
pub(super) const HOST: &str = "login.example.com";

/// The provider. Its keys can be fetched until the program ends.
pub(super) struct IdentityProvider {
    key: RsaKeyPair,
    certificate: Vec<u8>,
    /// Where its documents are, in place of its host's address.
    pub(super) address: SocketAddr,
    /// The file with the certificate of its server.
    pub(super) authority: PathBuf,
}

impl IdentityProvider {
    /// A provider whose certificate goes to a folder.
    pub(super) fn start(folder: &std::path::Path) -> Result<Self> {
        let pair = KeyPair::generate_for(&PKCS_RSA_SHA256)?;
        let made = CertificateParams::new(vec![HOST.to_owned()])?.self_signed(&pair)?;
        let authority = folder.join("identity-provider.pem");
        std::fs::write(&authority, made.pem())?;
        let pkcs8 = pair.serialize_der();
        let key = RsaKeyPair::from_pkcs8(&pkcs8).context("the key is none")?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let documents = [
            json!({"issuer": issuer(), "jwks_uri": format!("{}/keys", issuer())}).to_string(),
            key_set(&key)?,
        ];
        let chain = vec![CertificateDer::from(made.der().to_vec())];
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pkcs8));
        let config =
            rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(chain, private)?;
        listener.set_nonblocking(true)?;
        std::thread::spawn(move || serve(listener, TlsAcceptor::from(Arc::new(config)), documents));
        Ok(Self { key, certificate: made.der().to_vec(), address, authority })
    }

    /// An ID token for a subject, good for an hour.
    pub(super) fn token(&self, subject: &str) -> Result<String> {
        let now = now().as_second();
        let claims =
            json!({"iss": issuer(), "aud": "app", "sub": subject, "iat": now, "exp": now + 3600}).to_string();
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","kid":"k1","typ":"JWT"}"#);
        let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(self.sign(&signed)?)))
    }

    /// The provider's SAML metadata.
    pub(super) fn metadata(&self) -> String {
        format!(
            r#"<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{issuer}"><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>{}</X509Certificate></X509Data></KeyInfo></KeyDescriptor><SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="{issuer}/sso"/></IDPSSODescriptor></EntityDescriptor>"#,
            STANDARD.encode(&self.certificate),
            issuer = issuer(),
        )
    }

    /// A response in base64 with a signed assertion that was made now. It is written in canonical form, so that what is
    /// signed is what is written.
    pub(super) fn assertion(&self, id: usize, role: &str, provider: &str) -> Result<String> {
        let issued = Timestamp::from_second(now().as_second())?;
        let ends = issued.saturating_add(SignedDuration::from_mins(5)).unwrap_or(issued);
        let exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";
        let own = "https://aws.amazon.com/SAML/Attributes/";
        let head = format!(
            r#"<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="a{id}" IssueInstant="{issued}" Version="2.0"><saml:Issuer>{}</saml:Issuer>"#,
            issuer()
        );
        let body = format!(
            r#"<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">alice</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="{ends}" Recipient="{RECIPIENT}"></saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotOnOrAfter="{ends}"><saml:AudienceRestriction><saml:Audience>urn:amazon:webservices</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="{issued}"></saml:AuthnStatement><saml:AttributeStatement><saml:Attribute Name="{own}Role"><saml:AttributeValue>{role},{provider}</saml:AttributeValue></saml:Attribute><saml:Attribute Name="{own}RoleSessionName"><saml:AttributeValue>alice@example.com</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion>"#
        );
        let hash = STANDARD.encode(digest(&SHA256, format!("{head}{body}").as_bytes()));
        let info = format!(
            r##"<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:CanonicalizationMethod Algorithm="{exclusive}"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></ds:SignatureMethod><ds:Reference URI="#a{id}"><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></ds:Transform><ds:Transform Algorithm="{exclusive}"></ds:Transform></ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod><ds:DigestValue>{hash}</ds:DigestValue></ds:Reference></ds:SignedInfo>"##
        );
        let value = STANDARD.encode(self.sign(&info)?);
        Ok(STANDARD.encode(format!(
            r#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="r{id}" Version="2.0" IssueInstant="{issued}"><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>{head}<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#">{info}<ds:SignatureValue>{value}</ds:SignatureValue></ds:Signature>{body}</samlp:Response>"#
        )))
    }

    fn sign(&self, text: &str) -> Result<Vec<u8>> {
        let mut signature = vec![0; self.key.public_modulus_len()];
        let signed = self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature);
        signed.context("the key does not sign")?;
        Ok(signature)
    }
}

/// Its issuer.
pub(super) fn issuer() -> String {
    format!("https://{HOST}")
}

fn key_set(key: &RsaKeyPair) -> Result<String> {
    // An RSAPublicKey in DER: the modulus of 2,048 bits lies behind nine bytes of lengths and a zero.
    let der = key.public_key().as_ref();
    let modulus = der.get(9..9 + 256).context("the key has not 2,048 bits")?;
    let key = json!({"kty": "RSA", "kid": "k1", "alg": "RS256", "use": "sig", "e": "AQAB",
        "n": URL_SAFE_NO_PAD.encode(modulus)});
    Ok(json!({ "keys": [key] }).to_string())
}

/// Answers one request of each connection: with the keys where the path says so, else with the configuration.
fn serve(listener: TcpListener, acceptor: TlsAcceptor, [configuration, keys]: [String; 2]) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loop {
            let (stream, _) = listener.accept().await?;
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = vec![0; 4096];
            let read = stream.read(&mut request).await?;
            let asks_keys = request.get(..read).is_some_and(|request| request.starts_with(b"GET /keys "));
            let body = if asks_keys { &keys } else { &configuration };
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await?;
            stream.shutdown().await?;
        }
    })
}

const RECIPIENT: &str = "https://signin.aws.amazon.com/saml";
