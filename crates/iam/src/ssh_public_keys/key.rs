//! RSA public keys as OpenSSH writes them and as PEM.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use x509_parser::prelude::{FromDer as _, Pem, SubjectPublicKeyInfo};
use x509_parser::public_key::{PublicKey, RSAPublicKey};

/// An RSA public key; both numbers big-endian, without leading zeros.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RsaKey {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

/// Why a text is no public key for us.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// Neither `ssh-rsa …` nor the PEM of a public key.
    Encoding,
    /// It has the form, but not a key of 2048 bits or more.
    Key,
}

impl RsaKey {
    /// Reads `ssh-rsa BASE64 COMMENT`, or PEM of a public key with or without its algorithm.
    pub(crate) fn parse(text: &str) -> Result<Self, Unreadable> {
        let text = text.trim();
        let key = if let Some(rest) = text.strip_prefix("ssh-rsa ") {
            let blob = rest.split_ascii_whitespace().next().unwrap_or_default();
            Self::of_blob(&STANDARD.decode(blob).map_err(|_| Unreadable::Key)?)
        } else if PEM_LABELS.iter().any(|label| text.starts_with(label)) {
            Self::of_pem(text)
        } else {
            return Err(Unreadable::Encoding);
        };
        key.filter(Self::is_fit).ok_or(Unreadable::Key)
    }

    /// The key as OpenSSH writes it.
    pub(crate) fn to_ssh(&self) -> String {
        format!("ssh-rsa {}", STANDARD.encode(self.blob()))
    }

    /// The key as PEM, with its algorithm.
    pub(crate) fn to_pem(&self) -> String {
        let numbers =
            [der(INTEGER, &unsigned(&self.modulus)), der(INTEGER, &unsigned(&self.exponent))].concat();
        let key = [&[0][..], &der(SEQUENCE, &numbers)].concat();
        let info = der(SEQUENCE, &[der(SEQUENCE, RSA_ENCRYPTION), der(BIT_STRING, &key)].concat());
        let mut pem = String::from("-----BEGIN PUBLIC KEY-----\n");
        for (at, letter) in STANDARD.encode(info).chars().enumerate() {
            if at > 0 && at % 64 == 0 {
                pem.push('\n');
            }
            pem.push(letter);
        }
        pem.push_str("\n-----END PUBLIC KEY-----\n");
        pem
    }

    /// The MD5 fingerprint of the key as OpenSSH sees it (`ssh-keygen -E md5 -l`).
    pub(crate) fn fingerprint(&self) -> String {
        let digest = Md5::digest(self.blob());
        digest.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
    }

    fn is_fit(&self) -> bool {
        let bits =
            self.modulus.len() * 8 - self.modulus.first().map_or(0, |first| first.leading_zeros() as usize);
        let is_odd = |number: &[u8]| number.last().is_some_and(|last| last & 1 == 1);
        (2048..=16384).contains(&bits) && is_odd(&self.modulus) && is_odd(&self.exponent)
    }

    fn blob(&self) -> Vec<u8> {
        let parts = [b"ssh-rsa".to_vec(), unsigned(&self.exponent), unsigned(&self.modulus)];
        let length = |part: &[u8]| u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes();
        parts.iter().flat_map(|part| [&length(part)[..], part].concat()).collect()
    }

    fn of_blob(blob: &[u8]) -> Option<Self> {
        let (kind, rest) = ssh_string(blob)?;
        let (exponent, rest) = ssh_string(rest)?;
        let (modulus, rest) = ssh_string(rest)?;
        (kind == b"ssh-rsa" && rest.is_empty()).then(|| Self::of_numbers(modulus, exponent))
    }

    fn of_pem(text: &str) -> Option<Self> {
        let (pem, _) = Pem::read(std::io::Cursor::new(text.as_bytes())).ok()?;
        let of = |key: &RSAPublicKey<'_>| Self::of_numbers(key.modulus, key.exponent);
        match pem.label.as_str() {
            "PUBLIC KEY" => {
                let (rest, info) = SubjectPublicKeyInfo::from_der(&pem.contents).ok()?;
                match info.parsed().ok()? {
                    PublicKey::RSA(key) if rest.is_empty() => Some(of(&key)),
                    _ => None,
                }
            }
            "RSA PUBLIC KEY" => RSAPublicKey::from_der(&pem.contents).ok().map(|(_, key)| of(&key)),
            _ => None,
        }
    }

    fn of_numbers(modulus: &[u8], exponent: &[u8]) -> Self {
        let bare = |number: &[u8]| number.iter().copied().skip_while(|byte| *byte == 0).collect();
        Self { modulus: bare(modulus), exponent: bare(exponent) }
    }
}

/// The first string of the SSH wire format, and what is behind it (RFC 4251, 5).
fn ssh_string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

/// A number as DER and SSH write it: with a leading zero where it would else be negative.
fn unsigned(number: &[u8]) -> Vec<u8> {
    let sign = number.first().is_none_or(|first| first & 0x80 != 0);
    sign.then_some(0).into_iter().chain(number.iter().copied()).collect()
}

/// One value of DER.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let long: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    let mut bytes = vec![tag];
    match long.as_slice() {
        [] => bytes.push(0),
        [short] if *short < 0x80 => bytes.push(*short),
        // A length has eight bytes at most.
        long => bytes.extend(
            std::iter::once(0x80 | u8::try_from(long.len()).unwrap_or(8)).chain(long.iter().copied()),
        ),
    }
    bytes.extend_from_slice(content);
    bytes
}

/// How the PEM of a public key begins.
const PEM_LABELS: [&str; 2] = ["-----BEGIN PUBLIC KEY-----", "-----BEGIN RSA PUBLIC KEY-----"];
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const SEQUENCE: u8 = 0x30;
/// The algorithm `rsaEncryption` without parameters: its OID and NULL (RFC 8017, A.1).
const RSA_ENCRYPTION: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
