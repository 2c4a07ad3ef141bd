//! Where unique ids, access keys and request ids come from.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use store::seal::Entropy;
use types::{AccessKeyId, AccessKeyKind, AccountId, IdPrefix, Secret, UniqueId};

use crate::Result;
use crate::label::{Label, Labels};

/// Makes ids and secrets from a source of randomness.
#[derive(Clone)]
pub struct Ids {
    entropy: Arc<dyn Entropy>,
    labels: Arc<Labels>,
}

impl Ids {
    /// Ids from this source.
    #[must_use]
    pub fn new(entropy: Arc<dyn Entropy>) -> Self {
        // Without randomness no key and no secret can be made; labels then only begin at a known place.
        let mut seed = [0; 8];
        let _ = entropy.fill(&mut seed);
        Self { entropy, labels: Arc::new(Labels::new(u64::from_ne_bytes(seed))) }
    }

    /// A new label: the id of an event or a request, which is unique and no secret.
    #[must_use]
    pub fn label(&self) -> Label {
        self.labels.next()
    }

    /// A new unique id, `AIDA…` and the like.
    pub fn unique_id(&self, prefix: IdPrefix) -> Result<UniqueId> {
        Ok(UniqueId::from_random(prefix, u128::from_be_bytes(self.bytes()?)))
    }

    /// A new access key id, `AKIA…` or `ASIA…`, that carries its account as AWS's do.
    pub fn access_key_id(&self, kind: AccessKeyKind, account: AccountId) -> Result<AccessKeyId> {
        Ok(AccessKeyId::from_random(kind, account, u64::from_be_bytes(self.bytes()?)))
    }

    /// A new secret access key: 40 characters of base64, 240 random bits.
    pub fn secret_access_key(&self) -> Result<Secret> {
        Ok(Secret::new(STANDARD.encode(self.bytes::<30>()?)))
    }

    /// A new id that nobody can guess, in the form of a random UUID.
    pub fn uuid(&self) -> Result<String> {
        let mut bytes = self.bytes::<16>()?;
        if let Some(version) = bytes.get_mut(6) {
            *version = (*version & 0x0f) | 0x40;
        }
        if let Some(variant) = bytes.get_mut(8) {
            *variant = (*variant & 0x3f) | 0x80;
        }
        let mut text = String::with_capacity(36);
        for (at, byte) in bytes.into_iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            for half in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(half), 16).unwrap_or('0'));
            }
        }
        Ok(text)
    }

    /// Random bytes.
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes).map_err(|cause| crate::Error::internal(cause.to_string()))?;
        Ok(bytes)
    }
}

impl std::fmt::Debug for Ids {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ids")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(byte: u8) -> Ids {
        Ids::new(Arc::new(move |bytes: &mut [u8]| bytes.fill(byte)))
    }

    #[test]
    fn a_uuid_says_that_it_is_random() {
        assert_eq!(fixed(0xff).uuid().unwrap(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }

    #[test]
    fn a_secret_access_key_has_forty_characters() {
        assert_eq!(fixed(1).secret_access_key().unwrap().expose().len(), 40);
    }
}
