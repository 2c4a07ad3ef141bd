//! Authentication codes under a purpose's keys.

use aws_lc_rs::hmac;

use super::{KeyId, Keyring, Purpose};

/// An HMAC-SHA-256 code.
pub type Mac = [u8; 32];

/// Makes and checks authentication codes for one purpose; follows the keyring's rotations.
#[derive(Debug, Clone)]
pub struct MacKeys {
    keyring: Keyring,
    purpose: Purpose,
}

impl MacKeys {
    pub(super) fn new(keyring: Keyring, purpose: Purpose) -> Self {
        Self { keyring, purpose }
    }

    /// The code of a message under the current key, and that key's name.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> (KeyId, Mac) {
        let subkey = self.keyring.subkey(self.purpose);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, subkey.expose()), message);
        let mut mac = [0; 32];
        // SHA-256 gives 32 bytes; a shorter tag would leave zeros, which no check accepts.
        for (to, from) in mac.iter_mut().zip(tag.as_ref()) {
            *to = *from;
        }
        (subkey.id, mac)
    }

    /// Whether `mac` is the code of the message under the key of that name; in constant time.
    #[must_use]
    pub fn verify(&self, key: KeyId, message: &[u8], mac: &Mac) -> bool {
        self.keyring.subkey_of(key, self.purpose).is_some_and(|subkey| {
            hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, subkey.expose()), message, mac).is_ok()
        })
    }
}
