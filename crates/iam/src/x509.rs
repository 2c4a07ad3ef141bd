//! X.509 certificates as requests bring them: PEM.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use x509_parser::prelude::{FromDer as _, Pem, X509Certificate};

/// A certificate that could be read.
#[derive(Debug, Clone)]
pub(crate) struct Certificate {
    der: Vec<u8>,
    /// From when it is valid.
    pub(crate) begins: Timestamp,
    /// Until when it is valid.
    pub(crate) ends: Timestamp,
}

impl Certificate {
    /// Reads the certificates of a text; none if there is anything else among them, or nothing.
    pub(crate) fn parse_all(pem: &str) -> Option<Vec<Self>> {
        let blocks = Pem::iter_from_buffer(pem.as_bytes());
        let read = |pem: Pem| (pem.label == "CERTIFICATE").then(|| Self::of_der(pem.contents)).flatten();
        let all: Option<Vec<_>> = blocks.map(|block| read(block.ok()?)).collect();
        all.filter(|all| !all.is_empty())
    }

    /// Reads the one certificate of a text.
    pub(crate) fn parse_one(pem: &str) -> Option<Self> {
        let mut all = Self::parse_all(pem)?;
        let one = all.pop()?;
        all.is_empty().then_some(one)
    }

    /// Whether it is valid at an instant.
    pub(crate) fn is_valid_at(&self, at: Timestamp) -> bool {
        self.begins <= at && at <= self.ends
    }

    /// SHA-256 of the certificate, in hexadecimal.
    pub(crate) fn digest(&self) -> String {
        digest(&SHA256, &self.der).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// SHA-1 of the certificate, in base 32: 32 letters and digits.
    pub(crate) fn short_digest(&self) -> String {
        BASE32_NOPAD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &self.der).as_ref())
    }

    /// Does something with the parsed form.
    pub(crate) fn with<T>(&self, read: impl FnOnce(&X509Certificate<'_>) -> T) -> Option<T> {
        X509Certificate::from_der(&self.der).ok().map(|(_, parsed)| read(&parsed))
    }

    fn of_der(der: Vec<u8>) -> Option<Self> {
        let (begins, ends) = {
            let (rest, parsed) = X509Certificate::from_der(&der).ok()?;
            let validity = parsed.validity();
            let instant = |second: i64| Timestamp::from_second(second).ok();
            let ends = instant(validity.not_after.timestamp())?;
            (instant(validity.not_before.timestamp()).filter(|_| rest.is_empty())?, ends)
        };
        Some(Self { der, begins, ends })
    }
}
