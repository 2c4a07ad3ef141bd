//! Parameters into a document, by the input's shape, in one pass.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::form::Form;
use crate::document::{Document, Structure};
use crate::fault::Fault;
use crate::shape::{Kind, List, Map, Shape};
use crate::timestamp;

/// The input that the parameters say. Parameters that the shape does not know are ignored, as AWS does.
///
/// # Errors
/// `MalformedInput` where a value is not of its member's type, a list or structure is not written as one, or a
/// parameter comes twice.
pub fn read(shape: &'static Shape, form: &Form<'_>) -> Result<Structure, Fault> {
    let mut root = members(shape);
    for (name, value) in form.iter() {
        put_member(&mut root, shape, name, value)?;
    }
    finish_structure(shape, root)
}

/// A document that is still being read: its list items and map entries are where their numbers say.
enum Draft {
    Leaf(Document),
    Structure(Vec<Option<Draft>>),
    List(BTreeMap<u32, Option<Draft>>),
    Map(BTreeMap<u32, Entry>),
}

#[derive(Default)]
struct Entry {
    key: Option<Draft>,
    value: Option<Draft>,
}

/// How many dots a parameter's name may have: what bounds the depth of a shape that contains itself.
const MAX_DEPTH: usize = 64;

/// The most that AWS's services count list items to; a number beyond it is not an index.
const MAX_INDEX: u32 = i32::MAX as u32;
/// So many places of a list may be left out at a stretch.
const WIDEST_GAP: u32 = 10;

fn members(shape: &Shape) -> Vec<Option<Draft>> {
    let mut members = Vec::new();
    members.resize_with(shape.members().len(), || None);
    members
}

fn put_member(into: &mut [Option<Draft>], shape: &Shape, name: &str, value: &str) -> Result<(), Fault> {
    let (first, rest) = split(name);
    let Some(index) = shape.members().iter().position(|m| m.wire == first) else {
        return Ok(());
    };
    if name.bytes().filter(|byte| *byte == b'.').count() > MAX_DEPTH {
        return Err(malformed("The input is nested too deeply"));
    }
    match (shape.members().get(index), into.get_mut(index)) {
        (Some(member), Some(slot)) => put(slot, member.shape, rest, value),
        _ => Ok(()),
    }
}

/// Puts a value where `rest`, what is left of the parameter's name, says.
fn put(
    slot: &mut Option<Draft>,
    shape: &'static Shape,
    rest: Option<&str>,
    value: &str,
) -> Result<(), Fault> {
    match (&shape.kind, rest) {
        (Kind::Structure(_), Some(rest)) => {
            let draft = slot.get_or_insert_with(|| Draft::Structure(members(shape)));
            match draft {
                Draft::Structure(members) => put_member(members, shape, rest, value),
                _ => Err(duplicate()),
            }
        }
        // `Tags=` is how clients write an empty list.
        (Kind::Structure(_), None) if value.is_empty() => {
            slot.get_or_insert_with(|| Draft::Structure(members(shape)));
            Ok(())
        }
        (Kind::List(_), None) if value.is_empty() => {
            slot.get_or_insert_with(|| Draft::List(BTreeMap::new()));
            Ok(())
        }
        (Kind::Map(_), None) if value.is_empty() => {
            slot.get_or_insert_with(|| Draft::Map(BTreeMap::new()));
            Ok(())
        }
        (Kind::List(list), Some(rest)) => put_item(slot, list, rest, value),
        (Kind::Map(map), Some(rest)) => put_entry(slot, map, rest, value),
        (Kind::Structure(_) | Kind::Map(_), None) => Err(malformed("Unexpected complex element termination")),
        (Kind::List(_), None) => Err(malformed("Unexpected list element termination")),
        (_, None) => match slot {
            None => {
                *slot = Some(Draft::Leaf(leaf(shape, value)?));
                Ok(())
            }
            Some(_) => Err(duplicate()),
        },
        (_, Some(rest)) => {
            let (first, _) = split(rest);
            Err(malformed(if first == "member" || index(first).is_some() {
                "Start of list found where not expected"
            } else {
                "Start of structure or map found where not expected."
            }))
        }
    }
}

/// `member.1.Key`, or `1.Key` where the list is flattened.
fn put_item(slot: &mut Option<Draft>, list: &List, rest: &str, value: &str) -> Result<(), Fault> {
    let unexpected = || malformed("Unexpected list element termination");
    let rest = match list.flattened {
        true => rest,
        false => match split(rest) {
            (first, Some(rest)) if first == list.item_name => rest,
            _ => return Err(unexpected()),
        },
    };
    let (number, rest) = split(rest);
    let number = place(number)?;
    match slot.get_or_insert_with(|| Draft::List(BTreeMap::new())) {
        Draft::List(items) => put(items.entry(number).or_default(), list.item, rest, value),
        _ => Err(duplicate()),
    }
}

/// `entry.1.key` and `entry.1.value`, or `1.key` where the map is flattened.
fn put_entry(slot: &mut Option<Draft>, map: &Map, rest: &str, value: &str) -> Result<(), Fault> {
    let unexpected = || malformed("Unexpected complex element termination");
    let rest = match map.flattened {
        true => rest,
        false => match split(rest) {
            ("entry", Some(rest)) => rest,
            _ => return Err(unexpected()),
        },
    };
    let (number, rest) = split(rest);
    let number = index(number).ok_or_else(unexpected)?;
    let (part, rest) = split(rest.ok_or_else(unexpected)?);
    match slot.get_or_insert_with(|| Draft::Map(BTreeMap::new())) {
        Draft::Map(entries) => {
            let entry = entries.entry(number).or_default();
            if part == map.key_name {
                put(&mut entry.key, map.key, rest, value)
            } else if part == map.value_name {
                put(&mut entry.value, map.value, rest, value)
            } else {
                Err(unexpected())
            }
        }
        _ => Err(duplicate()),
    }
}

/// A single value. An empty one is a string or nothing sensible.
fn leaf(shape: &Shape, text: &str) -> Result<Document, Fault> {
    let cannot = |kind: &str| malformed(format!("{} can not be converted to {kind}", shown(shape, text)));
    match shape.kind {
        Kind::String => Ok(Document::String(text.to_owned())),
        Kind::Boolean if matches!(text, "true" | "1") => Ok(Document::Boolean(true)),
        Kind::Boolean if matches!(text, "false" | "0") => Ok(Document::Boolean(false)),
        Kind::Boolean => Err(cannot("a Boolean")),
        Kind::Integer => match text.parse::<i32>() {
            Ok(value) => Ok(Document::Integer(i64::from(value))),
            Err(_) => Err(cannot("an Integer")),
        },
        Kind::Long => match text.parse::<i64>() {
            Ok(value) => Ok(Document::Integer(value)),
            Err(_) => Err(cannot("a Long")),
        },
        Kind::Float | Kind::Double => match text.parse::<f64>() {
            Ok(value) => Ok(Document::Double(value)),
            Err(_) => Err(cannot("a Double")),
        },
        Kind::Timestamp(_) => match timestamp::parse(text) {
            Some(moment) => Ok(Document::Timestamp(moment)),
            None => Err(malformed("timestamp must follow ISO8601")),
        },
        Kind::Blob => match BASE64.decode(text) {
            Ok(bytes) => Ok(Document::Blob(bytes)),
            Err(_) => Err(malformed("Value is not valid Base64")),
        },
        Kind::Structure(_) | Kind::List(_) | Kind::Map(_) => {
            Err(malformed("Unexpected complex element termination"))
        }
    }
}

/// Clients may leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The value as a message shows it: short, and never a secret.
fn shown(shape: &Shape, text: &str) -> String {
    if shape.sensitive {
        return "Value".to_owned();
    }
    text.chars().take(64).collect()
}

fn finish_structure(shape: &'static Shape, members: Vec<Option<Draft>>) -> Result<Structure, Fault> {
    let mut structure = Structure::new(shape);
    for (index, (member, draft)) in shape.members().iter().zip(members).enumerate() {
        if let Some(draft) = draft {
            structure.set(index, Some(finish(member.shape, draft)?));
        }
    }
    Ok(structure)
}

fn finish(shape: &'static Shape, draft: Draft) -> Result<Document, Fault> {
    Ok(match (draft, &shape.kind) {
        (Draft::Leaf(document), _) => document,
        (Draft::Structure(members), _) => Document::Structure(finish_structure(shape, members)?),
        (Draft::List(items), Kind::List(list)) => Document::List({
            refuse_sparse(&items)?;
            // An item of which nothing was understood is still an item: `Tags.member.1.Unknown`.
            items.into_values().flatten().map(|item| finish(list.item, item)).collect::<Result<_, _>>()?
        }),
        (Draft::Map(entries), Kind::Map(map)) => {
            let mut out: Vec<(String, Document)> = Vec::with_capacity(entries.len());
            for entry in entries.into_values() {
                let (Some(Draft::Leaf(Document::String(key))), Some(value)) = (entry.key, entry.value) else {
                    return Err(malformed("Unexpected complex element termination"));
                };
                if out.iter().any(|(there, _)| *there == key) {
                    return Err(duplicate());
                }
                out.push((key, finish(map.value, value)?));
            }
            Document::Map(out)
        }
        (Draft::List(_) | Draft::Map(_), _) => return Err(duplicate()),
    })
}

/// The first part of a dotted name, and the rest.
fn split(name: &str) -> (&str, Option<&str>) {
    match name.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (name, None),
    }
}

/// A position in a list, as clients count: from 1, some from 0.
fn index(text: &str) -> Option<u32> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|index| *index <= MAX_INDEX)
}

/// A place in a list, from 1 on.
fn place(text: &str) -> Result<u32, Fault> {
    if text.starts_with('-') {
        return Err(malformed(format!("Key {text} may not have a leading '-'")));
    }
    match index(text) {
        Some(0) => Err(malformed("0 is not a valid index")),
        Some(place) => Ok(place),
        None => Err(malformed("Start of list found where not expected")),
    }
}

/// Refuses a list with a wide gap between its places.
fn refuse_sparse<T>(items: &BTreeMap<u32, T>) -> Result<(), Fault> {
    let mut filled = 1;
    for place in items.keys() {
        let skipped = place.saturating_sub(filled);
        if skipped > WIDEST_GAP {
            let message = format!("Excessively sparse input would skip {skipped} list elements");
            return Err(malformed(message));
        }
        filled = *place;
    }
    Ok(())
}

fn malformed(message: impl Into<String>) -> Fault {
    Fault::sender("MalformedInput", 400, message)
}

/// Which of two values was meant cannot be known, so neither is taken.
fn duplicate() -> Fault {
    malformed("A parameter may be specified only once")
}
