//! A typed input behind one signature for all operations.

use wire::{Decode, Document, Encode, Mismatch};

/// Decodes the input of one operation.
pub(crate) type Typed = fn(Document) -> Result<Box<dyn Encode>, Mismatch>;

pub(crate) fn typed<T: Decode + Encode + 'static>(document: Document) -> Result<Box<dyn Encode>, Mismatch> {
    Ok(Box::new(T::decode(document)?))
}
