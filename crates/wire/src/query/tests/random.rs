//! Round trips of random documents: out as XML or as a form, back by an independent reader or by ours.

use base64::Engine;
use jiff::Timestamp;
use proptest::prelude::*;
use roxmltree::Node;

use crate::document::{Document, Structure};
use crate::fixture::{DO_EVERYTHING, EVERYTHING};
use crate::query::{Form, read, success};
use crate::shape::{Kind, Shape};

/// A random document of a shape. Texts have every character that XML can carry.
fn document(shape: &'static Shape) -> BoxedStrategy<Document> {
    match &shape.kind {
        Kind::String => r"[\t\n\r -\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]{0,12}"
            .prop_map(Document::String)
            .boxed(),
        Kind::Boolean => any::<bool>().prop_map(Document::Boolean).boxed(),
        Kind::Integer => any::<i32>().prop_map(|value| Document::Integer(value.into())).boxed(),
        Kind::Long => any::<i64>().prop_map(Document::Integer).boxed(),
        Kind::Float | Kind::Double => any::<f64>().prop_map(Document::Double).boxed(),
        Kind::Blob => any::<Vec<u8>>().prop_map(Document::Blob).boxed(),
        Kind::Timestamp(_) => (-60_000_000_000_i64..200_000_000_000)
            .prop_map(|second| Document::Timestamp(Timestamp::from_second(second).unwrap()))
            .boxed(),
        Kind::List(list) => {
            // An empty flattened list is not seen on the wire at all.
            let least = usize::from(list.flattened);
            prop::collection::vec(document(list.item), least..4).prop_map(Document::List).boxed()
        }
        Kind::Map(map) => {
            let least = usize::from(map.flattened);
            prop::collection::btree_map("[a-zé&<]{0,6}", document(map.value), least..4)
                .prop_map(|map| Document::Map(map.into_iter().collect()))
                .boxed()
        }
        Kind::Structure(_) => structure(shape).prop_map(Document::Structure).boxed(),
    }
}

fn structure(shape: &'static Shape) -> BoxedStrategy<Structure> {
    let members: Vec<_> =
        shape.members().iter().map(|member| prop::option::of(document(member.shape))).collect();
    members
        .prop_map(move |members| {
            let mut structure = Structure::new(shape);
            for (index, member) in members.into_iter().enumerate() {
                structure.set(index, member);
            }
            structure
        })
        .boxed()
}

/// Reads a response's elements as a client does.
fn from_xml(shape: &'static Shape, node: Node<'_, '_>) -> Document {
    let text: String = node.children().filter_map(|child| child.text()).collect();
    let children = |name: &str| -> Vec<Node<'_, '_>> {
        node.children().filter(|child| child.tag_name().name() == name).collect()
    };
    match &shape.kind {
        Kind::String if shape.url_encoded => {
            let bytes: &'static [u8] = Box::leak(text.into_bytes().into_boxed_slice());
            Document::String(crate::percent::decode_form(bytes).unwrap().into_owned())
        }
        Kind::String => Document::String(text),
        Kind::Boolean => Document::Boolean(text == "true"),
        Kind::Integer | Kind::Long => Document::Integer(text.parse().unwrap()),
        Kind::Float | Kind::Double => Document::Double(text.replace("Infinity", "inf").parse().unwrap()),
        Kind::Blob => Document::Blob(base64::engine::general_purpose::STANDARD.decode(text).unwrap()),
        Kind::Timestamp(_) => Document::Timestamp(crate::timestamp::parse(&text).unwrap()),
        Kind::List(list) => {
            Document::List(children("member").iter().map(|item| from_xml(list.item, *item)).collect())
        }
        Kind::Map(map) => Document::Map(children("entry").iter().map(|entry| pair(map, *entry)).collect()),
        Kind::Structure(members) => {
            let mut structure = Structure::new(shape);
            for (index, member) in members.iter().enumerate() {
                let found = children(member.wire);
                let document = match &member.shape.kind {
                    _ if found.is_empty() => continue,
                    Kind::List(list) if list.flattened => {
                        Document::List(found.iter().map(|item| from_xml(list.item, *item)).collect())
                    }
                    Kind::Map(map) if map.flattened => {
                        Document::Map(found.iter().map(|entry| pair(map, *entry)).collect())
                    }
                    _ => from_xml(member.shape, found[0]),
                };
                structure.set(index, Some(document));
            }
            Document::Structure(structure)
        }
    }
}

fn pair(map: &crate::shape::Map, entry: Node<'_, '_>) -> (String, Document) {
    let part = |name: &str| entry.children().find(|child| child.tag_name().name() == name).unwrap();
    let key = part(map.key_name).text().unwrap_or_default().to_owned();
    (key, from_xml(map.value, part(map.value_name)))
}

/// Writes a document as a client writes its parameters.
fn to_form(name: &str, shape: &Shape, document: &Document, out: &mut Vec<(String, String)>) {
    let dot = |rest: &str| if name.is_empty() { rest.to_owned() } else { format!("{name}.{rest}") };
    let mut leaf = |text: String| out.push((name.to_owned(), text));
    match (document, &shape.kind) {
        (Document::String(text), _) => leaf(text.clone()),
        (Document::Boolean(value), _) => leaf(value.to_string()),
        (Document::Integer(value), _) => leaf(value.to_string()),
        (Document::Double(value), _) => leaf(value.to_string()),
        (Document::Blob(bytes), _) => leaf(base64::engine::general_purpose::STANDARD.encode(bytes)),
        (Document::Timestamp(moment), _) => leaf(moment.to_string()),
        (Document::List(items), _) if items.is_empty() => leaf(String::new()),
        (Document::Map(entries), _) if entries.is_empty() => leaf(String::new()),
        (Document::List(items), Kind::List(list)) => {
            let base = if list.flattened { name.to_owned() } else { dot("member") };
            for (number, item) in items.iter().enumerate() {
                to_form(&format!("{base}.{}", number + 1), list.item, item, out);
            }
        }
        (Document::Map(entries), Kind::Map(map)) => {
            let base = if map.flattened { name.to_owned() } else { dot("entry") };
            for (number, (key, value)) in entries.iter().enumerate() {
                let base = format!("{base}.{}", number + 1);
                out.push((format!("{base}.{}", map.key_name), key.clone()));
                to_form(&format!("{base}.{}", map.value_name), map.value, value, out);
            }
        }
        (Document::Structure(structure), _) => {
            let before = out.len();
            for (index, member) in structure.shape().members().iter().enumerate() {
                if let Some(value) = structure.at(index) {
                    to_form(&dot(member.wire), member.shape, value, out);
                }
            }
            if out.len() == before && !name.is_empty() {
                out.push((name.to_owned(), String::new()));
            }
        }
        _ => unreachable!("a document of its shape"),
    }
}

proptest! {
    #[test]
    fn what_is_written_as_xml_reads_back(output in structure(&EVERYTHING)) {
        let xml = success(&DO_EVERYTHING, &output, "id");
        let parsed = roxmltree::Document::parse(&xml).unwrap();
        let result = parsed.root_element().first_element_child().unwrap();
        let back = from_xml(&EVERYTHING, result);
        prop_assert_eq!(back, Document::Structure(output), "{}", xml);
    }

    #[test]
    fn what_a_client_sends_is_read_in_any_order(
        (input, order) in structure(&EVERYTHING).prop_flat_map(|input| {
            let mut parameters = Vec::new();
            to_form("", &EVERYTHING, &Document::Structure(input.clone()), &mut parameters);
            (Just(input), Just(parameters).prop_shuffle())
        })
    ) {
        let mut body = String::new();
        for (name, value) in &order {
            body.push_str(name);
            body.push('=');
            crate::percent::encode(value, &mut body);
            body.push('&');
        }
        let back = read(&EVERYTHING, &Form::parse(body.as_bytes()).unwrap()).unwrap();
        prop_assert_eq!(back, input, "{}", body);
    }

    #[test]
    fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(form) = Form::parse(&body) {
            let _ = read(&EVERYTHING, &form);
        }
    }

    #[test]
    fn no_parameters_panic(body in "((UserName|Tags|Line|Label|TheTag|SAMLSummary|Bytes|Moment)(\\.(member|entry|[0-9]{1,3}|Key|key|value|Name|Tag)){0,4}=(|a|1|true|aGk)&){0,6}") {
        let form = Form::parse(body.as_bytes()).unwrap();
        if let Ok(input) = read(&EVERYTHING, &form) {
            let _ = crate::validate(&crate::fixture::LOUD, &input);
            roxmltree::Document::parse(&success(&DO_EVERYTHING, &input, "id")).unwrap();
        }
    }
}
