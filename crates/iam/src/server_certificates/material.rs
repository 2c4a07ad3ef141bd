//! Whether a certificate, its private key and its chain belong together.

use api::iam::faults;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA384_ASN1, ECDSA_P384_SHA256_ASN1,
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1,
    ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey, VerificationAlgorithm,
};
use jiff::Timestamp;
use wire::Fault;
use x509_parser::prelude::{Pem, X509Certificate};

use crate::x509::Certificate;

/// What an upload brings, as PEM.
pub(crate) struct Material<'a> {
    pub(crate) body: &'a str,
    pub(crate) private_key: &'a str,
    pub(crate) chain: Option<&'a str>,
}

impl Material<'_> {
    /// Refuses what does not belong together; answers until when the certificate is valid.
    pub(crate) fn check(&self, now: Timestamp) -> Result<Timestamp, Fault> {
        let certificate = Certificate::parse_one(self.body).ok_or_else(|| {
            malformed("Unable to parse certificate. Please ensure the certificate is in PEM format.")
        })?;
        let public = public_key(self.private_key).ok_or_else(|| {
            malformed(
                "Unable to parse private key. Please ensure that it is in PEM format and not encrypted.",
            )
        })?;
        let certified = certificate.with(|parsed| parsed.public_key().subject_public_key.data.to_vec());
        if certified.as_ref() != Some(&public) {
            return Err(faults::key_pair_mismatch(
                "The private key did not match the public key provided. Please verify the key material and try again.",
            ));
        }
        if now < certificate.begins {
            return Err(malformed(
                "Certificate is not yet valid. The 'Not Before' date restriction on the certificate has not passed.",
            ));
        }
        if now > certificate.ends {
            return Err(malformed(
                "Certificate is no longer valid. The 'Not After' date restriction on the certificate has passed.",
            ));
        }
        if let Some(chain) = self.chain {
            check_chain(&certificate, chain)?;
        }
        Ok(certificate.ends)
    }
}

/// Each certificate of a chain must have signed the one before it.
fn check_chain(certificate: &Certificate, chain: &str) -> Result<(), Fault> {
    let chain = Certificate::parse_all(chain).ok_or_else(|| {
        malformed("Unable to parse certificate chain. Please ensure that its certificates are in PEM format.")
    })?;
    let mut signed = certificate;
    for (at, signer) in chain.iter().enumerate() {
        let is_signed = signed.with(|signed| signer.with(|signer| has_signed(signer, signed)));
        if is_signed.flatten() != Some(true) {
            // The place that AWS tells of the first one.
            let at = if at == 0 { "-1".to_owned() } else { at.to_string() };
            return Err(malformed(format!(
                "Unable to validate certificate chain. The certificate chain must start with the immediate signing \
                 certificate, followed by any intermediaries in order. The index within the chain of the invalid \
                 certificate is: {at}"
            )));
        }
        signed = signer;
    }
    Ok(())
}

fn has_signed(signer: &X509Certificate<'_>, signed: &X509Certificate<'_>) -> bool {
    let key = &signer.public_key().subject_public_key.data;
    // The same hash goes with keys of several curves; the key's own form decides between them.
    signer.subject() == signed.issuer()
        && algorithms(&signed.signature_algorithm.algorithm.to_id_string()).iter().any(|algorithm| {
            UnparsedPublicKey::new(*algorithm, key)
                .verify(signed.tbs_certificate.as_ref(), &signed.signature_value.data)
                .is_ok()
        })
}

/// The algorithms that an OID of a signature may mean (RFC 5758, RFC 8017).
fn algorithms(oid: &str) -> &'static [&'static dyn VerificationAlgorithm] {
    match oid {
        "1.2.840.113549.1.1.11" => &[&RSA_PKCS1_2048_8192_SHA256],
        "1.2.840.113549.1.1.12" => &[&RSA_PKCS1_2048_8192_SHA384],
        "1.2.840.113549.1.1.13" => &[&RSA_PKCS1_2048_8192_SHA512],
        "1.2.840.10045.4.3.2" => &[&ECDSA_P256_SHA256_ASN1, &ECDSA_P384_SHA256_ASN1],
        "1.2.840.10045.4.3.3" => &[&ECDSA_P384_SHA384_ASN1, &ECDSA_P256_SHA384_ASN1],
        "1.2.840.10045.4.3.4" => &[&ECDSA_P521_SHA512_ASN1],
        _ => &[],
    }
}

/// The public half of a private key, as a certificate holds it: RSA and the curves of NIST.
fn public_key(pem: &str) -> Option<Vec<u8>> {
    let mut blocks = Pem::iter_from_buffer(pem.as_bytes());
    let key = blocks.find_map(|block| match block {
        // What `openssl ecparam` writes before its keys.
        Ok(pem) if pem.label == "EC PARAMETERS" => None,
        block => Some(block.ok()),
    })??;
    let der = key.contents.as_slice();
    let of_curve = || {
        [&ECDSA_P256_SHA256_ASN1_SIGNING, &ECDSA_P384_SHA384_ASN1_SIGNING, &ECDSA_P521_SHA512_ASN1_SIGNING]
            .into_iter()
            .find_map(|curve| EcdsaKeyPair::from_private_key_der(curve, der).ok())
            .map(|pair| pair.public_key().as_ref().to_vec())
    };
    let of_rsa = |pair: rsa::KeyPair| pair.public_key().as_ref().to_vec();
    match key.label.as_str() {
        "PRIVATE KEY" => rsa::KeyPair::from_pkcs8(der).ok().map(of_rsa).or_else(of_curve),
        "RSA PRIVATE KEY" => rsa::KeyPair::from_der(der).ok().map(of_rsa),
        "EC PRIVATE KEY" => of_curve(),
        _ => None,
    }
}

fn malformed(message: impl Into<String>) -> Fault {
    faults::malformed_certificate(message)
}
