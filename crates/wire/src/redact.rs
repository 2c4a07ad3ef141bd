//! Inputs and outputs as audit events show them: CloudTrail's member names, no secrets.

use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};
use serde_json::Value as Json;

use crate::encode::{Encode, Entries, Value, members};
use crate::percent;
use crate::shape::{Kind, Shape};
use crate::timestamp::print_for_trail;

/// A structure as an audit event shows it, written without a copy of it.
///
/// Members are in lower camel case (`userName`, `sAMLProviderArn`), sensitive ones are left out, of bytes only the
/// number is told.
#[derive(Clone, Copy)]
pub struct Redacted<'a> {
    structure: &'a dyn Encode,
    direction: Direction,
}

impl<'a> Redacted<'a> {
    /// A request's parameters as CloudTrail's `requestParameters` has them.
    #[must_use]
    pub fn request(structure: &'a dyn Encode) -> Self {
        Self { structure, direction: Direction::Request }
    }

    /// A response as CloudTrail's `responseElements` has it: with policies percent-encoded as they are on the wire.
    #[must_use]
    pub fn response(structure: &'a dyn Encode) -> Self {
        Self { structure, direction: Direction::Response }
    }

    /// Whether nothing is shown.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        members(self.structure).all(|(member, _)| member.shape.sensitive)
    }
}

/// [`Redacted::request`] as a value.
#[must_use]
pub fn redacted_json(structure: &dyn Encode) -> Json {
    value_of(Redacted::request(structure))
}

/// [`Redacted::response`] as a value.
#[must_use]
pub fn redacted_response(structure: &dyn Encode) -> Json {
    value_of(Redacted::response(structure))
}

fn value_of(redacted: Redacted<'_>) -> Json {
    // Keys are strings and numbers finite or null: there is nothing that could not be a value.
    serde_json::to_value(redacted).unwrap_or_default()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Request,
    Response,
}

impl Serialize for Redacted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (member, value) in members(self.structure) {
            if !member.shape.sensitive {
                map.serialize_key(&Camel(member.name))?;
                map.serialize_value(&Shown { shape: member.shape, value, direction: self.direction })?;
            }
        }
        map.end()
    }
}

/// A name with its first letter in lower case.
struct Camel(&'static str);

impl Serialize for Camel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut name = self.0.to_owned();
        if let Some(first) = name.get_mut(..1) {
            first.make_ascii_lowercase();
        }
        serializer.serialize_str(&name)
    }
}

/// One value of a shape.
struct Shown<'a> {
    shape: &'a Shape,
    value: Value<'a>,
    direction: Direction,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let &Self { shape, value, direction } = self;
        if shape.sensitive {
            return serializer.serialize_str("***");
        }
        match (value, &shape.kind) {
            (Value::String(text), _) if shape.url_encoded && direction == Direction::Response => {
                let mut encoded = String::with_capacity(text.len() * 2);
                percent::encode(text, &mut encoded);
                serializer.serialize_str(&encoded)
            }
            (Value::String(text), _) => serializer.serialize_str(text),
            (Value::Boolean(value), _) => serializer.serialize_bool(value),
            (Value::Integer(value), _) => serializer.serialize_i64(value),
            (Value::Double(value), _) => serializer.serialize_f64(value),
            (Value::Timestamp(moment), _) => serializer.serialize_str(&print_for_trail(moment)),
            (Value::Blob(bytes), _) => serializer.collect_str(&format_args!("<{} bytes>", bytes.len())),
            (Value::Structure(structure), _) => Redacted { structure, direction }.serialize(serializer),
            (Value::List(items), Kind::List(list)) => {
                let mut shown = serializer.serialize_seq(None)?;
                for value in (0..items.count()).filter_map(|index| items.item(index)) {
                    shown.serialize_element(&Shown { shape: list.item, value, direction })?;
                }
                shown.end()
            }
            (Value::Map(entries), Kind::Map(map)) => {
                let is_sensitive = map.key.sensitive;
                serialize_entries(entries, map.value, is_sensitive, direction, serializer)
            }
            (Value::List(_) | Value::Map(_), _) => serializer.serialize_unit(),
        }
    }
}

fn serialize_entries<S: Serializer>(
    entries: &dyn Entries,
    shape: &Shape,
    is_sensitive: bool,
    direction: Direction,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut shown = serializer.serialize_map(None)?;
    let mut outcome = Ok(());
    entries.visit(&mut |key, value| {
        if outcome.is_ok() {
            let key = if is_sensitive { "***" } else { key };
            outcome = shown.serialize_entry(key, &Shown { shape, value, direction });
        }
    });
    outcome?;
    shown.end()
}

#[cfg(test)]
mod tests;
