//! Responses in XML.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::encode::{Encode, Value, members};
use crate::fault::Fault;
use crate::operation::{Operation, Service};
use crate::percent;
use crate::shape::{Kind, Shape};
use crate::timestamp::TimestampFormat;

/// The response of a call that succeeded.
pub fn success(operation: &Operation, output: &dyn Encode, request_id: &str) -> String {
    // Room for credentials; what is longer grows.
    let mut xml = String::with_capacity(2048);
    let name = operation.name;
    xml.push('<');
    xml.push_str(name);
    xml.push_str("Response xmlns=\"");
    escape(operation.service.xml_namespace, &mut xml);
    xml.push_str("\">");
    match operation.result {
        Some(result) => element(&mut xml, result, |xml| structure(output, xml)),
        None => structure(output, &mut xml),
    }
    xml.push_str("<ResponseMetadata>");
    text_element("RequestId", request_id, &mut xml);
    xml.push_str("</ResponseMetadata></");
    xml.push_str(name);
    xml.push_str("Response>");
    xml
}

/// The response of a call that failed.
pub fn fault(service: &Service, fault: &Fault, request_id: &str) -> String {
    let mut xml = String::with_capacity(512);
    xml.push_str("<ErrorResponse xmlns=\"");
    escape(service.xml_namespace, &mut xml);
    xml.push_str("\"><Error>");
    text_element("Type", fault.kind(), &mut xml);
    text_element("Code", &fault.code, &mut xml);
    text_element("Message", &fault.message, &mut xml);
    xml.push_str("</Error>");
    text_element("RequestId", request_id, &mut xml);
    xml.push_str("</ErrorResponse>");
    xml
}

/// The present members, in the model's order.
fn structure(of: &dyn Encode, xml: &mut String) {
    for (member, value) in members(of) {
        named(member.wire, member.shape, value, xml);
    }
}

fn named(name: &str, shape: &Shape, value: Value<'_>, xml: &mut String) {
    match (value, &shape.kind) {
        (Value::List(items), Kind::List(list)) => {
            let item_name = if list.flattened { name } else { list.item_name };
            let write = |xml: &mut String| {
                for item in (0..items.count()).filter_map(|index| items.item(index)) {
                    named(item_name, list.item, item, xml);
                }
            };
            if list.flattened {
                write(xml);
            } else {
                element(xml, name, write);
            }
        }
        (Value::Map(entries), Kind::Map(map)) => {
            let entry_name = if map.flattened { name } else { "entry" };
            let write = |xml: &mut String| {
                entries.visit(&mut |key, value| {
                    element(xml, entry_name, |xml| {
                        named(map.key_name, map.key, Value::String(key), xml);
                        named(map.value_name, map.value, value, xml);
                    });
                });
            };
            if map.flattened {
                write(xml);
            } else {
                element(xml, name, write);
            }
        }
        (value, _) => element(xml, name, |xml| content(shape, value, xml)),
    }
}

fn content(shape: &Shape, value: Value<'_>, xml: &mut String) {
    use std::fmt::Write;
    match value {
        Value::String(text) if shape.url_encoded => percent::encode(text, xml),
        Value::String(text) => escape(text, xml),
        Value::Boolean(true) => xml.push_str("true"),
        Value::Boolean(false) => xml.push_str("false"),
        // Writing into a string does not fail.
        Value::Integer(value) => _ = write!(xml, "{value}"),
        Value::Double(value) => double(value, xml),
        Value::Timestamp(moment) => {
            let format = match shape.kind {
                Kind::Timestamp(Some(format)) => format,
                _ => TimestampFormat::Iso8601,
            };
            format.print_to(moment, xml);
        }
        Value::Blob(bytes) => STANDARD.encode_string(bytes, xml),
        Value::Structure(inner) => structure(inner, xml),
        // A list or map where the shape has none: the table and the type come from one generator.
        Value::List(_) | Value::Map(_) => {}
    }
}

fn double(value: f64, xml: &mut String) {
    use std::fmt::Write;
    if value.is_nan() {
        xml.push_str("NaN");
    } else if value.is_infinite() {
        xml.push_str(if value > 0.0 { "Infinity" } else { "-Infinity" });
    } else {
        _ = write!(xml, "{value:?}");
    }
}

/// An element; without content its tag closes itself, as AWS writes an empty list.
fn element(xml: &mut String, name: &str, write: impl FnOnce(&mut String)) {
    xml.push('<');
    xml.push_str(name);
    xml.push('>');
    let start = xml.len();
    write(xml);
    if xml.len() == start {
        xml.pop();
        xml.push_str("/>");
    } else {
        xml.push_str("</");
        xml.push_str(name);
        xml.push('>');
    }
}

fn text_element(name: &str, text: &str, xml: &mut String) {
    element(xml, name, |xml| escape(text, xml));
}

/// Appends text so that an XML parser reads it back. What XML 1.0 cannot carry at all (most control characters and two
/// non-characters) becomes U+FFFD: a response is well-formed whatever a client sent.
fn escape(text: &str, xml: &mut String) {
    // Without a way out in the middle the look takes many bytes at a time.
    if text.bytes().fold(true, |so_far, byte| so_far & is_plain(byte)) {
        xml.push_str(text);
        return;
    }
    let mut plain = 0;
    for (at, character) in text.char_indices() {
        let escaped = match character {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' => "&quot;",
            // A parser reads a bare carriage return as a line feed.
            '\r' => "&#xD;",
            '\t' | '\n' => continue,
            '\0'..='\x1F' | '\u{FFFE}' | '\u{FFFF}' => "\u{FFFD}",
            _ => continue,
        };
        xml.push_str(text.get(plain..at).unwrap_or_default());
        xml.push_str(escaped);
        plain = at + character.len_utf8();
    }
    xml.push_str(text.get(plain..).unwrap_or_default());
}

/// Whether a byte can only be part of text that needs no escape. 0xEF begins the two non-characters, among others.
const fn is_plain(byte: u8) -> bool {
    !matches!(byte, b'&' | b'<' | b'>' | b'"' | 0..=0x1F | 0xEF)
}
