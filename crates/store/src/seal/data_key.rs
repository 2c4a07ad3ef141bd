//! Data keys: the keys that seal.

use aws_lc_rs::aead::{AES_256_GCM_SIV, LessSafeKey, UnboundKey};
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::{
    Entropy, KeyId, Purpose, SealError, Subkey,
    key::{KEY_LEN, KeyBytes, derive},
};

/// A data key and the cipher that seals records under it.
pub(super) struct DataKey {
    pub(super) id: KeyId,
    pub(super) created: Timestamp,
    pub(super) bytes: KeyBytes,
    pub(super) records: LessSafeKey,
}

impl DataKey {
    pub(super) fn generate(entropy: &dyn Entropy, now: Timestamp) -> Result<Self, SealError> {
        let mut bytes = Zeroizing::new([0; KEY_LEN]);
        entropy.fill(&mut *bytes)?;
        Self::new(bytes, now)
    }

    pub(super) fn new(bytes: KeyBytes, created: Timestamp) -> Result<Self, SealError> {
        let records = cipher(&derive(&bytes, "records"))?;
        Ok(Self { id: KeyId::of(&bytes), created, bytes, records })
    }

    /// The key for a purpose.
    pub(super) fn subkey(&self, purpose: Purpose) -> Subkey {
        Subkey::new(self.id, derive(&self.bytes, &format!("purpose {}", purpose.as_str())))
    }
}

/// The cipher that all sealing uses: AES-256-GCM-SIV, for which random nonces may repeat without harm.
pub(super) fn cipher(key: &[u8; KEY_LEN]) -> Result<LessSafeKey, SealError> {
    UnboundKey::new(&AES_256_GCM_SIV, key).map(LessSafeKey::new).map_err(|_| SealError::Cipher)
}

/// How long the tag of a sealed value is, in bytes.
pub(super) const TAG_LEN: usize = 16;
