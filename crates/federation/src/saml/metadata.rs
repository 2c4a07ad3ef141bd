//! What a provider's metadata say of it (SAML V2.0 Metadata).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use crate::signature::PublicKey;
use crate::xml::{self, Bounds};

/// An identity provider.
#[derive(Debug, Clone)]
pub struct Metadata {
    /// Its id, which is the issuer of its assertions.
    pub entity_id: String,
    /// The keys that it signs with. Their certificates are envelopes: when these end is not looked at (AWS: "Create a SAML
    /// identity provider in IAM").
    pub keys: Vec<PublicKey>,
    /// Until when the metadata hold, where they say it.
    pub valid_until: Option<Timestamp>,
    /// Where users sign in: binding and address.
    pub sign_on: Vec<(String, String)>,
}

/// The document does not describe an identity provider.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the document does not describe an identity provider")]
pub struct MetadataUnreadable;

impl Metadata {
    /// Reads a document that describes one entity.
    pub fn parse(text: &str) -> Result<Self, MetadataUnreadable> {
        read(text).ok_or(MetadataUnreadable)
    }
}

fn read(text: &str) -> Option<Metadata> {
    let document = xml::parse(text, Bounds::METADATA)?;
    let entity = document.root_element();
    if !entity.has_tag_name((NAMESPACE, "EntityDescriptor")) {
        return None;
    }
    let provider = xml::only(entity, NAMESPACE, "IDPSSODescriptor")?;
    let descriptors = xml::children(provider, NAMESPACE, "KeyDescriptor")
        .filter(|descriptor| descriptor.attribute("use") != Some("encryption"));
    let certificates = descriptors
        .flat_map(|descriptor| descriptor.descendants())
        .filter(|node| node.has_tag_name((super::signed::NAMESPACE, "X509Certificate")));
    let keys = certificates.filter_map(|node| {
        let base64: String = node.text()?.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        PublicKey::of_certificate(&STANDARD.decode(base64).ok()?)
    });
    let sign_on = xml::children(provider, NAMESPACE, "SingleSignOnService").filter_map(|service| {
        Some((service.attribute("Binding")?.to_owned(), service.attribute("Location")?.to_owned()))
    });
    Some(Metadata {
        entity_id: entity.attribute("entityID").filter(|id| !id.is_empty())?.to_owned(),
        keys: keys.take(MAX_KEYS).collect(),
        valid_until: match entity.attribute("validUntil") {
            Some(until) => Some(until.parse().ok()?),
            None => None,
        },
        sign_on: sign_on.collect(),
    })
}

const NAMESPACE: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
/// Each key costs a verification.
const MAX_KEYS: usize = 10;
