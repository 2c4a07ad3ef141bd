//! Self-contained tokens: sealed text that a client keeps for us.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use aws_lc_rs::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::{
    KeyId, Keyring, Purpose, SealError,
    data_key::{TAG_LEN, cipher},
    key::Subkey,
};

/// The token was not made here, was altered, or is bound to something else. There is no more to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token is not valid")]
pub struct Refused;

/// Seals tokens for one purpose and opens them again, whichever data key sealed them.
///
/// A token is URL-safe text, 44 characters longer than four thirds of its content. Opening costs one pass over a
/// text of at most the configured length, and nothing for a longer one.
pub struct TokenSealer {
    keyring: Keyring,
    purpose: Purpose,
    longest: usize,
    keys: RwLock<Arc<TokenKeys>>,
}

/// The cipher of each data key, for one purpose, at one generation of the keyring.
struct TokenKeys {
    generation: u64,
    current: KeyId,
    ciphers: Vec<(KeyId, LessSafeKey)>,
}

impl TokenSealer {
    /// A sealer of tokens of at most `longest` characters.
    pub(super) fn new(keyring: Keyring, purpose: Purpose, longest: usize) -> Self {
        let keys = RwLock::new(Arc::new(TokenKeys::of(&keyring, purpose)));
        Self { keyring, purpose, longest, keys }
    }

    /// Seals `content` into a token that opens only together with `bound` (for a session token, its access key id).
    ///
    /// Fails when the token would be longer than allowed, or when the system gives no random bytes.
    pub fn seal(&self, bound: &[u8], content: &[u8]) -> Result<String, SealError> {
        let keys = self.keys();
        let cipher = keys.cipher(keys.current).ok_or(SealError::Cipher)?;
        let mut nonce = [0; NONCE_LEN];
        self.keyring.entropy().fill(&mut nonce)?;

        let mut token = Vec::with_capacity(HEADER_LEN + content.len() + TAG_LEN);
        token.push(VERSION);
        token.extend_from_slice(&keys.current.to_bytes());
        token.extend_from_slice(&nonce);
        token.extend_from_slice(content);
        let body = token.get_mut(HEADER_LEN..).ok_or(SealError::Cipher)?;
        let aad = Aad::from(associated(keys.current, bound));
        let tag = cipher
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad, body)
            .map_err(|_| SealError::Cipher)?;
        token.extend_from_slice(tag.as_ref());

        let text = URL_SAFE_NO_PAD.encode(&token);
        if text.len() > self.longest { Err(SealError::Cipher) } else { Ok(text) }
    }

    /// Opens a token that [`TokenSealer::seal`] made for the same `bound`.
    pub fn open(&self, bound: &[u8], text: &str) -> Result<Zeroizing<Vec<u8>>, Refused> {
        if text.len() > self.longest {
            return Err(Refused);
        }
        let mut token = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).map_err(|_| Refused)?);
        let (&version, rest) = token.split_first().ok_or(Refused)?;
        let (&key, rest) = rest.split_first_chunk::<4>().ok_or(Refused)?;
        let (&nonce, _) = rest.split_first_chunk::<NONCE_LEN>().ok_or(Refused)?;
        if version != VERSION {
            return Err(Refused);
        }

        let key = KeyId::from_bytes(key);
        let keys = self.keys();
        let cipher = keys.cipher(key).ok_or(Refused)?;
        let aad = Aad::from(associated(key, bound));
        let nonce = Nonce::assume_unique_for_key(nonce);
        let length = cipher.open_within(nonce, aad, &mut token, HEADER_LEN..).map_err(|_| Refused)?.len();
        token.truncate(length);
        Ok(token)
    }

    #[cfg(test)]
    pub(super) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// The ciphers of the keyring as it is now.
    fn keys(&self) -> Arc<TokenKeys> {
        let keys = Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner));
        if keys.generation == self.keyring.generation() {
            return keys;
        }
        let keys = Arc::new(TokenKeys::of(&self.keyring, self.purpose));
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&keys);
        keys
    }
}

impl fmt::Debug for TokenSealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenSealer({}, ***)", self.purpose.as_str())
    }
}

impl TokenKeys {
    fn of(keyring: &Keyring, purpose: Purpose) -> Self {
        let (generation, subkeys) = keyring.subkeys(purpose);
        // The current key comes first.
        let current = subkeys.first().map_or(KeyId::from_bytes([0; 4]), |subkey| subkey.id);
        let ciphers =
            subkeys.iter().filter_map(|subkey: &Subkey| Some((subkey.id, cipher(subkey.expose()).ok()?)));
        Self { generation, current, ciphers: ciphers.collect() }
    }

    fn cipher(&self, id: KeyId) -> Option<&LessSafeKey> {
        self.ciphers.iter().find(|(key, _)| *key == id).map(|(_, cipher)| cipher)
    }
}

/// What a token is bound to besides its content. The purpose is in the key; the header is bound here.
fn associated(key: KeyId, bound: &[u8]) -> Vec<u8> {
    let mut aad = Vec::with_capacity(5 + bound.len());
    aad.push(VERSION);
    aad.extend_from_slice(&key.to_bytes());
    aad.extend_from_slice(bound);
    aad
}

/// Says how the rest is to be read.
const VERSION: u8 = 1;

/// Version, key id and nonce.
const HEADER_LEN: usize = 1 + 4 + NONCE_LEN;
