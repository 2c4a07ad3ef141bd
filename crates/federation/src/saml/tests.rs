//! Good responses, and everything that was ever tried with bad ones.

#![expect(clippy::string_slice, reason = "the documents are ASCII")]

mod encrypted;
mod wrapping;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};

use super::*;
use crate::signature::{Curve, PublicKey};
use crate::xml::c14n;

pub(super) const NOW: i64 = 1_767_225_600;
pub(super) const ACS: &str = "https://signin.aws.amazon.com/saml";
const PAIR: &str = "arn:aws:iam::123456789012:role/deploy,arn:aws:iam::123456789012:saml-provider/idp";

/// An identity provider.
pub(super) struct Idp {
    rsa: RsaKeyPair,
    ec: EcdsaKeyPair,
    pub(super) metadata: Metadata,
    pub(super) recipients: Vec<String>,
}

impl Idp {
    pub(super) fn new() -> Self {
        let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let ec = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let keys = vec![
            PublicKey::of_public_key(rsa.public_key().as_der().unwrap().as_ref()).unwrap(),
            PublicKey::Ec { curve: Curve::P256, point: ec.public_key().as_ref().to_vec() },
        ];
        let entity_id = "https://idp.example/saml".to_owned();
        let metadata = Metadata { entity_id, keys, valid_until: None, sign_on: Vec::new() };
        Self { rsa, ec, metadata, recipients: vec![ACS.to_owned()] }
    }

    pub(super) fn expectations(&self) -> Expectations<'_> {
        Expectations {
            metadata: &self.metadata,
            recipients: &self.recipients,
            audiences: &[],
            keys: &[],
            must_be_encrypted: false,
            sha1: Sha1::Refused,
        }
    }

    pub(super) fn verify(&self, text: &str) -> Result<Assertion, ResponseRefused> {
        verify_document(text, &self.expectations(), Timestamp::from_second(NOW).unwrap())
    }

    /// Signs the element with this id: the signature goes behind its `Issuer`.
    pub(super) fn sign(&self, text: &str, id: &str) -> String {
        self.sign_as(text, id, RSA_SHA256, SHA256)
    }

    fn sign_as(&self, text: &str, id: &str, method: &str, digest_method: &str) -> String {
        let document = xml::parse(text, Bounds::RESPONSE).unwrap();
        let element = document.descendants().find(|node| node.attribute("ID") == Some(id)).unwrap();
        let content = c14n::exclusive(element, None, &["xs"]);
        let hash = if digest_method == SHA256 {
            aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, content.as_bytes())
        } else {
            aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, content.as_bytes())
        };
        let exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";
        let info = format!(
            r##"<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:CanonicalizationMethod Algorithm="{exclusive}"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="{method}"></ds:SignatureMethod><ds:Reference URI="#{id}"><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></ds:Transform><ds:Transform Algorithm="{exclusive}"><ec:InclusiveNamespaces xmlns:ec="{exclusive}" PrefixList="xs"></ec:InclusiveNamespaces></ds:Transform></ds:Transforms><ds:DigestMethod Algorithm="{digest_method}"></ds:DigestMethod><ds:DigestValue>{}</ds:DigestValue></ds:Reference></ds:SignedInfo>"##,
            STANDARD.encode(hash)
        );
        let value = self.value(method, &info);
        let signature = format!(
            r#"<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#">{info}<ds:SignatureValue>{}</ds:SignatureValue><ds:KeyInfo><ds:KeyName>whatever</ds:KeyName></ds:KeyInfo></ds:Signature>"#,
            STANDARD.encode(value)
        );
        let issuer = element.children().find(|child| child.tag_name().name() == "Issuer").unwrap();
        let (before, after) = text.split_at(issuer.range().end);
        format!("{before}{signature}{after}")
    }

    fn value(&self, method: &str, info: &str) -> Vec<u8> {
        let random = SystemRandom::new();
        if method.contains("ecdsa") {
            return self.ec.sign(&random, info.as_bytes()).unwrap().as_ref().to_vec();
        }
        if method.contains("hmac") {
            // With what everybody knows: the public key.
            let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, self.rsa.public_key().as_ref());
            return aws_lc_rs::hmac::sign(&key, info.as_bytes()).as_ref().to_vec();
        }
        let mut signature = vec![0; self.rsa.public_modulus_len()];
        self.rsa.sign(&RSA_PKCS1_SHA256, &random, info.as_bytes(), &mut signature).unwrap();
        signature
    }
}

pub(super) const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const ECDSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

fn at(seconds: i64) -> String {
    Timestamp::from_second(NOW + seconds).unwrap().to_string()
}

/// An assertion with the id `a`, for `subject`.
pub(super) fn assertion(subject: &str) -> String {
    let (issued, before, after) = (at(-10), at(-60), at(240));
    format!(
        r#"<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ID="a" Version="2.0" IssueInstant="{issued}"><saml:Issuer>https://idp.example/saml</saml:Issuer><saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">{subject}</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="{after}" Recipient="{ACS}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="{before}" NotOnOrAfter="{after}"><saml:AudienceRestriction><saml:Audience>{ACS}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="{issued}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement><saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/Role"><saml:AttributeValue xsi:type="xs:string">{PAIR}</saml:AttributeValue></saml:Attribute><saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/RoleSessionName"><saml:AttributeValue xsi:type="xs:string">{subject}</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion>"#
    )
}

/// A response with the id `r` around assertions.
pub(super) fn response(inside: &str) -> String {
    format!(
        r#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="r" Version="2.0" IssueInstant="{}"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">https://idp.example/saml</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>{inside}</samlp:Response>"#,
        at(-10)
    )
}

#[test]
fn a_signed_assertion_a_signed_response_and_both_are_believed() {
    let idp = Idp::new();
    let plain = response(&assertion("alice"));
    for text in [
        idp.sign(&plain, "a"),
        idp.sign(&plain, "r"),
        idp.sign(&idp.sign(&plain, "a"), "r"),
        idp.sign_as(&plain, "a", ECDSA_SHA256, SHA256),
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n", idp.sign(&plain, "r")),
    ] {
        let read = idp.verify(&text).unwrap();
        assert_eq!((read.subject.as_str(), read.id.as_str()), ("alice", "a"));
        assert_eq!((read.subject_type(), read.recipient.as_str()), ("persistent", ACS));
        let claims = read.attributes.claims().unwrap();
        assert_eq!(claims.session_name, "alice");
        let (role, provider) = PAIR.split_once(',').unwrap();
        assert_eq!(claims.roles, [(role.to_owned(), provider.to_owned())]);
        let folded: String = STANDARD
            .encode(&text)
            .as_bytes()
            .chunks(76)
            .flat_map(|line| [line, b"\r\n"].concat())
            .map(char::from)
            .collect();
        assert!(verify(&folded, &idp.expectations(), Timestamp::from_second(NOW).unwrap()).is_ok());
    }
}

#[test]
fn what_nobody_or_somebody_else_signed_is_refused() {
    let idp = Idp::new();
    let plain = response(&assertion("alice"));
    assert_eq!(idp.verify(&plain), Err(ResponseRefused::Signature("nothing is signed")));
    let foreign = Idp::new().sign(&plain, "a");
    assert_eq!(idp.verify(&foreign), Err(ResponseRefused::Signature("no key of the metadata made it")));
    // Whether the content was changed as well is not even looked at.
    let changed = foreign.replace(">alice<", ">root<");
    assert_eq!(idp.verify(&changed), Err(ResponseRefused::Signature("no key of the metadata made it")));
    // One good signature does not make up for a bad one.
    let both = idp.sign(&foreign, "r");
    assert_eq!(idp.verify(&both), Err(ResponseRefused::Signature("no key of the metadata made it")));
}

#[test]
fn every_word_that_is_signed_counts() {
    let idp = Idp::new();
    let signed = idp.sign(&response(&assertion("alice")), "a");
    for (from, to) in [
        (">alice</saml:NameID>", ">root</saml:NameID>"),
        ("role/deploy", "role/admin"),
        ("nameid-format:persistent", "nameid-format:transient"),
        ("<saml:Subject>", "<saml:Subject> "),
        ("AuthnContextClassRef>urn", "AuthnContextClassRef>\nurn"),
        ("Version=\"2.0\" IssueInstant", "Version=\"2.0\" Extra=\"1\" IssueInstant"),
        ("xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"", "xmlns:xs=\"urn:other\""),
    ] {
        assert!(signed.contains(from), "{from}");
        // From the end: what stands in the assertion.
        let at = signed.rfind(from).unwrap();
        let changed = format!("{}{to}{}", &signed[..at], &signed[at + from.len()..]);
        assert_eq!(
            idp.verify(&changed),
            Err(ResponseRefused::Signature("what it covers was changed")),
            "{from}"
        );
    }
    // What a canonical form does not see.
    let same = signed.replace("Version=\"2.0\" IssueInstant", "Version='2.0'\n IssueInstant");
    assert!(idp.verify(&same).is_ok());
}

#[test]
fn a_signature_is_what_saml_says_it_is() {
    let idp = Idp::new();
    let signed = idp.sign(&response(&assertion("alice")), "a");
    let form = Err(ResponseRefused::Signature("it is not of the form that SAML has"));
    let transform =
        r#"<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></ds:Transform>"#;
    let xslt = r#"<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"></ds:Transform>"#;
    assert_eq!(idp.verify(&signed.replace(transform, "")), form);
    assert_eq!(idp.verify(&signed.replace(transform, &format!("{transform}{xslt}"))), form);
    assert_eq!(idp.verify(&signed.replace(transform, xslt)), form);
    assert_eq!(
        idp.verify(&signed.replace("</ds:Reference>", "</ds:Reference><ds:Reference URI=\"\"/>")),
        form
    );
    assert_eq!(idp.verify(&signed.replace("</ds:KeyInfo>", "</ds:KeyInfo><ds:Object/>")), form);
    assert_eq!(
        idp.verify(&signed.replace("xml-exc-c14n#\"></ds:Can", "xml-exc-c14n#WithComments\"></ds:Can")),
        form
    );
    // What is signed is canonicalized before it is believed, so nothing hides in it.
    for (end, hidden) in [
        ("</ds:DigestMethod>", "<x/></ds:DigestMethod>"),
        ("</ec:InclusiveNamespaces>", "<x/></ec:InclusiveNamespaces>"),
    ] {
        assert_eq!(idp.verify(&signed.replace(end, hidden)), form, "{hidden}");
    }
    let other = Err(ResponseRefused::Signature("it is about another element"));
    for uri in ["", "#", "#r", "#A", "a", "#xpointer(/)"] {
        assert_eq!(idp.verify(&signed.replace("URI=\"#a\"", &format!("URI=\"{uri}\""))), other, "{uri}");
    }
    let part = signed.find("<ds:Signature ").unwrap()..signed.find("</ds:Signature>").unwrap() + 15;
    let twice = signed.replacen(&signed[part.clone()], &signed[part.clone()].repeat(2), 1);
    assert_eq!(idp.verify(&twice), Err(ResponseRefused::Signature("an element is signed twice")));
    let moved = signed
        .replace(&signed[part.clone()], "")
        .replace("</samlp:Response>", &format!("{}</samlp:Response>", &signed[part]));
    assert_eq!(idp.verify(&moved), other, "the assertion's signature as the response's");
}

#[test]
fn nobody_chooses_a_weaker_algorithm() {
    let idp = Idp::new();
    let plain = response(&assertion("alice"));
    let unsupported = Err(ResponseRefused::Signature("its algorithm is not supported"));
    for (method, digest) in [
        ("http://www.w3.org/2000/09/xmldsig#rsa-sha1", SHA256),
        (RSA_SHA256, "http://www.w3.org/2000/09/xmldsig#sha1"),
        ("http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", SHA256),
        ("http://www.w3.org/2000/09/xmldsig#hmac-sha1", SHA256),
        ("http://www.w3.org/2000/09/xmldsig#dsa-sha1", SHA256),
        ("http://www.w3.org/2001/04/xmldsig-more#rsa-md5", SHA256),
        ("none", SHA256),
        ("", SHA256),
    ] {
        assert_eq!(idp.verify(&idp.sign_as(&plain, "a", method, digest)), unsupported, "{method} {digest}");
    }
    // A key is used for its own kind.
    let confused = idp.sign_as(&plain, "a", ECDSA_SHA256, SHA256).replace(ECDSA_SHA256, RSA_SHA256);
    assert_eq!(idp.verify(&confused), Err(ResponseRefused::Signature("no key of the metadata made it")));
    // SHA-1 where it is asked for: here the digest; the signature stays with SHA-256.
    let text = idp.sign_as(&plain, "a", RSA_SHA256, "http://www.w3.org/2000/09/xmldsig#sha1");
    let lenient = Expectations { sha1: Sha1::Accepted, ..idp.expectations() };
    assert!(verify_document(&text, &lenient, Timestamp::from_second(NOW).unwrap()).is_ok());
}

#[test]
fn comments_do_not_cut_values() {
    let idp = Idp::new();
    let signed = idp.sign(&response(&assertion("admin@example.com.evil.example")), "a");
    let cut = "admin@example.com<!-- -->.evil.example";
    for changed in [
        signed.replace(">admin@example.com.evil.example</saml:NameID>", &format!(">{cut}</saml:NameID>")),
        signed.replace(
            ">admin@example.com.evil.example</saml:AttributeValue>",
            &format!(">{cut}</saml:AttributeValue>"),
        ),
        signed.replace("<saml:Subject>", "<?x y?><saml:Subject>"),
        format!("<!-- x -->{signed}"),
    ] {
        assert!(matches!(idp.verify(&changed), Err(ResponseRefused::Malformed(_))));
    }
    // A section of character data is text like any other.
    let section = signed.replace(
        ">admin@example.com.evil.example</saml:NameID>",
        ">admin@example.com<![CDATA[.evil]]>.example</saml:NameID>",
    );
    assert_eq!(idp.verify(&section).unwrap().subject, "admin@example.com.evil.example");
}

#[test]
fn entities_and_documents_types_are_refused() {
    let idp = Idp::new();
    let signed = idp.sign(&response(&assertion("alice")), "a");
    let bomb = r#"<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>"#;
    for (prologue, value) in [
        (bomb, "&c;"),
        (r#"<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>"#, "&x;"),
        (r#"<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1/x"> %p;]>"#, "alice"),
        (r#"<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">"#, "alice"),
        ("<!DOCTYPE x>", "alice"),
        ("", "&undefined;"),
    ] {
        let text = format!(
            "{prologue}{}",
            signed.replace(">alice</saml:NameID>", &format!(">{value}</saml:NameID>"))
        );
        assert!(matches!(idp.verify(&text), Err(ResponseRefused::Malformed(_))), "{prologue}");
    }
}

#[test]
fn enormous_deep_and_truncated_documents_are_refused() {
    let idp = Idp::new();
    let signed = idp.sign(&response(&assertion("alice")), "a");
    let deep = format!("{}{}", "<a>".repeat(20_000), "</a>".repeat(20_000));
    let nested = format!("{}{}", "<a>".repeat(70), "</a>".repeat(70));
    let wide = "<a/>".repeat(11_000);
    let declared: String = (0..2_100).map(|n| format!(" xmlns:a{n}=\"b\"")).collect();
    for inside in [deep, nested, wide, "x".repeat(100_000), format!("<a{declared}/>")] {
        let text = signed.replace("<samlp:Status>", &format!("<x>{inside}</x><samlp:Status>"));
        assert!(matches!(idp.verify(&text), Err(ResponseRefused::Malformed(_))));
    }
    for end in 0..signed.len() {
        assert!(idp.verify(&signed[..end]).is_err(), "cut at {end}");
    }
    let expected = idp.expectations();
    let now = Timestamp::from_second(NOW).unwrap();
    for base64 in ["", "!", "PHg+", "AAAA", "//79"] {
        assert!(matches!(verify(base64, &expected, now), Err(ResponseRefused::Malformed(_))), "{base64}");
    }
}

#[test]
fn no_id_is_given_twice() {
    let idp = Idp::new();
    let signed = idp.sign(&response(&assertion("alice")), "a");
    for attribute in ["ID", "Id", "id", "xml:id"] {
        let text = signed.replace("<samlp:Status>", &format!("<samlp:Status {attribute}=\"a\">"));
        assert!(matches!(idp.verify(&text), Err(ResponseRefused::Malformed(_))), "{attribute}");
    }
}

#[test]
fn an_assertion_is_for_us_from_the_provider_and_for_now() {
    let idp = Idp::new();
    let read = |from: &str, to: &str| {
        let plain = response(&assertion("alice"));
        assert!(plain.contains(from), "{from}");
        idp.verify(&idp.sign(&plain.replace(from, to), "a"))
    };
    let (before, issued, after) = (at(-60), at(-10), at(240));
    let audience = format!("<saml:Audience>{ACS}</saml:Audience>");
    assert_eq!(
        read(&audience, "<saml:Audience>https://other.example</saml:Audience>"),
        Err(ResponseRefused::Audience)
    );
    assert!(read(&audience, &format!("<saml:Audience>urn:x</saml:Audience>{audience}")).is_ok());
    let restriction = format!("<saml:AudienceRestriction>{audience}</saml:AudienceRestriction>");
    assert_eq!(read(&restriction, ""), Err(ResponseRefused::Audience));
    let second = "<saml:AudienceRestriction><saml:Audience>urn:x</saml:Audience></saml:AudienceRestriction>";
    assert_eq!(read(&restriction, &format!("{restriction}{second}")), Err(ResponseRefused::Audience));
    assert!(matches!(
        read(&restriction, &format!("{restriction}<saml:Condition/>")),
        Err(ResponseRefused::Malformed(_))
    ));
    assert_eq!(
        read(&format!("Recipient=\"{ACS}\""), "Recipient=\"https://other.example/saml\""),
        Err(ResponseRefused::Recipient)
    );
    assert_eq!(read(&format!("Recipient=\"{ACS}\""), ""), Err(ResponseRefused::Recipient));
    assert_eq!(
        read(
            "<saml:Issuer>https://idp.example/saml</saml:Issuer><saml:Subject>",
            "<saml:Issuer>https://evil.example</saml:Issuer><saml:Subject>"
        ),
        Err(ResponseRefused::Issuer)
    );
    let ends = format!("NotOnOrAfter=\"{after}\"");
    assert_eq!(read(&ends, &format!("NotOnOrAfter=\"{}\"", at(-180))), Err(ResponseRefused::Expired));
    assert!(read(&ends, &format!("NotOnOrAfter=\"{}\"", at(-179))).is_ok(), "within the skew");
    let begins = format!("NotBefore=\"{before}\"");
    assert_eq!(read(&begins, &format!("NotBefore=\"{}\"", at(181))), Err(ResponseRefused::NotYet));
    assert!(read(&begins, &format!("NotBefore=\"{}\"", at(180))).is_ok(), "within the skew");
    let issuance = format!("IssueInstant=\"{issued}\"");
    assert_eq!(read(&issuance, &format!("IssueInstant=\"{}\"", at(-301))), Err(ResponseRefused::Stale));
    assert!(read(&issuance, &format!("IssueInstant=\"{}\"", at(-300))).is_ok());
    assert_eq!(read(&issuance, &format!("IssueInstant=\"{}\"", at(9_999))), Err(ResponseRefused::NotYet));
    let instant = format!("AuthnInstant=\"{issued}\"");
    assert_eq!(read(&instant, &format!("SessionNotOnOrAfter=\"{}\"", at(0))), Err(ResponseRefused::Expired));
    let ends = read(&instant, &format!("SessionNotOnOrAfter=\"{}\"", at(60))).unwrap().session_ends;
    assert_eq!(ends.map(|ends| ends.as_second()), Some(NOW + 60));
    for (from, to) in [(begins.as_str(), "NotBefore=\"yesterday\""), ("cm:bearer", "cm:sender-vouches")] {
        assert!(matches!(read(from, to), Err(ResponseRefused::Malformed(_))), "{from}");
    }
}

#[test]
fn a_failed_authentication_is_the_providers_word() {
    let idp = Idp::new();
    let text = idp.sign(&response(&assertion("alice")).replace("status:Success", "status:Responder"), "r");
    let status = "urn:oasis:names:tc:SAML:2.0:status:Responder".to_owned();
    assert_eq!(idp.verify(&text), Err(ResponseRefused::Status(status)));
}

#[test]
fn attributes_become_claims_and_condition_keys() {
    let idp = Idp::new();
    let attribute = |name: &str, values: &[&str]| {
        let values: String = values
            .iter()
            .map(|value| format!("<saml:AttributeValue>{value}</saml:AttributeValue>"))
            .collect();
        format!(r#"<saml:Attribute Name="{name}">{values}</saml:Attribute>"#)
    };
    let own = |name: &str| format!("https://aws.amazon.com/SAML/Attributes/{name}");
    let read = |more: &str| {
        let text = response(&assertion("alice"))
            .replace("</saml:AttributeStatement>", &format!("{more}</saml:AttributeStatement>"));
        idp.verify(&idp.sign(&text, "a")).unwrap().attributes
    };
    let more = [
        attribute(&own("SessionDuration"), &["1800"]),
        attribute(&own("SourceIdentity"), &["alice"]),
        attribute(&own("PrincipalTag:Project"), &["Blue"]),
        attribute(&own("TransitiveTagKeys"), &["Project", "Team"]),
        attribute("urn:oid:1.3.6.1.4.1.5923.1.1.1.1", &["staff", "member"]),
        attribute("urn:oid:1.3.6.1.4.1.5923.1.1.1.10", &["<saml:NameID>opaque</saml:NameID>"]),
        attribute("urn:oid:0.9.2342.19200300.100.1.3", &["a@example.com"]),
        attribute("urn:unknown", &["x"]),
    ];
    let attributes = read(&more.concat());
    let claims = attributes.claims().unwrap();
    assert_eq!((claims.session_seconds, claims.source_identity.as_deref()), (Some(1800), Some("alice")));
    assert_eq!(claims.tags, [("Project".to_owned(), "Blue".to_owned())]);
    assert_eq!(claims.transitive, ["Project", "Team"]);
    let texts = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        attributes.condition_keys(),
        [
            ("edupersonaffiliation", texts(&["staff", "member"])),
            ("edupersontargetedid", texts(&["opaque"])),
            ("mail", texts(&["a@example.com"])),
        ]
    );
    for (more, name) in [
        (attribute(&own("SessionDuration"), &["60"]), "SessionDuration"),
        (attribute(&own("SessionDuration"), &["many"]), "SessionDuration"),
        (attribute(&own("SourceIdentity"), &["a", "b"]), "SourceIdentity"),
        (attribute(&own("RoleSessionName"), &["again"]), "RoleSessionName"),
        (attribute(&own("PrincipalTag:x"), &["a", "b"]), "PrincipalTag"),
        (attribute(&own("Role"), &["arn:aws:iam::123456789012:role/x"]), "Role"),
    ] {
        assert_eq!(read(&more).claims(), Err(ResponseRefused::Attribute(name)));
    }
}

#[test]
fn metadata_name_the_provider_and_its_keys() {
    let certificate = rcgen::generate_simple_self_signed(vec!["idp.example".into()]).unwrap();
    let text = |use_| {
        format!(
            r#"<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example/saml" validUntil="2030-01-01T00:00:00Z"><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor{use_}><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>{}</X509Certificate></X509Data></KeyInfo></KeyDescriptor><SingleSignOnService Binding="b" Location="l"/></IDPSSODescriptor></EntityDescriptor>"#,
            STANDARD.encode(certificate.cert.der())
        )
    };
    let metadata = Metadata::parse(&text(" use=\"signing\"")).unwrap();
    assert_eq!(metadata.entity_id, "https://idp.example/saml");
    assert!(matches!(metadata.keys.as_slice(), [PublicKey::Ec { curve: Curve::P256, .. }]));
    assert_eq!(metadata.sign_on, [("b".to_owned(), "l".to_owned())]);
    assert!(Metadata::parse(&text("")).is_ok_and(|metadata| metadata.keys.len() == 1));
    assert!(Metadata::parse(&text(" use=\"encryption\"")).is_ok_and(|metadata| metadata.keys.is_empty()));
    for bad in ["", "<x/>", "<EntityDescriptor/>", "<!DOCTYPE x><x/>"] {
        assert!(Metadata::parse(bad).is_err(), "{bad}");
    }
}
