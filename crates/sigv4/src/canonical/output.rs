//! Where canonical text goes: into a buffer, or straight into a hash.

use sha2::digest::Update;

/// A receiver of bytes.
pub(crate) trait Output {
    /// Takes the next bytes.
    fn push(&mut self, bytes: &[u8]);
}

impl Output for Vec<u8> {
    fn push(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Hands bytes to a hash in large pieces: canonical text comes in pieces of a few bytes, for
/// each of which the hash would do its bookkeeping.
pub(crate) struct Buffered<D> {
    digest: D,
    buffer: [u8; SIZE],
    filled: usize,
}

impl<D: Update> Buffered<D> {
    pub(crate) fn new(digest: D) -> Self {
        Self { digest, buffer: [0; SIZE], filled: 0 }
    }

    /// The hash, having seen everything.
    pub(crate) fn finish(mut self) -> D {
        self.flush();
        self.digest
    }

    fn flush(&mut self) {
        self.digest.update(self.buffer.get(..self.filled).unwrap_or_default());
        self.filled = 0;
    }
}

impl<D: Update> Output for Buffered<D> {
    #[inline]
    fn push(&mut self, bytes: &[u8]) {
        let end = self.filled + bytes.len();
        if let Some(place) = self.buffer.get_mut(self.filled..end) {
            place.copy_from_slice(bytes);
            self.filled = end;
            return;
        }
        self.flush();
        match self.buffer.get_mut(..bytes.len()) {
            Some(place) => {
                place.copy_from_slice(bytes);
                self.filled = bytes.len();
            }
            None => self.digest.update(bytes),
        }
    }
}

const SIZE: usize = 512;
