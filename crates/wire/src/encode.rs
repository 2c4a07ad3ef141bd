//! Typed structures as codecs see them: a shape, and a value for each of its members.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

use crate::shape::{EMPTY, Member, Shape};

/// A structure that a codec can write. Nothing is copied: the codec asks for one member after the other.
pub trait Encode {
    /// The shape that names the members.
    fn shape(&self) -> &'static Shape;

    /// The value of the member at this place of the shape, or nothing where it is absent.
    fn member(&self, index: usize) -> Option<Value<'_>>;
}

/// A borrowed view of one value.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// Text.
    String(&'a str),
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Double(f64),
    /// A moment.
    Timestamp(Timestamp),
    /// Bytes.
    Blob(&'a [u8]),
    /// Items in order.
    List(&'a dyn Items),
    /// Entries by key.
    Map(&'a dyn Entries),
    /// Members of a shape.
    Structure(&'a dyn Encode),
}

/// A type whose values can be members, items or map values.
pub trait Field {
    /// The value, or nothing where it is absent.
    fn value(&self) -> Option<Value<'_>>;
}

/// The items of a list.
pub trait Items {
    /// How many there are.
    fn count(&self) -> usize;
    /// The item at this place.
    fn item(&self, index: usize) -> Option<Value<'_>>;
}

/// The entries of a map.
pub trait Entries {
    /// How many there are.
    fn count(&self) -> usize;
    /// Shows each entry once, in order.
    fn visit(&self, visit: &mut dyn FnMut(&str, Value<'_>));
}

/// The present members of a structure, in the model's order.
pub fn members(structure: &dyn Encode) -> impl Iterator<Item = (&'static Member, Value<'_>)> {
    structure
        .shape()
        .members()
        .iter()
        .enumerate()
        .filter_map(move |(index, member)| Some((member, structure.member(index)?)))
}

/// Prints a structure for people: present members by their names in the model, sensitive ones as `***`.
///
/// # Errors
/// Fails where the formatter does.
pub fn debug(structure: &dyn Encode, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut out = f.debug_struct(structure.shape().name);
    for (member, value) in members(structure) {
        out.field(member.name, &Shown(member.shape, value));
    }
    out.finish()
}

/// A value beside the shape that says whether it may be seen.
struct Shown<'a>(&'a Shape, Value<'a>);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use crate::shape::Kind;
        if self.0.sensitive {
            return f.write_str("***");
        }
        match (self.1, &self.0.kind) {
            (Value::String(text), _) => fmt::Debug::fmt(text, f),
            (Value::Boolean(value), _) => fmt::Debug::fmt(&value, f),
            (Value::Integer(value), _) => fmt::Debug::fmt(&value, f),
            (Value::Double(value), _) => fmt::Debug::fmt(&value, f),
            (Value::Timestamp(moment), _) => fmt::Display::fmt(&moment, f),
            (Value::Blob(bytes), _) => write!(f, "<{} bytes>", bytes.len()),
            (Value::Structure(structure), _) => debug(structure, f),
            (Value::List(items), Kind::List(list)) => f
                .debug_list()
                .entries(
                    (0..items.count())
                        .filter_map(|index| items.item(index).map(|value| Shown(list.item, value))),
                )
                .finish(),
            (Value::Map(entries), Kind::Map(map)) => {
                let mut out = f.debug_map();
                entries.visit(&mut |key, value| {
                    if map.key.sensitive {
                        out.entry(&"***", &Shown(map.value, value));
                    } else {
                        out.entry(&key, &Shown(map.value, value));
                    }
                });
                out.finish()
            }
            (Value::List(_) | Value::Map(_), _) => f.write_str("?"),
        }
    }
}

/// The output of an operation that answers with nothing.
impl Encode for () {
    fn shape(&self) -> &'static Shape {
        &EMPTY
    }

    fn member(&self, _: usize) -> Option<Value<'_>> {
        None
    }
}

impl<T: Encode> Field for T {
    fn value(&self) -> Option<Value<'_>> {
        Some(Value::Structure(self))
    }
}

impl<T: Field> Field for Option<T> {
    fn value(&self) -> Option<Value<'_>> {
        self.as_ref()?.value()
    }
}

impl Field for String {
    fn value(&self) -> Option<Value<'_>> {
        Some(Value::String(self))
    }
}

impl Field for bool {
    fn value(&self) -> Option<Value<'_>> {
        Some(Value::Boolean(*self))
    }
}

impl Field for i32 {
    fn value(&self) -> Option<Value<'_>> {
        Some(Value::Integer(i64::from(*self)))
    }
}

impl Field for i64 {
    fn value(&self) -> Option<Value<'_>> {
        Some(Value::Integer(*self))
    }
}

impl Field for f32 {
    fn value(&self) -> Option<Value<'_>> {
        Some(Value::Double(f64::from(*self)))
    }
}

impl Field for f64 {
    fn value(&self) -> Option<Value<'_>> {
        Some(Value::Double(*self))
    }
}

impl Field for Timestamp {
    fn value(&self) -> Option<Value<'_>> {
        Some(Value::Timestamp(*self))
    }
}

impl Field for Vec<u8> {
    fn value(&self) -> Option<Value<'_>> {
        Some(Value::Blob(self))
    }
}

impl<T: Field> Field for Vec<T> {
    fn value(&self) -> Option<Value<'_>> {
        Some(Value::List(self))
    }
}

impl<T: Field> Items for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }

    fn item(&self, index: usize) -> Option<Value<'_>> {
        self.get(index)?.value()
    }
}

impl<K: Field, V: Field> Field for BTreeMap<K, V> {
    fn value(&self) -> Option<Value<'_>> {
        Some(Value::Map(self))
    }
}

impl<K: Field, V: Field> Entries for BTreeMap<K, V> {
    fn count(&self) -> usize {
        self.len()
    }

    fn visit(&self, visit: &mut dyn FnMut(&str, Value<'_>)) {
        for (key, value) in self {
            if let (Some(Value::String(key)), Some(value)) = (key.value(), value.value()) {
                visit(key, value);
            }
        }
    }
}
