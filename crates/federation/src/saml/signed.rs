//! Enveloped signatures (W3C: XML Signature Syntax and Processing 1.1), in the one form that SAML uses (SAML V2.0 Core,
//! section 5.4).

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::Node;

use super::{Expectations, ResponseRefused, Sha1};
use crate::signature::{Hash, Scheme};
use crate::xml::{self, c14n};

/// Whether an element holds its own signature by the provider. One that is there but wrong is a refusal.
pub(super) fn is_signed(element: Node<'_, '_>, expected: &Expectations<'_>) -> Result<bool, ResponseRefused> {
    let mut signatures = xml::children(element, NAMESPACE, "Signature");
    let Some(signature) = signatures.next() else { return Ok(false) };
    if signatures.next().is_some() {
        return Err(ResponseRefused::Signature("an element is signed twice"));
    }
    let parts =
        Parts::of(signature).ok_or(ResponseRefused::Signature("it is not of the form that SAML has"))?;
    let id = element.attribute("ID").filter(|id| !id.is_empty());
    if id.is_none() || parts.reference.strip_prefix('#') != id {
        return Err(ResponseRefused::Signature("it is about another element"));
    }
    let unsupported = ResponseRefused::Signature("its algorithm is not supported");
    let scheme = scheme(parts.method).filter(|scheme| is_allowed(scheme.hash, expected.sha1));
    let hash = digest_hash(parts.digest_method).filter(|hash| is_allowed(*hash, expected.sha1));
    let (Some(Method { scheme, .. }), Some(hash)) = (scheme, hash) else { return Err(unsupported) };

    // First the signature, whose own form is small: what a stranger sends is not worth the work on all of it.
    let info = c14n::exclusive(parts.signed_info, None, &parts.info_prefixes);
    let mut keys = expected.metadata.keys.iter();
    if !keys.any(|key| key.verifies(scheme, info.as_bytes(), &parts.value)) {
        return Err(ResponseRefused::Signature("no key of the metadata made it"));
    }
    let content = c14n::exclusive(element, Some(signature.id()), &parts.content_prefixes);
    if digest::digest(digest_algorithm(hash), content.as_bytes()).as_ref() != parts.digest {
        return Err(ResponseRefused::Signature("what it covers was changed"));
    }
    Ok(true)
}

/// What a signature says, taken apart; anything beside the form that is known is not taken.
struct Parts<'a, 'i> {
    signed_info: Node<'a, 'i>,
    info_prefixes: Vec<&'a str>,
    method: &'a str,
    reference: &'a str,
    content_prefixes: Vec<&'a str>,
    digest_method: &'a str,
    digest: Vec<u8>,
    value: Vec<u8>,
}

impl<'a, 'i> Parts<'a, 'i> {
    fn of(signature: Node<'a, 'i>) -> Option<Self> {
        let mut parts = xml::elements(signature);
        let (signed_info, value) = (parts.next()?, parts.next()?);
        let rest: Vec<_> = parts.collect();
        // Beside these there may be one KeyInfo, which is not read, and no Object.
        let is_plain = rest.len() <= 1 && rest.iter().all(|node| node.has_tag_name((NAMESPACE, "KeyInfo")));
        if !named(signed_info, "SignedInfo") || !named(value, "SignatureValue") || !is_plain {
            return None;
        }
        let [canonicalization, method, reference] = exactly(signed_info)?;
        if !named(canonicalization, "CanonicalizationMethod")
            || !named(method, "SignatureMethod")
            || !named(reference, "Reference")
            || xml::elements(method).next().is_some()
        {
            return None;
        }
        let [transforms, digest_method, digest] = exactly(reference)?;
        if !named(transforms, "Transforms")
            || !named(digest_method, "DigestMethod")
            || !named(digest, "DigestValue")
            || xml::elements(digest_method).next().is_some()
        {
            return None;
        }
        let [enveloped, exclusive] = exactly(transforms)?;
        if !named(enveloped, "Transform")
            || !named(exclusive, "Transform")
            || enveloped.attribute("Algorithm") != Some(ENVELOPED)
            || xml::elements(enveloped).next().is_some()
        {
            return None;
        }
        Some(Self {
            signed_info,
            info_prefixes: prefixes(canonicalization)?,
            method: method.attribute("Algorithm")?,
            reference: reference.attribute("URI")?,
            content_prefixes: prefixes(exclusive)?,
            digest_method: digest_method.attribute("Algorithm")?,
            digest: base64(digest)?,
            value: base64(value)?,
        })
    }
}

/// The prefixes that an exclusive canonicalization keeps; none if it is another one.
fn prefixes<'a>(method: Node<'a, '_>) -> Option<Vec<&'a str>> {
    if method.attribute("Algorithm") != Some(EXCLUSIVE) {
        return None;
    }
    let mut inside = xml::elements(method);
    let Some(inclusive) = inside.next() else { return Some(Vec::new()) };
    let is_plain = inclusive.has_tag_name((EXCLUSIVE, "InclusiveNamespaces"))
        && xml::elements(inclusive).next().is_none()
        && inside.next().is_none();
    let list = inclusive.attribute("PrefixList").filter(|_| is_plain)?;
    let prefixes: Vec<_> = list.split_ascii_whitespace().collect();
    (prefixes.len() <= MAX_PREFIXES).then_some(prefixes)
}

fn named(node: Node<'_, '_>, name: &'static str) -> bool {
    node.has_tag_name((NAMESPACE, name))
}

/// The elements in an element, if there are so many.
fn exactly<'a, 'i, const N: usize>(node: Node<'a, 'i>) -> Option<[Node<'a, 'i>; N]> {
    xml::elements(node).collect::<Vec<_>>().try_into().ok()
}

pub(super) fn base64(node: Node<'_, '_>) -> Option<Vec<u8>> {
    let compact: String = xml::text(node)?.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(compact).ok()
}

/// A signature algorithm.
#[derive(Clone, Copy)]
struct Method {
    scheme: Scheme,
    hash: Hash,
}

/// Public keys only: an algorithm with a shared secret would be checked with what everybody knows.
fn scheme(uri: &str) -> Option<Method> {
    use Hash::{Sha1, Sha256, Sha384, Sha512};
    let (scheme, hash) = match uri {
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1" => (Scheme::Pkcs1(Sha1), Sha1),
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256" => (Scheme::Pkcs1(Sha256), Sha256),
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384" => (Scheme::Pkcs1(Sha384), Sha384),
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512" => (Scheme::Pkcs1(Sha512), Sha512),
        "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1" => (Scheme::Pss(Sha256), Sha256),
        "http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1" => (Scheme::Pss(Sha384), Sha384),
        "http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1" => (Scheme::Pss(Sha512), Sha512),
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256" => (Scheme::Ecdsa(Sha256), Sha256),
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384" => (Scheme::Ecdsa(Sha384), Sha384),
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512" => (Scheme::Ecdsa(Sha512), Sha512),
        _ => return None,
    };
    Some(Method { scheme, hash })
}

fn digest_hash(uri: &str) -> Option<Hash> {
    Some(match uri {
        "http://www.w3.org/2000/09/xmldsig#sha1" => Hash::Sha1,
        "http://www.w3.org/2001/04/xmlenc#sha256" => Hash::Sha256,
        "http://www.w3.org/2001/04/xmldsig-more#sha384" => Hash::Sha384,
        "http://www.w3.org/2001/04/xmlenc#sha512" => Hash::Sha512,
        _ => return None,
    })
}

fn digest_algorithm(hash: Hash) -> &'static digest::Algorithm {
    match hash {
        Hash::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha256 => &digest::SHA256,
        Hash::Sha384 => &digest::SHA384,
        Hash::Sha512 => &digest::SHA512,
    }
}

fn is_allowed(hash: Hash, sha1: Sha1) -> bool {
    hash != Hash::Sha1 || sha1 == Sha1::Accepted
}

/// The namespace of XML signatures.
pub(super) const NAMESPACE: &str = "http://www.w3.org/2000/09/xmldsig#";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const MAX_PREFIXES: usize = 20;
