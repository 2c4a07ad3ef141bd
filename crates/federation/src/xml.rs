//! XML as assertions need it: small, plain, and read in one way only.

pub(crate) mod c14n;

use std::collections::HashSet;

use roxmltree::{Document, Node, ParsingOptions};

/// Bounds of a document, checked before and after it is parsed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Its bytes.
    pub(crate) bytes: usize,
    /// Its nodes: elements, texts, attributes.
    pub(crate) nodes: u32,
}

impl Bounds {
    /// Of a response and of what is decrypted from one: AWS takes 100,000 characters of base64.
    pub(crate) const RESPONSE: Self = Self { bytes: 100_000, nodes: 10_000 };
    /// Of metadata: AWS takes ten million characters.
    pub(crate) const METADATA: Self = Self { bytes: 10_000_000, nodes: 200_000 };
}

/// Parses a document without a document type, so without entities and external references, and of bounded size and depth.
pub(crate) fn parse(text: &str, bounds: Bounds) -> Option<Document<'_>> {
    // Namespace declarations are inherited by every element below, so their number is bounded too.
    if text.len() > bounds.bytes || text.matches("xmlns").nth(MAX_DECLARATIONS).is_some() {
        return None;
    }
    let options = ParsingOptions { allow_dtd: false, nodes_limit: bounds.nodes, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).ok()?;
    is_shallow(&document).then_some(document)
}

/// Parses a document of which every byte must mean the same to everybody: no comments, no processing instructions (they
/// split texts, and canonical forms leave comments out), and no id twice.
pub(crate) fn parse_strictly(text: &str, bounds: Bounds) -> Option<Document<'_>> {
    let document = parse(text, bounds)?;
    let mut ids = HashSet::new();
    for node in document.descendants() {
        if node.is_comment() || node.is_pi() {
            return None;
        }
        let own = node.attributes().filter(|attribute| attribute.name().eq_ignore_ascii_case("id"));
        for id in own {
            if !ids.insert(id.value()) {
                return None;
            }
        }
    }
    Some(document)
}

fn is_shallow(document: &Document<'_>) -> bool {
    let mut node = Some(document.root_element());
    let mut depth = 0_usize;
    // Down, across and up again, without a stack of our own.
    while let Some(here) = node {
        if depth > MAX_DEPTH {
            return false;
        }
        if let Some(child) = here.first_element_child() {
            depth += 1;
            node = Some(child);
            continue;
        }
        let mut up = here;
        node = loop {
            if depth == 0 {
                break None;
            }
            if let Some(next) = up.next_sibling_element() {
                break Some(next);
            }
            let Some(parent) = up.parent_element() else { break None };
            depth -= 1;
            up = parent;
        };
    }
    true
}

/// The children of an element that are elements.
pub(crate) fn elements<'a, 'i>(node: Node<'a, 'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(Node::is_element)
}

/// The children with a name.
pub(crate) fn children<'a, 'i>(
    node: Node<'a, 'i>,
    namespace: &'static str,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| child.has_tag_name((namespace, name)))
}

/// The only child with a name; none if there is none or there are several.
pub(crate) fn only<'a, 'i>(
    node: Node<'a, 'i>,
    namespace: &'static str,
    name: &'static str,
) -> Option<Node<'a, 'i>> {
    let mut found = children(node, namespace, name);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// The whole text of an element that holds nothing but text, without white space around it.
pub(crate) fn text(node: Node<'_, '_>) -> Option<String> {
    let mut text = String::new();
    for child in node.children() {
        // A first text alone would be what stands before a comment; everything or nothing.
        text.push_str(child.text().filter(|_| child.is_text())?);
    }
    Some(text.trim().to_owned())
}

const MAX_DEPTH: usize = 64;
const MAX_DECLARATIONS: usize = 2_000;
