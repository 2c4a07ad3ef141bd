//! Typed structures out of documents.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::document::Document;
use crate::shape::Shape;

/// A type that a validated document can become.
pub trait Decode: Sized {
    /// The typed value.
    ///
    /// # Errors
    /// Fails where the document is not of this type's shape, which a codec and validation rule out.
    fn decode(document: Document) -> Result<Self, Mismatch>;
}

/// A document that is not of the shape it was taken for: a defect of ours, never of a client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a document does not fit: {expected} expected")]
pub struct Mismatch {
    /// What was expected.
    pub expected: &'static str,
}

/// The members of a structure, taken in the order of its shape.
pub struct Fields {
    shape: &'static Shape,
    members: std::vec::IntoIter<Option<Document>>,
}

impl Fields {
    /// The members of `document`.
    ///
    /// # Errors
    /// Fails where the document is no structure of `shape`.
    pub fn of(document: Document, shape: &'static Shape) -> Result<Self, Mismatch> {
        match document {
            Document::Structure(structure) if std::ptr::eq(structure.shape(), shape) => {
                Ok(Self { shape, members: structure.into_members().into_iter() })
            }
            _ => Err(Mismatch { expected: shape.name }),
        }
    }

    /// The next member, which may be absent.
    ///
    /// # Errors
    /// Fails where it is of another type.
    pub fn optional<T: Decode>(&mut self) -> Result<Option<T>, Mismatch> {
        self.members.next().flatten().map(T::decode).transpose()
    }

    /// The next member.
    ///
    /// # Errors
    /// Fails where it is absent or of another type.
    pub fn required<T: Decode>(&mut self) -> Result<T, Mismatch> {
        self.optional()?.ok_or(Mismatch { expected: self.shape.name })
    }
}

impl Decode for String {
    fn decode(document: Document) -> Result<Self, Mismatch> {
        match document {
            Document::String(text) => Ok(text),
            _ => Err(Mismatch { expected: "string" }),
        }
    }
}

impl Decode for bool {
    fn decode(document: Document) -> Result<Self, Mismatch> {
        match document {
            Document::Boolean(value) => Ok(value),
            _ => Err(Mismatch { expected: "boolean" }),
        }
    }
}

impl Decode for i64 {
    fn decode(document: Document) -> Result<Self, Mismatch> {
        match document {
            Document::Integer(value) => Ok(value),
            _ => Err(Mismatch { expected: "long" }),
        }
    }
}

impl Decode for i32 {
    fn decode(document: Document) -> Result<Self, Mismatch> {
        let value = i64::decode(document)?;
        Self::try_from(value).map_err(|_| Mismatch { expected: "integer" })
    }
}

impl Decode for f64 {
    fn decode(document: Document) -> Result<Self, Mismatch> {
        match document {
            Document::Double(value) => Ok(value),
            _ => Err(Mismatch { expected: "double" }),
        }
    }
}

impl Decode for f32 {
    fn decode(document: Document) -> Result<Self, Mismatch> {
        // The nearest float is what the wire's digits mean for a member of 32 bits.
        f64::decode(document).map(|value| value as Self)
    }
}

impl Decode for Timestamp {
    fn decode(document: Document) -> Result<Self, Mismatch> {
        match document {
            Document::Timestamp(moment) => Ok(moment),
            _ => Err(Mismatch { expected: "timestamp" }),
        }
    }
}

impl Decode for Vec<u8> {
    fn decode(document: Document) -> Result<Self, Mismatch> {
        match document {
            Document::Blob(bytes) => Ok(bytes),
            _ => Err(Mismatch { expected: "blob" }),
        }
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(document: Document) -> Result<Self, Mismatch> {
        match document {
            Document::List(items) => items.into_iter().map(T::decode).collect(),
            _ => Err(Mismatch { expected: "list" }),
        }
    }
}

impl<K: Decode + Ord, V: Decode> Decode for BTreeMap<K, V> {
    fn decode(document: Document) -> Result<Self, Mismatch> {
        match document {
            Document::Map(entries) => entries
                .into_iter()
                .map(|(key, value)| Ok((K::decode(Document::String(key))?, V::decode(value)?)))
                .collect(),
            _ => Err(Mismatch { expected: "map" }),
        }
    }
}
