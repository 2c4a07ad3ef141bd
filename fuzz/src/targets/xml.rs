//! What we write: responses and faults are well-formed XML and say what was meant, whatever text is in them.

use quick_xml::{Reader, events::Event};
use wire::{Fault, query};

use crate::target::{Seen, Target};

/// See the module.
pub const TARGET: Target = Target { name: "xml", seeds, words: WORDS, body };

fn body(data: &[u8]) -> Seen {
    let text = String::from_utf8_lossy(data);
    let fault = Fault::sender("NoSuchEntity", 404, text.as_ref());
    let xml = query::fault(&api::iam::SERVICE, &fault, "id");
    let said = text_of(&xml, b"Message");
    let meant: String = text.chars().filter(|&c| is_xml(c)).collect();
    let said_plainly: String =
        said.chars().filter(|&c| is_xml(c) && c != char::REPLACEMENT_CHARACTER).collect();
    let meant_plainly: String = meant.chars().filter(|&c| c != char::REPLACEMENT_CHARACTER).collect();
    assert_eq!(said_plainly, meant_plainly, "{xml}");

    // Any input may stand in a response: here as if it were the output.
    let form = query::Form::parse(data);
    let operation = api::iam::SERVICE.operation("CreateUser").expect("an operation of the model");
    let echoed = form.ok().and_then(|form| query::read(operation.input, &form).ok());
    let Some(echoed) = echoed else { return Seen::refused(xml.len() % 64) };
    let xml = query::success(operation, &echoed, "id");
    well_formed(&xml);
    Seen::accepted(xml.len() % 64)
}

/// The text of the first element of a name.
fn text_of(xml: &str, name: &[u8]) -> String {
    let (mut inside, mut text) = (false, String::new());
    read(xml, |event| match event {
        Event::Start(start) if start.name().as_ref() == name => inside = true,
        Event::End(end) if end.name().as_ref() == name => inside = false,
        Event::Text(part) if inside => text.push_str(&part.decode().expect("UTF-8")),
        Event::GeneralRef(reference) if inside => {
            let character = reference.resolve_char_ref().expect("a character").or_else(|| {
                let name = reference.decode().expect("UTF-8");
                quick_xml::escape::resolve_xml_entity(&name).and_then(|text| text.chars().next())
            });
            text.push(character.unwrap_or_else(|| panic!("an entity that XML does not have: {reference:?}")));
        }
        _ => {}
    });
    text
}

fn well_formed(xml: &str) {
    read(xml, |_| {});
}

fn read(xml: &str, mut see: impl FnMut(&Event<'_>)) {
    assert!(xml.chars().all(is_xml), "a character that XML 1.0 does not have: {xml:?}");
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let mut depth = 0;
    loop {
        match reader.read_event() {
            Ok(Event::Eof) => break,
            Ok(event) => {
                match &event {
                    Event::Start(start) => {
                        depth += 1;
                        for attribute in start.attributes() {
                            attribute.expect("an attribute");
                        }
                    }
                    Event::End(_) => depth -= 1,
                    _ => {}
                }
                see(&event);
            }
            Err(error) => panic!("not well-formed: {error}\n{xml}"),
        }
    }
    assert_eq!(depth, 0, "{xml}");
}

/// The characters of XML 1.0 ("Extensible Markup Language (XML) 1.0", production Char).
fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        "The user with name alice cannot be found.",
        "UserName=<a>%26amp;&Path=%2F]]>&Tags.member.1.Key=%3C&Tags.member.1.Value=%00",
        "<![CDATA[x]]>&#x0;&lt;\u{0}\u{1f}\u{7f}\u{fffe}\r\n\t\"'",
    ];
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

const WORDS: &[&str] = &[
    "<",
    ">",
    "&",
    "\"",
    "'",
    "]]>",
    "<![CDATA[",
    "<!--",
    "-->",
    "<?xml?>",
    "&amp;",
    "&#0;",
    "&#x1F;",
    "%00",
    "%0D",
    "%EF%BF%BE",
    "UserName=",
    "&Path=",
    "&Tags.member.1.Key=",
    "\r",
    "\r\n",
    "\u{b}",
    "\u{fffe}",
    "\u{85}",
    "\u{2028}",
];
