//! Key pairs that sign tokens.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use directory::{IssuerKey, IssuerPublicKey, SigningAlgorithm, WebIdentityIssuer};
use jiff::Timestamp;
use store::Transaction;
use store::seal::{Keyring, Sealed};
use x509_parser::prelude::FromDer as _;
use x509_parser::public_key::RSAPublicKey;
use zeroize::Zeroizing;

/// The library refused to make, read or use a key. There is no more to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signing key cannot be made or used")]
pub struct KeyUnusable;

/// A key pair that was just made: what is kept in the open, and what is kept sealed.
pub struct NewKey {
    public: IssuerPublicKey,
    private: Zeroizing<Vec<u8>>,
}

impl NewKey {
    /// Makes a key pair. For RSA this takes about a tenth of a second.
    pub fn generate(algorithm: SigningAlgorithm) -> Result<Self, KeyUnusable> {
        match algorithm {
            SigningAlgorithm::Rs256 => rsa(),
            SigningAlgorithm::Es384 => p384(),
        }
    }

    /// Adds the key pair to an issuer as part of a change: the private key sealed, and the private keys of those that
    /// are of no use any more gone. The issuer itself is the caller's to put.
    pub fn join(
        self,
        issuer: &mut WebIdentityIssuer,
        tx: &mut Transaction,
        id: String,
        created: Timestamp,
        keyring: &Keyring,
    ) -> Result<(), KeyUnusable> {
        let (key, sealed) = self.place(issuer, id, created, keyring)?;
        tx.put_secret(WebIdentityIssuer::SECRET, issuer.secret_key(&key.id), sealed.to_string());
        for past in issuer.add_key(key) {
            tx.delete_secret(WebIdentityIssuer::SECRET, issuer.secret_key(&past));
        }
        Ok(())
    }

    /// The key as the issuer lists it, and the sealed private key.
    pub(crate) fn place(
        self,
        issuer: &WebIdentityIssuer,
        id: String,
        created: Timestamp,
        keyring: &Keyring,
    ) -> Result<(IssuerKey, Sealed), KeyUnusable> {
        let place = issuer.secret_key(&id);
        let sealed = keyring.seal(WebIdentityIssuer::PURPOSE, place.as_bytes(), &self.private);
        Ok((IssuerKey { id, created, public: self.public }, sealed.map_err(|_| KeyUnusable)?))
    }
}

impl std::fmt::Debug for NewKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewKey").field("public", &self.public).finish_non_exhaustive()
    }
}

fn rsa() -> Result<NewKey, KeyUnusable> {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyUnusable)?;
    let private = pair.as_der().map_err(|_| KeyUnusable)?;
    let (_, public) = RSAPublicKey::from_der(pair.public_key().as_ref()).map_err(|_| KeyUnusable)?;
    let number = |bytes: &[u8]| {
        // DER puts a zero before a number whose first bit is set; JSON Web Keys do not.
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        URL_SAFE_NO_PAD.encode(bytes.get(zeros..).unwrap_or_default())
    };
    let public = IssuerPublicKey::Rsa { n: number(public.modulus), e: number(public.exponent) };
    Ok(NewKey { public, private: Zeroizing::new(private.as_ref().to_vec()) })
}

fn p384() -> Result<NewKey, KeyUnusable> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).map_err(|_| KeyUnusable)?;
    let private = pair.to_pkcs8v1().map_err(|_| KeyUnusable)?;
    // An uncompressed point: a 4, and two coordinates of equal length.
    let point = pair.public_key().as_ref();
    let (x, y) = match point.split_first() {
        Some((4, coordinates)) if coordinates.len() == 2 * P384_BYTES => coordinates.split_at(P384_BYTES),
        _ => return Err(KeyUnusable),
    };
    let public = IssuerPublicKey::P384 { x: URL_SAFE_NO_PAD.encode(x), y: URL_SAFE_NO_PAD.encode(y) };
    Ok(NewKey { public, private: Zeroizing::new(private.as_ref().to_vec()) })
}

/// A private key that is ready to sign.
pub struct SigningKey {
    id: String,
    algorithm: SigningAlgorithm,
    pair: Pair,
}

enum Pair {
    Rsa(RsaKeyPair),
    P384(EcdsaKeyPair),
}

impl SigningKey {
    /// Opens the sealed private key of an issuer's key.
    pub fn open(
        issuer: &WebIdentityIssuer,
        key: &IssuerKey,
        sealed: &str,
        keyring: &Keyring,
    ) -> Result<Self, KeyUnusable> {
        let sealed: Sealed = sealed.parse().map_err(|_| KeyUnusable)?;
        let place = issuer.secret_key(&key.id);
        let private = keyring.unseal(WebIdentityIssuer::PURPOSE, place.as_bytes(), &sealed);
        let private = private.map_err(|_| KeyUnusable)?;
        let algorithm = key.algorithm();
        let pair = match algorithm {
            SigningAlgorithm::Rs256 => Pair::Rsa(RsaKeyPair::from_pkcs8(&private).map_err(|_| KeyUnusable)?),
            SigningAlgorithm::Es384 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &private);
                Pair::P384(pair.map_err(|_| KeyUnusable)?)
            }
        };
        Ok(Self { id: key.id.clone(), algorithm, pair })
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// The signature of a message, in the form that JSON Web Signatures have it.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyUnusable> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(|_| KeyUnusable)?;
                Ok(signature)
            }
            Pair::P384(pair) => {
                let signature = pair.sign(&random, message).map_err(|_| KeyUnusable)?;
                Ok(signature.as_ref().to_vec())
            }
        }
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({}, ***)", self.id)
    }
}

/// The length of a coordinate on P-384.
const P384_BYTES: usize = 48;
