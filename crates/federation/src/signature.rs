//! Public keys of identity providers, and the signatures that they check.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519,
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::public_key::PublicKey as Parsed;
use x509_parser::x509::SubjectPublicKeyInfo;

/// A public key of an identity provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// RSA, of 2,048 to 8,192 bits; shorter keys check nothing.
    Rsa {
        /// The modulus, big-endian, without leading zeros.
        modulus: Vec<u8>,
        /// The exponent, big-endian, without leading zeros.
        exponent: Vec<u8>,
    },
    /// A point on one of NIST's curves.
    Ec {
        /// The curve.
        curve: Curve,
        /// The point, uncompressed: 4, x, y.
        point: Vec<u8>,
    },
    /// Ed25519, 32 bytes.
    Ed25519(Vec<u8>),
}

/// A curve of NIST's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// P-256.
    P256,
    /// P-384.
    P384,
    /// P-521.
    P521,
}

/// A hash function that is signed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// SHA-1: broken, and of use only where a configuration asks for it.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// How a message is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// RSA with PKCS #1 v1.5 padding.
    Pkcs1(Hash),
    /// RSA with PSS padding.
    Pss(Hash),
    /// ECDSA, the two numbers of the signature side by side. The hash goes with the curve.
    Ecdsa(Hash),
    /// Ed25519.
    EdDsa,
}

impl PublicKey {
    /// The key of an X.509 certificate in DER, if it is of a kind that checks signatures here.
    #[must_use]
    pub fn of_certificate(der: &[u8]) -> Option<Self> {
        let (rest, certificate) = X509Certificate::from_der(der).ok()?;
        if !rest.is_empty() {
            return None;
        }
        Self::of(certificate.public_key())
    }

    /// A key as certificates hold it (`SubjectPublicKeyInfo`), in DER.
    #[must_use]
    pub fn of_public_key(der: &[u8]) -> Option<Self> {
        let (rest, info) = SubjectPublicKeyInfo::from_der(der).ok()?;
        Self::of(&info).filter(|_| rest.is_empty())
    }

    fn of(info: &SubjectPublicKeyInfo<'_>) -> Option<Self> {
        match info.parsed().ok()? {
            Parsed::RSA(rsa) => Some(Self::Rsa {
                modulus: without_leading_zeros(rsa.modulus),
                exponent: without_leading_zeros(rsa.exponent),
            }),
            Parsed::EC(point) => {
                let point = point.data().to_vec();
                // The length tells NIST's curves apart; a point of another curve of that length is on none of them.
                let curve = match point.len() {
                    65 => Curve::P256,
                    97 => Curve::P384,
                    133 => Curve::P521,
                    _ => return None,
                };
                Some(Self::Ec { curve, point })
            }
            _ => None,
        }
    }

    /// Whether this key made a signature of a message in a scheme. A scheme of another kind of key never fits: the
    /// message does not choose how it is checked.
    #[must_use]
    pub fn verifies(&self, scheme: Scheme, message: &[u8], signature: &[u8]) -> bool {
        match (self, scheme) {
            (Self::Rsa { modulus, exponent }, Scheme::Pkcs1(_) | Scheme::Pss(_)) => {
                let Some(parameters) = rsa_parameters(scheme) else { return false };
                let key = RsaPublicKeyComponents { n: modulus, e: exponent };
                key.verify(parameters, message, signature).is_ok()
            }
            (Self::Ec { curve, point }, Scheme::Ecdsa(hash)) => {
                let algorithm: &'static dyn VerificationAlgorithm = match (curve, hash) {
                    (Curve::P256, Hash::Sha256) => &ECDSA_P256_SHA256_FIXED,
                    (Curve::P384, Hash::Sha384) => &ECDSA_P384_SHA384_FIXED,
                    (Curve::P521, Hash::Sha512) => &ECDSA_P521_SHA512_FIXED,
                    _ => return false,
                };
                UnparsedPublicKey::new(algorithm, point).verify(message, signature).is_ok()
            }
            (Self::Ed25519(key), Scheme::EdDsa) => {
                UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok()
            }
            _ => false,
        }
    }
}

fn rsa_parameters(scheme: Scheme) -> Option<&'static RsaParameters> {
    Some(match scheme {
        Scheme::Pkcs1(Hash::Sha1) => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
        Scheme::Pkcs1(Hash::Sha256) => &RSA_PKCS1_2048_8192_SHA256,
        Scheme::Pkcs1(Hash::Sha384) => &RSA_PKCS1_2048_8192_SHA384,
        Scheme::Pkcs1(Hash::Sha512) => &RSA_PKCS1_2048_8192_SHA512,
        Scheme::Pss(Hash::Sha256) => &RSA_PSS_2048_8192_SHA256,
        Scheme::Pss(Hash::Sha384) => &RSA_PSS_2048_8192_SHA384,
        Scheme::Pss(Hash::Sha512) => &RSA_PSS_2048_8192_SHA512,
        Scheme::Pss(Hash::Sha1) | Scheme::Ecdsa(_) | Scheme::EdDsa => return None,
    })
}

/// The bytes of a number as aws-lc takes them.
pub(crate) fn without_leading_zeros(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().skip_while(|byte| *byte == 0).collect()
}
