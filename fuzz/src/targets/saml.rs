//! SAML responses and metadata: whatever is believed is what the provider said, word for word.

use std::sync::OnceLock;

use federation::saml::{Assertion, Expectations, Metadata, Sha1, verify, verify_document};
use jiff::Timestamp;

use crate::target::{Seen, Target};

/// See the module.
pub const TARGET: Target = Target { name: "saml", seeds, words: WORDS, body };

fn body(data: &[u8]) -> Seen {
    let text = String::from_utf8_lossy(data);
    let (metadata, original) = provider();
    let expected = expectations(metadata);
    let as_form = verify(&text, &expected, now());
    assert!(as_form.is_err(), "base64 of a signed response is longer than what is tried");
    let described = Metadata::parse(&text);
    match verify_document(&text, &expected, now()) {
        Ok(assertion) => {
            assert_eq!(assertion, *original, "{text}");
            Seen::accepted((text.len() / 16, described.is_ok()))
        }
        Err(refused) => Seen::refused((refused.to_string(), described.is_ok(), text.len() / 512)),
    }
}

fn expectations(metadata: &Metadata) -> Expectations<'_> {
    static RECIPIENTS: OnceLock<Vec<String>> = OnceLock::new();
    Expectations {
        metadata,
        recipients: RECIPIENTS.get_or_init(|| vec!["https://signin.aws.amazon.com/saml".to_owned()]),
        audiences: &[],
        keys: &[],
        must_be_encrypted: false,
        sha1: Sha1::Refused,
    }
}

/// When the seed was made.
fn now() -> Timestamp {
    "2026-11-22T19:53:00Z".parse().expect("an instant")
}

/// A provider whose private key nobody has any more, and the one assertion that it signed, with the xmlsec1 command.
fn provider() -> &'static (Metadata, Assertion) {
    static PROVIDER: OnceLock<(Metadata, Assertion)> = OnceLock::new();
    PROVIDER.get_or_init(|| {
        let metadata = Metadata::parse(METADATA).expect("metadata");
        let assertion =
            verify_document(RESPONSE, &expectations(&metadata), now()).expect("a signed response");
        assert_eq!(assertion.subject, "alice");
        (metadata, assertion)
    })
}

fn seeds() -> Vec<Vec<u8>> {
    vec![RESPONSE.into(), METADATA.into()]
}

const RESPONSE: &str = include_str!("../../seeds/saml-response.xml");
const METADATA: &str = include_str!("../../seeds/saml-metadata.xml");

const WORDS: &[&str] = &[
    "<!-- -->",
    "<![CDATA[",
    "]]>",
    "<?x?>",
    "<!DOCTYPE x [<!ENTITY a 'b'>]>",
    "&a;",
    "&#13;",
    "&amp;",
    " ID=\"a1\"",
    " ID=\"r1\"",
    " xmlns=\"\"",
    " xmlns:saml=\"urn:x\"",
    "<saml:Assertion ID=\"x\">",
    "</saml:Assertion>",
    "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">",
    "</ds:Signature>",
    "<ds:Object>",
    "<samlp:Extensions>",
    "URI=\"\"",
    "URI=\"#r1\"",
    "alice",
    "root",
    "\r\n",
    " ",
];
