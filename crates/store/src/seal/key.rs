//! Key identifiers, purposes, and the derivation of one key from another.

use std::{fmt, str::FromStr};

use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk};
use serde::{Deserialize, Serialize, de};
use zeroize::Zeroizing;

use super::SealError;

/// The bytes of a key of any kind; wiped when dropped.
pub(super) type KeyBytes = Zeroizing<[u8; KEY_LEN]>;

/// Names a key without revealing it: eight hexadecimal digits, computed from the key itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(u32);

impl KeyId {
    /// The id of a key.
    pub(super) fn of(key: &KeyBytes) -> Self {
        let derived = derive(key, "key id");
        let [a, b, c, d, ..] = *derived;
        Self(u32::from_be_bytes([a, b, c, d]))
    }

    /// The id as four bytes, for binary formats.
    pub(super) fn to_bytes(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }

    /// The id that [`KeyId::to_bytes`] wrote.
    pub(super) fn from_bytes(bytes: [u8; 4]) -> Self {
        Self(u32::from_be_bytes(bytes))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for KeyId {
    type Err = SealError;

    fn from_str(text: &str) -> Result<Self, SealError> {
        let lower_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() != 8 || !text.bytes().all(lower_hex) {
            return Err(SealError::Malformed);
        }
        u32::from_str_radix(text, 16).map(Self).map_err(|_| SealError::Malformed)
    }
}

impl Serialize for KeyId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for KeyId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// What a key is for. Keys of two purposes have nothing in common.
///
/// INVARIANT: a purpose's text never changes: what was sealed for it would no longer open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Purpose(&'static str);

impl Purpose {
    /// Secret access keys at rest.
    pub const SECRET_ACCESS_KEY: Self = Self("secret access key");
    /// Session tokens of STS.
    pub const SESSION_TOKEN: Self = Self("session token");
    /// Pagination markers.
    pub const CURSOR: Self = Self("cursor");
    /// The anchors of the audit trail.
    pub const AUDIT: Self = Self("audit");

    /// A further purpose; its text must be its own.
    #[must_use]
    pub const fn new(text: &'static str) -> Self {
        Self(text)
    }

    /// The purpose in words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

/// A key for one purpose, derived from the data key that `id` names; wiped when dropped.
#[derive(Clone)]
pub struct Subkey {
    /// The data key that it comes from.
    pub id: KeyId,
    bytes: KeyBytes,
}

impl Subkey {
    pub(super) fn new(id: KeyId, bytes: KeyBytes) -> Self {
        Self { id, bytes }
    }

    /// The 32 bytes of the key.
    #[must_use]
    pub fn expose(&self) -> &[u8; KEY_LEN] {
        &self.bytes
    }
}

impl fmt::Debug for Subkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subkey({}, ***)", self.id)
    }
}

/// Derives the key for `label` from a uniformly random key (HKDF-SHA-256, the expanding half).
pub(super) fn derive(key: &KeyBytes, label: &str) -> KeyBytes {
    struct Len;
    impl KeyType for Len {
        fn len(&self) -> usize {
            KEY_LEN
        }
    }

    let mut out = Zeroizing::new([0; KEY_LEN]);
    let prk = Prk::new_less_safe(HKDF_SHA256, &**key);
    let filled = prk.expand(&[b"portcullis v1 ", label.as_bytes()], Len).and_then(|okm| okm.fill(&mut *out));
    #[expect(
        clippy::expect_used,
        reason = "HKDF fails only for outputs beyond 255 hashes; this one is one hash long"
    )]
    filled.expect("an output of one hash");
    out
}

/// How long every key here is, in bytes.
pub(super) const KEY_LEN: usize = 32;
