//! SAML 2.0: a response to an authentication request, verified (AWS: "Configure SAML assertions for the authentication
//! response", "AssumeRoleWithSAML").
//!
//! What is believed is position-bound: a signature counts only for the element that it is a child of, that element must be
//! the response itself or its one assertion, and the claims are read from that very element. Nothing is ever looked up by
//! its id. Keys come from the provider's metadata alone; what a signature says of its key is not read.

mod assertion;
mod attributes;
mod encryption;
mod metadata;
mod signed;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use roxmltree::Node;

pub use assertion::Assertion;
pub use attributes::{Attributes, Claims};
pub use encryption::DecryptionKey;
pub use metadata::{Metadata, MetadataUnreadable};

use crate::xml::{self, Bounds};

/// Whom the caller believes, and what a response must be for.
#[derive(Debug)]
pub struct Expectations<'a> {
    /// The provider's metadata.
    pub metadata: &'a Metadata,
    /// The addresses that this server answers to: a response's recipient, and audience, must be one of them.
    pub recipients: &'a [String],
    /// Names that may stand as audience besides.
    pub audiences: &'a [String],
    /// The keys that open encrypted assertions.
    pub keys: &'a [DecryptionKey],
    /// Whether an assertion must be encrypted.
    pub must_be_encrypted: bool,
    /// Whether SHA-1 is put up with.
    pub sha1: Sha1,
}

/// Whether signatures over SHA-1 count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sha1 {
    /// They do not.
    #[default]
    Refused,
    /// They do: for providers that cannot do better.
    Accepted,
}

/// Why a response is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResponseRefused {
    /// It is not a response in base64, or too large, or too deep, or ambiguous.
    #[error("the response cannot be read: {0}")]
    Malformed(&'static str),
    /// The provider says that it did not authenticate anybody.
    #[error("the identity provider answered with status `{0}`")]
    Status(String),
    /// Neither the response nor its assertion is signed by the provider, or a signature in it is wrong.
    #[error("the signature is not the provider's: {0}")]
    Signature(&'static str),
    /// The encrypted assertion does not open.
    #[error("the assertion cannot be decrypted")]
    Encryption,
    /// The assertion must be encrypted, and is not.
    #[error("the assertion is not encrypted")]
    NotEncrypted,
    /// Another provider issued it.
    #[error("the issuer is not the one that the metadata name")]
    Issuer,
    /// It is meant for somebody else.
    #[error("the audience is somebody else")]
    Audience,
    /// It is meant to be delivered elsewhere.
    #[error("the recipient is somebody else")]
    Recipient,
    /// It is not valid yet.
    #[error("the assertion is not valid yet")]
    NotYet,
    /// It is over.
    #[error("the assertion is over")]
    Expired,
    /// It was issued more than five minutes ago.
    #[error("the assertion was issued more than five minutes ago")]
    Stale,
    /// An attribute that AWS asks for is missing or not of its form.
    #[error("the attribute `{0}` is missing or malformed")]
    Attribute(&'static str),
}

/// Verifies a response, in base64 as a form field carries it, at an instant.
pub fn verify(
    base64: &str,
    expected: &Expectations<'_>,
    now: Timestamp,
) -> Result<Assertion, ResponseRefused> {
    let compact: String = base64.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let bytes = STANDARD.decode(compact).map_err(|_| ResponseRefused::Malformed("not base64"))?;
    let text = String::from_utf8(bytes).map_err(|_| ResponseRefused::Malformed("not UTF-8"))?;
    verify_document(&text, expected, now)
}

/// Verifies the document of a response.
pub fn verify_document(
    text: &str,
    expected: &Expectations<'_>,
    now: Timestamp,
) -> Result<Assertion, ResponseRefused> {
    let malformed = ResponseRefused::Malformed;
    let document =
        xml::parse_strictly(text, Bounds::RESPONSE).ok_or(malformed("not a small and plain XML document"))?;
    let response = document.root_element();
    if !response.has_tag_name((PROTOCOL, "Response")) || response.attribute("Version") != Some("2.0") {
        return Err(malformed("not a response of SAML 2.0"));
    }
    let enclosed = enclosed_assertion(response)?;
    check_status(response)?;
    let is_response_signed = signed::is_signed(response, expected)?;

    if enclosed.has_tag_name((ASSERTION, "Assertion")) {
        if expected.must_be_encrypted {
            return Err(ResponseRefused::NotEncrypted);
        }
        return read(enclosed, is_response_signed, expected, now);
    }
    let plain = encryption::open(enclosed, expected.keys).ok_or(ResponseRefused::Encryption)?;
    // As refusable, and in the same words, as what does not decrypt: nobody learns about a plaintext by trying.
    let inner = xml::parse_strictly(&plain, Bounds::RESPONSE).ok_or(ResponseRefused::Encryption)?;
    let assertion = inner.root_element();
    if !assertion.has_tag_name((ASSERTION, "Assertion")) || !holds_one_assertion(assertion, 1) {
        return Err(ResponseRefused::Encryption);
    }
    read(assertion, is_response_signed, expected, now)
}

/// The claims of an assertion that the provider signed, by itself or within the response.
fn read(
    assertion: Node<'_, '_>,
    is_response_signed: bool,
    expected: &Expectations<'_>,
    now: Timestamp,
) -> Result<Assertion, ResponseRefused> {
    // A signature that is there must be right, even where another one covers it.
    if !signed::is_signed(assertion, expected)? && !is_response_signed {
        return Err(ResponseRefused::Signature("nothing is signed"));
    }
    assertion::read(assertion, expected, now)
}

/// The one assertion of a response: its own child, encrypted or not, and the only one wherever else one could hide.
fn enclosed_assertion<'a, 'i>(response: Node<'a, 'i>) -> Result<Node<'a, 'i>, ResponseRefused> {
    if !holds_one_assertion(response, 1) {
        return Err(ResponseRefused::Malformed("it must hold one assertion and nothing else that is one"));
    }
    let mut own = xml::elements(response).filter(|child| is_assertion(*child));
    own.next().ok_or(ResponseRefused::Malformed("the assertion is not in its place"))
}

/// Whether there is so many an assertion in all, and no response or signature out of its place.
fn holds_one_assertion(root: Node<'_, '_>, wanted: usize) -> bool {
    let assertions = root.descendants().filter(|node| is_assertion(*node)).count();
    let responses =
        root.descendants().filter(|node| node.has_tag_name((PROTOCOL, "Response")) && *node != root).count();
    let signatures = root.descendants().filter(|node| node.has_tag_name((signed::NAMESPACE, "Signature")));
    let mut strays = signatures.filter(|signature| {
        let parent = signature.parent_element();
        !parent.is_some_and(|parent| {
            parent == root
                || (parent.has_tag_name((ASSERTION, "Assertion")) && parent.parent_element() == Some(root))
        })
    });
    assertions == wanted && responses == 0 && strays.next().is_none()
}

fn is_assertion(node: Node<'_, '_>) -> bool {
    node.has_tag_name((ASSERTION, "Assertion")) || node.has_tag_name((ASSERTION, "EncryptedAssertion"))
}

fn check_status(response: Node<'_, '_>) -> Result<(), ResponseRefused> {
    let status = xml::only(response, PROTOCOL, "Status");
    let code = status.and_then(|status| xml::only(status, PROTOCOL, "StatusCode"));
    match code.and_then(|code| code.attribute("Value")) {
        Some(SUCCESS) => Ok(()),
        Some(other) => Err(ResponseRefused::Status(other.to_owned())),
        None => Err(ResponseRefused::Malformed("it has no status")),
    }
}

/// How far the clocks may be apart.
pub const SKEW: SignedDuration = SignedDuration::from_mins(3);
/// How long after its issuance an assertion can be used (AWS: "AssumeRoleWithSAML").
pub const USE_WITHIN: SignedDuration = SignedDuration::from_mins(5);

/// The namespace of assertions.
pub(crate) const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
/// The namespace of the protocol.
pub(crate) const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";

#[cfg(test)]
mod tests;
