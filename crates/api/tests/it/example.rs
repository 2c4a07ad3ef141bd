//! Examples made from shapes: values that satisfy every constraint, and the parameters that say them.

use wire::{Document, Kind, Shape, Structure};

/// The longest text an example has, where the shape allows more.
const LONG: i64 = 200_000;

/// A value of the shape with every member set.
pub(crate) fn maximal(shape: &'static Shape) -> Document {
    match &shape.kind {
        Kind::Structure(members) => {
            let mut structure = Structure::new(shape);
            for (index, member) in members.iter().enumerate() {
                structure.set(index, Some(maximal(member.shape)));
            }
            Document::Structure(structure)
        }
        Kind::List(list) => {
            let length = shape.min.unwrap_or(0).max(2).min(shape.max.unwrap_or(2));
            Document::List((0..length).map(|_| maximal(list.item)).collect())
        }
        Kind::Map(map) => Document::Map(vec![(text(map.key, None), maximal(map.value))]),
        Kind::String => Document::String(text(shape, None)),
        Kind::Blob => Document::Blob(vec![7; usize::try_from(shape.min.unwrap_or(3).max(3)).unwrap()]),
        Kind::Boolean => Document::Boolean(true),
        Kind::Integer | Kind::Long => {
            Document::Integer(7.max(shape.min.unwrap_or(7)).min(shape.max.unwrap_or(7)))
        }
        Kind::Float | Kind::Double => Document::Double(1.5),
        Kind::Timestamp(_) => Document::Timestamp("2026-11-22T15:04:05Z".parse().unwrap()),
    }
}

fn text(shape: &Shape, length: Option<i64>) -> String {
    if let Some(value) = shape.values.first() {
        return (*value).to_owned();
    }
    let lengths = match length {
        Some(length) => length..=length,
        None => shape.min.unwrap_or(1)..=shape.max.unwrap_or(LONG).min(shape.min.unwrap_or(1) + 100),
    };
    lengths
        .clone()
        .find_map(|length| of_length(shape, length))
        .unwrap_or_else(|| panic!("no example of {shape:?} with {lengths:?} characters"))
}

/// A text of this many characters that matches the shape's pattern, where one of the usual forms does.
pub(crate) fn of_length(shape: &Shape, length: i64) -> Option<String> {
    if length > LONG {
        return None;
    }
    let length = usize::try_from(length).ok()?;
    let around = |start: &str, fill: &str, end: &str| {
        let fixed = start.len() + end.len();
        (length >= fixed).then(|| format!("{start}{}{end}", fill.repeat(length - fixed)))
    };
    [
        around("", "a", ""),
        around("", "7", ""),
        around("", "A", ""),
        around("/", "a", "/"),
        around("/", "a", ""),
        around("v1", "", ""),
        around("o-aaaaaaaaaa/r-aaaa", "a", ""),
        around("o-", "a", ""),
        around("p-", "a", ""),
        around("https://", "a", ""),
    ]
    .into_iter()
    .flatten()
    .filter(|text| text.chars().count() == length)
    .find(|text| shape.pattern.is_none_or(|pattern| pattern.matches(text)))
}

/// The request's body as a client writes it.
pub(crate) fn body(action: &str, input: &Document) -> String {
    let mut body = format!("Action={action}");
    parameters("", input, &mut body);
    body
}

fn parameters(name: &str, document: &Document, out: &mut String) {
    let dot = |rest: String| if name.is_empty() { rest } else { format!("{name}.{rest}") };
    let mut leaf = |text: &str| {
        out.push('&');
        out.push_str(name);
        out.push('=');
        for byte in text.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(char::from(byte)),
                _ => out.push_str(&format!("%{byte:02X}")),
            }
        }
    };
    match document {
        Document::String(text) => leaf(text),
        Document::Boolean(value) => leaf(&value.to_string()),
        Document::Integer(value) => leaf(&value.to_string()),
        Document::Double(value) => leaf(&value.to_string()),
        Document::Timestamp(moment) => leaf(&moment.to_string()),
        // "BwcH" is three bytes of 7.
        Document::Blob(bytes) => leaf(&"BwcH".repeat(bytes.len() / 3)),
        Document::List(items) if items.is_empty() => leaf(""),
        Document::List(items) => {
            for (number, item) in (1..).zip(items) {
                parameters(&dot(format!("member.{number}")), item, out);
            }
        }
        Document::Map(entries) => {
            for (number, (key, value)) in (1..).zip(entries) {
                parameters(&dot(format!("entry.{number}.key")), &Document::String(key.clone()), out);
                parameters(&dot(format!("entry.{number}.value")), value, out);
            }
        }
        Document::Structure(structure) => {
            let members = structure.shape().members().len();
            if !name.is_empty() && (0..members).all(|index| structure.at(index).is_none()) {
                leaf("");
            }
            for (index, member) in structure.shape().members().iter().enumerate() {
                if let Some(value) = structure.at(index) {
                    parameters(&dot(member.wire.to_owned()), value, out);
                }
            }
        }
    }
}
