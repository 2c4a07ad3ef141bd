//! What IAM asks of a SAML metadata document, and what it learns from it.

use api::iam::faults;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use roxmltree::{Document, Node, ParsingOptions};
use wire::Fault;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// Reads the metadata of an identity provider; answers the instant until which they hold, where they say it.
///
/// They describe one entity, with an id, that is an identity provider: it can be signed in at, and has at least one
/// certificate to check signatures with.
pub(super) fn read(text: &str) -> Result<Option<Timestamp>, Fault> {
    parsed(text).ok_or_else(|| faults::invalid_input("Could not parse metadata"))
}

fn parsed(text: &str) -> Option<Option<Timestamp>> {
    // No document type: it could define entities and refer to files.
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).ok()?;
    let entity = document.root_element();
    if !entity.has_tag_name((METADATA, "EntityDescriptor")) || entity.attribute("entityID")?.is_empty() {
        return None;
    }
    let provider = child(entity, METADATA, "IDPSSODescriptor")?;
    child(provider, METADATA, "SingleSignOnService")?;
    let mut certificates = provider
        .children()
        .filter(|key| {
            key.has_tag_name((METADATA, "KeyDescriptor")) && key.attribute("use") != Some("encryption")
        })
        .flat_map(|key| key.descendants())
        .filter(|node| node.has_tag_name((SIGNATURE, "X509Certificate")))
        .peekable();
    certificates.peek()?;
    if !certificates.all(|node| node.text().is_some_and(is_certificate)) {
        return None;
    }
    match entity.attribute("validUntil") {
        Some(until) => Some(Some(until.parse().ok()?)),
        None => Some(None),
    }
}

fn child<'a, 'input>(node: Node<'a, 'input>, namespace: &str, name: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|child| child.has_tag_name((namespace, name)))
}

/// Whether a text is a certificate in base64, which may be broken into lines.
fn is_certificate(text: &str) -> bool {
    let base64: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD
        .decode(base64)
        .is_ok_and(|der| X509Certificate::from_der(&der).is_ok_and(|(rest, _)| rest.is_empty()))
}

/// The namespace of metadata (SAML V2.0 Metadata, section 1.1).
const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";

/// The namespace of XML signatures.
const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";

/// So many nodes bound the memory that reading takes; real documents have some hundred.
const MOST_NODES: u32 = 200_000;
