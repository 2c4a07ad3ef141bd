//! Signature wrapping (Somorovsky and others: "On Breaking SAML: Be Whoever You Want to Be", 2012): a signed piece is moved
//! to where only the signature's check finds it, and a forged one put where the claims are read.

#![expect(clippy::string_slice, reason = "the documents are ASCII")]

use super::*;

struct Attack {
    idp: Idp,
    /// The response with a signed assertion.
    by_assertion: String,
    /// The signed response.
    by_response: String,
    signature: String,
    /// The signed assertion, without its signature.
    original: String,
    forged: String,
}

impl Attack {
    fn new() -> Self {
        let idp = Idp::new();
        let plain = response(&assertion("alice"));
        let by_assertion = idp.sign(&plain, "a");
        let by_response = idp.sign(&plain, "r");
        let signature = cut(&by_assertion, "<ds:Signature ", "</ds:Signature>").to_owned();
        let forged = assertion("root").replace("ID=\"a\"", "ID=\"evil\"");
        Self { idp, by_assertion, by_response, signature, original: assertion("alice"), forged }
    }

    fn refuse(&self, number: &str, text: &str) {
        assert!(text.contains("root"), "{number} forges nothing");
        roxmltree::Document::parse(text).unwrap_or_else(|error| panic!("{number} is no document: {error}"));
        match self.idp.verify(text) {
            Err(ResponseRefused::Malformed(_) | ResponseRefused::Signature(_)) => {}
            other => panic!("{number}: {other:?}"),
        }
    }
}

fn cut<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let start = text.find(from).unwrap();
    let end = text[start..].find(to).unwrap() + start + to.len();
    &text[start..end]
}

fn inside(text: &str, before: &str, what: &str) -> String {
    let at = text.rfind(before).unwrap();
    format!("{}{what}{}", &text[..at], &text[at..])
}

#[test]
fn responses_are_not_wrapped() {
    let attack = Attack::new();
    let signature = cut(&attack.by_response, "<ds:Signature ", "</ds:Signature>");
    let original = attack.by_response.replace(signature, "");
    let forged = original
        .replace("alice", "root")
        .replace("ID=\"r\"", "ID=\"evil\"")
        .replace("ID=\"a\"", "ID=\"evil2\"");
    // 1: the signature, then the original within the forged response.
    let one = inside(&forged, "<samlp:Status>", &inside(signature, "</ds:Signature>", &original));
    attack.refuse("XSW1", &one);
    // 2: the original before a detached signature.
    attack.refuse("XSW2", &inside(&forged, "<samlp:Status>", &format!("{original}{signature}")));
    attack.refuse(
        "XSW2 in an extension",
        &inside(
            &forged,
            "<samlp:Status>",
            &format!("<samlp:Extensions>{original}{signature}</samlp:Extensions>"),
        ),
    );
    // The forged response keeps the id, the original has another.
    let twin = forged.replace("ID=\"evil\"", "ID=\"r\"");
    attack.refuse(
        "one id for two responses",
        &inside(&twin, "<samlp:Status>", &format!("{signature}{original}")),
    );
}

#[test]
fn assertions_are_not_wrapped() {
    let attack = Attack::new();
    let Attack { by_assertion, signature, original, forged, .. } = &attack;
    let signed = cut(by_assertion, "<saml:Assertion ", "</saml:Assertion>");
    // 3: the forged one before the signed one; and after it.
    attack.refuse("XSW3", &response(&format!("{forged}{signed}")));
    attack.refuse("XSW3 after", &response(&format!("{signed}{forged}")));
    // 4: the forged one around the signed one.
    attack.refuse("XSW4", &response(&inside(forged, "</saml:Assertion>", signed)));
    // 5: the signature in the forged one, the original at the end, without.
    let with_signature = inside(forged, "<saml:Subject>", signature);
    attack.refuse("XSW5", &response(&format!("{with_signature}{original}")));
    attack.refuse(
        "XSW5 with the same id",
        &response(&format!("{}{original}", with_signature.replace("ID=\"evil\"", "ID=\"a\""))),
    );
    // 6: the original within the signature within the forged one.
    let around = inside(signature, "</ds:Signature>", original);
    attack.refuse("XSW6", &response(&inside(forged, "<saml:Subject>", &around)));
    // 7: the signed one in an extension.
    attack.refuse("XSW7", &response(&format!("<samlp:Extensions>{signed}</samlp:Extensions>{forged}")));
    let extension = format!("<samlp:Extensions>{forged}</samlp:Extensions>");
    attack.refuse("XSW7 the other way", &response(&format!("{extension}{signed}")));
    // 8: the original in an object of the signature in the forged one.
    let object = inside(signature, "</ds:Signature>", &format!("<ds:Object>{original}</ds:Object>"));
    attack.refuse("XSW8", &response(&inside(forged, "<saml:Subject>", &object)));
}

#[test]
fn nothing_counts_outside_its_place() {
    let attack = Attack::new();
    let Attack { by_assertion, forged, signature, original, .. } = &attack;
    let signed = cut(by_assertion, "<saml:Assertion ", "</saml:Assertion>");
    // A signature under another element of the forged assertion, with the original beside it.
    let advice = format!("<saml:Advice>{signed}</saml:Advice>");
    attack.refuse("advice", &response(&inside(forged, "<saml:AuthnStatement ", &advice)));
    let stray = inside(forged, "<saml:Conditions ", &format!("<saml:X>{signature}</saml:X>"));
    attack.refuse("a stray signature", &response(&stray));
    // An unsigned assertion beside an encrypted one, and within one.
    let encrypted =
        format!("<saml:EncryptedAssertion xmlns:saml=\"{ASSERTION}\">{signed}</saml:EncryptedAssertion>");
    attack.refuse("beside an encrypted one", &response(&format!("{encrypted}{forged}")));
    attack.refuse("within an encrypted one", &response(&encrypted.replace("alice", "root")));
    // Names of another namespace are no assertions and no signatures.
    let foreign = original.replace(ASSERTION, "urn:oasis:names:tc:SAML:1.0:assertion");
    attack.refuse("another namespace", &response(&format!("{foreign}{forged}")));
    // A response that is not the root.
    attack.refuse("a root around", &format!("<x>{}</x>", by_assertion.replace("alice", "root")));
}

#[test]
fn more_assertions_than_one_are_refused_though_all_are_signed() {
    let attack = Attack::new();
    let two =
        response(&format!("{}{}", assertion("alice"), assertion("root").replace("ID=\"a\"", "ID=\"b\"")));
    let text = attack.idp.sign(&attack.idp.sign(&two, "a"), "b");
    attack.refuse("two", &text);
    attack.refuse("two in a signed response", &attack.idp.sign(&two, "r"));
}
