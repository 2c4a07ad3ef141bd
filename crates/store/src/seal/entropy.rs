//! Where random bytes come from.

use super::SealError;

/// A source of random bytes for keys and nonces.
///
/// The system's source is [`SystemEntropy`]; a test that must repeat gives a closure.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with random bytes, or fails when the source gives none.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), SealError>;
}

/// The random source of the operating system, asked directly.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemEntropy;

impl SystemEntropy {
    /// The random source of the operating system.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), SealError> {
        getrandom::fill(bytes).map_err(|_| SealError::Entropy)
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
