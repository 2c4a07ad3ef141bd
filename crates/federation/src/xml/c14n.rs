//! Exclusive XML Canonicalization 1.0, without comments (W3C Recommendation of 18 July 2002), of a subtree.
//!
//! The parser has normalised line ends and attribute values by then, and the documents that come here hold neither comments
//! nor processing instructions.

use std::collections::BTreeMap;

use roxmltree::{Attribute, Node, NodeId};

/// The canonical form of an element and what is in it, without one of its descendants, where one is named.
///
/// `inclusive` are the prefixes whose declarations are kept wherever they are in force (`InclusiveNamespaces`);
/// `#default` stands for the default namespace.
pub(crate) fn exclusive(apex: Node<'_, '_>, without: Option<NodeId>, inclusive: &[&str]) -> String {
    let mut writer = Writer { out: String::new(), rendered: Vec::new(), without, inclusive };
    writer.element(apex);
    writer.out
}

struct Writer<'a> {
    out: String,
    /// The declarations that are written and in force: prefix and namespace, the innermost last.
    rendered: Vec<(String, String)>,
    without: Option<NodeId>,
    inclusive: &'a [&'a str],
}

impl Writer<'_> {
    /// As deep as the document, which is bounded.
    fn element(&mut self, node: Node<'_, '_>) {
        let mark = self.rendered.len();
        let name = element_name(node);
        self.out.push('<');
        self.out.push_str(name);
        self.declarations(node, name);
        self.attributes(node);
        self.out.push('>');
        for child in node.children() {
            if Some(child.id()) == self.without {
                continue;
            }
            if child.is_element() {
                self.element(child);
            } else if let Some(text) = child.text().filter(|_| child.is_text()) {
                push_text(&mut self.out, text);
            }
        }
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
        self.rendered.truncate(mark);
    }

    /// The declarations of the prefixes that the element itself and its attributes use, and of those that are named,
    /// unless they are in force already.
    fn declarations(&mut self, node: Node<'_, '_>, name: &str) {
        // The default namespace is the empty prefix, which sorts first.
        let mut needed: BTreeMap<&str, &str> = BTreeMap::new();
        needed.insert(prefix_of(name), node.tag_name().namespace().unwrap_or_default());
        for attribute in node.attributes() {
            let prefix = prefix_of(attribute_name(node, &attribute));
            if !prefix.is_empty() {
                needed.insert(prefix, attribute.namespace().unwrap_or_default());
            }
        }
        for &prefix in self.inclusive {
            let (prefix, asked) = if prefix == "#default" { ("", None) } else { (prefix, Some(prefix)) };
            if let Some(namespace) = node.lookup_namespace_uri(asked) {
                needed.entry(prefix).or_insert(namespace);
            }
        }
        needed.remove("xml");
        for (prefix, namespace) in needed {
            let known = self.rendered.iter().rev().find(|(have, _)| have == prefix);
            let is_in_force = match known {
                Some((_, have)) => have == namespace,
                None => prefix.is_empty() && namespace.is_empty(),
            };
            if is_in_force {
                continue;
            }
            self.out.push_str(" xmlns");
            if !prefix.is_empty() {
                self.out.push(':');
                self.out.push_str(prefix);
            }
            self.out.push_str("=\"");
            push_value(&mut self.out, namespace);
            self.out.push('"');
            self.rendered.push((prefix.to_owned(), namespace.to_owned()));
        }
    }

    fn attributes(&mut self, node: Node<'_, '_>) {
        let mut attributes: Vec<_> = node.attributes().collect();
        attributes.sort_by_key(|attribute| (attribute.namespace().unwrap_or_default(), attribute.name()));
        for attribute in &attributes {
            self.out.push(' ');
            self.out.push_str(attribute_name(node, attribute));
            self.out.push_str("=\"");
            push_value(&mut self.out, attribute.value());
            self.out.push('"');
        }
    }
}

/// The name as it is written, prefix included: the parser keeps only where it stands.
fn element_name<'i>(node: Node<'_, 'i>) -> &'i str {
    let text = node.document().input_text();
    let from = text.get(node.range().start + 1..).unwrap_or_default();
    let end = from.find(|c: char| c.is_ascii_whitespace() || c == '/' || c == '>').unwrap_or(from.len());
    from.get(..end).unwrap_or_default()
}

fn attribute_name<'i>(node: Node<'_, 'i>, attribute: &Attribute<'_, 'i>) -> &'i str {
    node.document().input_text().get(attribute.range_qname()).unwrap_or_default()
}

fn prefix_of(name: &str) -> &str {
    name.split_once(':').map_or("", |(prefix, _)| prefix)
}

fn push_text(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#xD;"),
            c => out.push(c),
        }
    }
}

fn push_value(out: &mut String, value: &str) {
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#x9;"),
            '\n' => out.push_str("&#xA;"),
            '\r' => out.push_str("&#xD;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::xml::{Bounds, parse};

    /// The canonical form of the first element named `apex`, or of the root.
    fn canonical(text: &str, inclusive: &[&str]) -> String {
        let document = parse(text, Bounds::RESPONSE).unwrap();
        let apex = document.descendants().find(|node| node.tag_name().name() == "apex");
        super::exclusive(apex.unwrap_or(document.root_element()), None, inclusive)
    }

    #[test]
    fn attributes_are_ordered_and_written_in_one_way() {
        let text = "<a  z='1' b:y=\"2\" xmlns:b='urn:b' a = 'x&#9;&#10;&quot;&lt;&gt;' ><e/>&#13;&gt;<![CDATA[<&]]></a >";
        assert_eq!(
            canonical(text, &[]),
            "<a xmlns:b=\"urn:b\" a=\"x&#x9;&#xA;&quot;&lt;>\" z=\"1\" b:y=\"2\"><e></e>&#xD;&gt;&lt;&amp;</a>"
        );
    }

    #[test]
    fn a_declaration_is_written_where_it_is_first_used_and_not_again() {
        let text = "<r xmlns='urn:d' xmlns:a='urn:a' xmlns:unused='urn:u'><a:apex><a:x/><y a:z=''><y/></y></a:apex></r>";
        assert_eq!(
            canonical(text, &[]),
            "<a:apex xmlns:a=\"urn:a\"><a:x></a:x><y xmlns=\"urn:d\" a:z=\"\"><y></y></y></a:apex>"
        );
    }

    #[test]
    fn a_default_namespace_is_taken_back_only_where_one_was_given() {
        let text = "<apex><b xmlns='urn:b'><c xmlns=''><d/></c></b></apex>";
        assert_eq!(canonical(text, &[]), "<apex><b xmlns=\"urn:b\"><c xmlns=\"\"><d></d></c></b></apex>");
    }

    #[test]
    fn a_prefix_may_mean_something_else_further_in() {
        let text = "<p:apex xmlns:p='urn:1'><p:b xmlns:p='urn:2'><p:c xmlns:p='urn:1'/></p:b><p:d/></p:apex>";
        assert_eq!(
            canonical(text, &[]),
            "<p:apex xmlns:p=\"urn:1\"><p:b xmlns:p=\"urn:2\"><p:c xmlns:p=\"urn:1\"></p:c></p:b><p:d></p:d></p:apex>"
        );
    }

    #[test]
    fn a_named_prefix_is_kept_though_only_a_value_uses_it() {
        let text =
            "<r xmlns:xs='urn:xs' xmlns='urn:d'><b:apex xmlns:b='urn:b' t='xs:string' xml:lang='en'/></r>";
        assert_eq!(
            canonical(text, &[]),
            "<b:apex xmlns:b=\"urn:b\" t=\"xs:string\" xml:lang=\"en\"></b:apex>"
        );
        assert_eq!(
            canonical(text, &["xs", "#default", "absent"]),
            "<b:apex xmlns=\"urn:d\" xmlns:b=\"urn:b\" xmlns:xs=\"urn:xs\" t=\"xs:string\" xml:lang=\"en\"></b:apex>"
        );
    }

    #[test]
    fn line_ends_are_one_character() {
        assert_eq!(canonical("<a>\r\n1\r2\n</a>", &[]), "<a>\n1\n2\n</a>");
        assert_eq!(canonical("<a b='1\r\n2'/>", &[]), "<a b=\"1 2\"></a>");
    }
}
