//! Responses in JSON, which a client of the Query protocol gets that accepts `application/json`.
//!
//! The form is that of AWS's Query services: the elements of the XML as members, moments as seconds since 1970, and
//! `null` for a member that is absent.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json, json};

use crate::encode::{Encode, Value};
use crate::fault::Fault;
use crate::operation::Operation;
use crate::percent;
use crate::shape::{Kind, Shape};

/// The `Content-Type` of responses in JSON.
pub const CONTENT_TYPE: &str = "application/json";

/// The response of a call that succeeded.
pub fn success(operation: &Operation, output: &dyn Encode, request_id: &str) -> String {
    let mut members = match (operation.result, structure(output)) {
        (Some(result), members) => Map::from_iter([(result.to_owned(), Json::Object(members))]),
        (None, members) => members,
    };
    members.insert("ResponseMetadata".to_owned(), json!({ "RequestId": request_id }));
    let response = format!("{}Response", operation.name);
    Json::Object(Map::from_iter([(response, Json::Object(members))])).to_string()
}

/// The response of a call that failed.
pub fn fault(fault: &Fault, request_id: &str) -> String {
    let error = json!({ "Code": fault.code, "Message": fault.message, "Type": fault.kind() });
    json!({ "Error": error, "RequestId": request_id }).to_string()
}

fn structure(of: &dyn Encode) -> Map<String, Json> {
    let members = of.shape().members().iter().enumerate();
    members
        .map(|(index, member)| {
            let value = of.member(index).map_or(Json::Null, |present| value(member.shape, present));
            (member.wire.to_owned(), value)
        })
        .collect()
}

fn value(shape: &Shape, present: Value<'_>) -> Json {
    match (present, &shape.kind) {
        (Value::String(text), _) if shape.url_encoded => {
            let mut encoded = String::with_capacity(text.len());
            percent::encode(text, &mut encoded);
            Json::String(encoded)
        }
        (Value::String(text), _) => json!(text),
        (Value::Boolean(flag), _) => json!(flag),
        (Value::Integer(number), _) => json!(number),
        // JSON has no number for what is none.
        (Value::Double(number), _) => json!(number),
        (Value::Timestamp(moment), _) => json!(moment.as_second()),
        (Value::Blob(bytes), _) => json!(STANDARD.encode(bytes)),
        (Value::Structure(inner), _) => Json::Object(structure(inner)),
        (Value::List(items), Kind::List(list)) => (0..items.count())
            .filter_map(|index| items.item(index))
            .map(|item| value(list.item, item))
            .collect(),
        (Value::Map(entries), Kind::Map(map)) => {
            let mut object = Map::new();
            entries.visit(&mut |key, entry| {
                object.insert(key.to_owned(), value(map.value, entry));
            });
            Json::Object(object)
        }
        // A list or map where the shape has none: the table and the type come from one generator.
        (Value::List(_) | Value::Map(_), _) => Json::Null,
    }
}
