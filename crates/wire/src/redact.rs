//! Inputs and outputs as audit events show them: CloudTrail's member names, no secrets.

use serde_json::{Map, Value as Json};

use crate::encode::{Encode, Value, members};
use crate::percent;
use crate::shape::{Kind, Shape, camel};
use crate::timestamp::print_for_trail;

/// A request's parameters as CloudTrail's `requestParameters` has them.
///
/// Members are in lower camel case (`userName`, `sAMLProviderArn`), sensitive ones are left out, of bytes only the
/// number is told.
pub fn redacted_json(structure: &dyn Encode) -> Json {
    object(structure, Direction::Request)
}

/// A response as CloudTrail's `responseElements` has it: as [`redacted_json`], with policies percent-encoded as they
/// are on the wire.
pub fn redacted_response(structure: &dyn Encode) -> Json {
    object(structure, Direction::Response)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Request,
    Response,
}

fn object(structure: &dyn Encode, direction: Direction) -> Json {
    let mut out = Map::new();
    for (member, value) in members(structure) {
        if !member.shape.sensitive {
            out.insert(camel(member.name), json(member.shape, value, direction));
        }
    }
    Json::Object(out)
}

fn json(shape: &Shape, value: Value<'_>, direction: Direction) -> Json {
    if shape.sensitive {
        return Json::from("***");
    }
    match (value, &shape.kind) {
        (Value::String(text), _) => {
            if shape.url_encoded && direction == Direction::Response {
                let mut encoded = String::with_capacity(text.len() * 2);
                percent::encode(text, &mut encoded);
                return Json::from(encoded);
            }
            Json::from(text)
        }
        (Value::Boolean(value), _) => Json::from(value),
        (Value::Integer(value), _) => Json::from(value),
        (Value::Double(value), _) => Json::from(value),
        (Value::Timestamp(moment), _) => Json::from(print_for_trail(moment)),
        (Value::Blob(bytes), _) => Json::from(format!("<{} bytes>", bytes.len())),
        (Value::Structure(structure), _) => object(structure, direction),
        (Value::List(items), Kind::List(list)) => (0..items.count())
            .filter_map(|index| items.item(index))
            .map(|item| json(list.item, item, direction))
            .collect(),
        (Value::Map(entries), Kind::Map(map)) => {
            let mut out = Map::new();
            entries.visit(&mut |key, value| {
                let key = if map.key.sensitive { "***" } else { key };
                out.insert(key.to_owned(), json(map.value, value, direction));
            });
            Json::Object(out)
        }
        (Value::List(_) | Value::Map(_), _) => Json::Null,
    }
}

#[cfg(test)]
mod tests;
