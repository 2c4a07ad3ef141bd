//! A sealed value as text.

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize, de};

use super::{KeyId, SealError};

/// A value that only its keyring can open: `v1.KEY.BASE64`, where KEY names the data key that sealed it.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    key: KeyId,
    /// Nonce, ciphertext and tag.
    body: Vec<u8>,
}

impl Sealed {
    pub(super) fn new(key: KeyId, body: Vec<u8>) -> Self {
        Self { key, body }
    }

    /// The data key that sealed it.
    #[must_use]
    pub fn key(&self) -> KeyId {
        self.key
    }

    pub(super) fn body(&self) -> &[u8] {
        &self.body
    }
}

impl fmt::Display for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v1.{}.{}", self.key, STANDARD.encode(&self.body))
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed(v1.{}.***)", self.key)
    }
}

impl FromStr for Sealed {
    type Err = SealError;

    fn from_str(text: &str) -> Result<Self, SealError> {
        let (key, body) =
            text.strip_prefix("v1.").and_then(|rest| rest.split_once('.')).ok_or(SealError::Malformed)?;
        let body = STANDARD.decode(body).map_err(|_| SealError::Malformed)?;
        Ok(Self { key: key.parse()?, body })
    }
}

impl Serialize for Sealed {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
