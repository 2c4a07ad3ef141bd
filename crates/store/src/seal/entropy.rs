//! Where random bytes come from.

use std::sync::{Mutex, PoisonError};

use zeroize::{Zeroize as _, Zeroizing};

use super::SealError;

/// A source of random bytes for keys and nonces.
///
/// The system's source is [`SystemEntropy`]; a test that must repeat gives a closure.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with random bytes, or fails when the source gives none.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), SealError>;
}

/// The random source of the operating system. It is asked for many bytes at a time, since asking costs more than
/// the bytes; what was given out is wiped.
#[derive(Default)]
pub struct SystemEntropy {
    ahead: Mutex<Ahead>,
}

/// Random bytes that nobody has seen.
struct Ahead {
    bytes: Zeroizing<[u8; AHEAD]>,
    /// So many of them, from the beginning, are unused.
    left: usize,
}

impl Default for Ahead {
    fn default() -> Self {
        Self { bytes: Zeroizing::new([0; AHEAD]), left: 0 }
    }
}

impl SystemEntropy {
    /// The random source of the operating system.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), SealError> {
        if bytes.len() > AHEAD {
            return getrandom::fill(bytes).map_err(|_| SealError::Entropy);
        }
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        if ahead.left < bytes.len() {
            // Nothing is left of bytes that could not be renewed.
            ahead.left = 0;
            getrandom::fill(&mut *ahead.bytes).map_err(|_| SealError::Entropy)?;
            ahead.left = AHEAD;
        }
        let from = ahead.left - bytes.len();
        let left = ahead.left;
        let given = ahead.bytes.get_mut(from..left).ok_or(SealError::Entropy)?;
        bytes.copy_from_slice(given);
        given.zeroize();
        ahead.left = from;
        Ok(())
    }
}

impl std::fmt::Debug for SystemEntropy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SystemEntropy(***)")
    }
}

impl<F> Entropy for F
where
    F: Fn(&mut [u8]) + Send + Sync,
{
    fn fill(&self, bytes: &mut [u8]) -> Result<(), SealError> {
        self(bytes);
        Ok(())
    }
}

/// So many bytes are asked for at a time.
const AHEAD: usize = 2048;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_byte_is_given_out_twice() {
        let entropy = SystemEntropy::new();
        let mut seen = HashSet::new();
        for length in [16, 30, AHEAD - 46, 16, AHEAD, 17, AHEAD + 1, 4096].into_iter().cycle().take(400) {
            let mut bytes = vec![0; length];
            entropy.fill(&mut bytes).unwrap();
            for chunk in bytes.chunks_exact(16) {
                assert!(seen.insert(chunk.to_vec()), "sixteen random bytes came again");
            }
        }
        let ahead = entropy.ahead.lock().unwrap();
        assert!(ahead.bytes[ahead.left..].iter().all(|byte| *byte == 0), "what was given out is wiped");
    }
}
