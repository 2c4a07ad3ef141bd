//! Certificates to test with.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its certificates has failed")]

use rcgen::{CertificateParams, DnType, IsCa, Issuer, KeyPair, SignatureAlgorithm};

/// A certificate with its private key.
pub(crate) struct Made {
    pub(crate) pem: String,
    pub(crate) key: String,
    params: CertificateParams,
    pair: KeyPair,
}

/// A certificate that signed itself, valid in these years.
pub(crate) fn own(name: &str, years: (i32, i32)) -> Made {
    own_with(name, years, &rcgen::PKCS_ECDSA_P256_SHA256)
}

/// The same with a key of some kind.
pub(crate) fn own_with(name: &str, years: (i32, i32), kind: &'static SignatureAlgorithm) -> Made {
    let pair = KeyPair::generate_for(kind).unwrap();
    let params = params(name, years);
    let pem = params.self_signed(&pair).unwrap().pem();
    Made { pem, key: pair.serialize_pem(), params, pair }
}

/// A certificate that another one signed.
pub(crate) fn signed_by(name: &str, signer: &Made) -> Made {
    let pair = KeyPair::generate().unwrap();
    let params = params(name, (2025, 2030));
    let issuer = Issuer::from_params(&signer.params, &signer.pair);
    let pem = params.signed_by(&pair, &issuer).unwrap().pem();
    Made { pem, key: pair.serialize_pem(), params, pair }
}

fn params(name: &str, (from, to): (i32, i32)) -> CertificateParams {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = rcgen::date_time_ymd(from, 1, 1);
    params.not_after = rcgen::date_time_ymd(to, 1, 1);
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params
}
