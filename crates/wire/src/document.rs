//! Documents: the dynamic tree that codecs read into and typed structures come from.

use jiff::Timestamp;

use crate::encode::{Encode, Entries, Field, Value};
use crate::shape::Shape;

/// A value whose shape is known only at run time.
#[derive(Clone, Debug, PartialEq)]
pub enum Document {
    /// Text.
    String(String),
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Double(f64),
    /// A moment.
    Timestamp(Timestamp),
    /// Bytes.
    Blob(Vec<u8>),
    /// Items in order.
    List(Vec<Document>),
    /// Entries in the order in which they came.
    Map(Vec<(String, Document)>),
    /// Members of a shape.
    Structure(Structure),
}

/// The members of a structure, at their places in its shape.
#[derive(Clone)]
pub struct Structure {
    shape: &'static Shape,
    members: Vec<Option<Document>>,
}

impl Structure {
    /// A structure of `shape` with no member set.
    pub fn new(shape: &'static Shape) -> Self {
        let mut members = Vec::new();
        members.resize_with(shape.members().len(), || None);
        Self { shape, members }
    }

    /// The shape that names the members.
    pub fn shape(&self) -> &'static Shape {
        self.shape
    }

    /// The member at this place of the shape.
    pub fn at(&self, index: usize) -> Option<&Document> {
        self.members.get(index)?.as_ref()
    }

    /// The member of this name in the model.
    pub fn get(&self, name: &str) -> Option<&Document> {
        let index = self.shape.members().iter().position(|m| m.name == name)?;
        self.at(index)
    }

    /// Sets the member at this place of the shape; a place that the shape lacks is left alone.
    pub fn set(&mut self, index: usize, value: Option<Document>) {
        if let Some(member) = self.members.get_mut(index) {
            *member = value;
        }
    }

    /// The members, at their places.
    pub(crate) fn into_members(self) -> Vec<Option<Document>> {
        self.members
    }
}

impl From<Structure> for Document {
    fn from(structure: Structure) -> Self {
        Self::Structure(structure)
    }
}

impl PartialEq for Structure {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.shape, other.shape) && self.members == other.members
    }
}

impl std::fmt::Debug for Structure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        crate::encode::debug(self, f)
    }
}

impl Encode for Structure {
    fn shape(&self) -> &'static Shape {
        self.shape
    }

    fn member(&self, index: usize) -> Option<Value<'_>> {
        self.at(index)?.value()
    }
}

impl Field for Document {
    fn value(&self) -> Option<Value<'_>> {
        Some(match self {
            Self::String(text) => Value::String(text),
            Self::Boolean(value) => Value::Boolean(*value),
            Self::Integer(value) => Value::Integer(*value),
            Self::Double(value) => Value::Double(*value),
            Self::Timestamp(moment) => Value::Timestamp(*moment),
            Self::Blob(bytes) => Value::Blob(bytes),
            Self::List(items) => Value::List(items),
            Self::Map(entries) => Value::Map(entries),
            Self::Structure(structure) => Value::Structure(structure),
        })
    }
}

impl Entries for Vec<(String, Document)> {
    fn count(&self) -> usize {
        self.len()
    }

    fn visit(&self, visit: &mut dyn FnMut(&str, Value<'_>)) {
        for (key, document) in self {
            if let Some(value) = document.value() {
                visit(key, value);
            }
        }
    }
}
