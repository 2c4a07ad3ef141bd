//! What an assertion says, and whether it holds here and now (SAML V2.0 Core; SAML V2.0 Profiles, section 4.1.4).

use jiff::{SignedDuration, Timestamp};
use roxmltree::Node;

use super::{ASSERTION, Attributes, Expectations, ResponseRefused, SKEW, USE_WITHIN};
use crate::xml;

/// A verified assertion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// Its id.
    pub id: String,
    /// Who issued it.
    pub issuer: String,
    /// The value of its `NameID`.
    pub subject: String,
    /// The format of its `NameID`.
    pub subject_format: String,
    /// The recipient, which AWS calls the audience.
    pub recipient: String,
    /// Until when it can be presented at the latest, skew included; it need not be remembered for longer.
    pub usable_until: Timestamp,
    /// When the session with the provider ends, where it says it.
    pub session_ends: Option<Timestamp>,
    /// Its attributes.
    pub attributes: Attributes,
}

impl Assertion {
    /// AWS's `SubjectType`: the format without the prefix that the formats of SAML 2.0 have, or the whole URI.
    #[must_use]
    pub fn subject_type(&self) -> &str {
        self.subject_format.strip_prefix(FORMAT_PREFIX).unwrap_or(&self.subject_format)
    }
}

/// Reads an assertion whose signature was verified.
pub(super) fn read(
    assertion: Node<'_, '_>,
    expected: &Expectations<'_>,
    now: Timestamp,
) -> Result<Assertion, ResponseRefused> {
    let malformed = ResponseRefused::Malformed;
    if assertion.attribute("Version") != Some("2.0") {
        return Err(malformed("the assertion is not of SAML 2.0"));
    }
    let id = assertion.attribute("ID").filter(|id| !id.is_empty()).ok_or(malformed("no id"))?;
    let issuer =
        xml::only(assertion, ASSERTION, "Issuer").and_then(xml::text).ok_or(malformed("no issuer"))?;
    if issuer != expected.metadata.entity_id {
        return Err(ResponseRefused::Issuer);
    }
    let issued = instant(assertion, "IssueInstant")?.ok_or(malformed("no instant of issuance"))?;
    let subject = xml::only(assertion, ASSERTION, "Subject").ok_or(malformed("no subject"))?;
    let name = xml::only(subject, ASSERTION, "NameID").ok_or(malformed("no name of the subject"))?;
    let conditions = xml::only(assertion, ASSERTION, "Conditions").ok_or(malformed("no conditions"))?;
    let confirmed = confirmation(subject, expected)?;
    let until = check_conditions(conditions, expected)?;

    let ends = [until.1, Some(confirmed.until)].into_iter().flatten().min();
    let begins = [until.0, confirmed.from, Some(issued)].into_iter().flatten().max();
    if begins.is_some_and(|begins| begins.duration_since(now) > SKEW) {
        return Err(ResponseRefused::NotYet);
    }
    if ends.is_some_and(|ends| now.duration_since(ends) >= SKEW) {
        return Err(ResponseRefused::Expired);
    }
    if now.duration_since(issued) > USE_WITHIN {
        return Err(ResponseRefused::Stale);
    }
    let statements: Vec<_> = xml::children(assertion, ASSERTION, "AuthnStatement").collect();
    if statements.is_empty() {
        return Err(malformed("no statement of authentication"));
    }
    let mut session_ends = None;
    for statement in statements {
        session_ends = [session_ends, instant(statement, "SessionNotOnOrAfter")?].into_iter().flatten().min();
    }
    if session_ends.is_some_and(|ends| ends <= now) {
        return Err(ResponseRefused::Expired);
    }
    let usable = issued.saturating_add(USE_WITHIN + SignedDuration::from_secs(1)).unwrap_or(Timestamp::MAX);
    Ok(Assertion {
        id: id.to_owned(),
        issuer,
        subject: xml::text(name).filter(|text| !text.is_empty()).ok_or(malformed("an empty subject"))?,
        subject_format: name.attribute("Format").unwrap_or(UNSPECIFIED).to_owned(),
        recipient: confirmed.recipient,
        usable_until: usable,
        session_ends,
        attributes: Attributes::read(assertion).ok_or(malformed("unreadable attributes"))?,
    })
}

struct Confirmed {
    recipient: String,
    from: Option<Timestamp>,
    until: Timestamp,
}

/// The subject's confirmation: one, by whoever bears it, with recipient and end.
fn confirmation(subject: Node<'_, '_>, expected: &Expectations<'_>) -> Result<Confirmed, ResponseRefused> {
    let malformed = ResponseRefused::Malformed;
    let confirmation = xml::only(subject, ASSERTION, "SubjectConfirmation")
        .filter(|confirmation| confirmation.attribute("Method") == Some(BEARER))
        .ok_or(malformed("it must have one confirmation, by the bearer"))?;
    let data = xml::only(confirmation, ASSERTION, "SubjectConfirmationData")
        .ok_or(malformed("no data of the confirmation"))?;
    let recipient = data.attribute("Recipient").ok_or(ResponseRefused::Recipient)?;
    if !expected.recipients.iter().any(|ours| ours == recipient) {
        return Err(ResponseRefused::Recipient);
    }
    Ok(Confirmed {
        recipient: recipient.to_owned(),
        from: instant(data, "NotBefore")?,
        until: instant(data, "NotOnOrAfter")?.ok_or(malformed("no end of the confirmation"))?,
    })
}

/// Checks the conditions; answers from when and until when they hold.
fn check_conditions(
    conditions: Node<'_, '_>,
    expected: &Expectations<'_>,
) -> Result<(Option<Timestamp>, Option<Timestamp>), ResponseRefused> {
    let mut is_for_us = false;
    for condition in xml::elements(conditions) {
        if condition.has_tag_name((ASSERTION, "AudienceRestriction")) {
            let mut audiences = xml::children(condition, ASSERTION, "Audience").filter_map(xml::text);
            let ours = expected.recipients.iter().chain(expected.audiences);
            // Each restriction must be met (SAML V2.0 Core, section 2.5.1.4).
            if !audiences.any(|audience| ours.clone().any(|our| *our == audience)) {
                return Err(ResponseRefused::Audience);
            }
            is_for_us = true;
        } else if !["OneTimeUse", "ProxyRestriction"]
            .iter()
            .any(|name| condition.has_tag_name((ASSERTION, *name)))
        {
            return Err(ResponseRefused::Malformed("a condition that is not known"));
        }
    }
    if !is_for_us {
        return Err(ResponseRefused::Audience);
    }
    Ok((instant(conditions, "NotBefore")?, instant(conditions, "NotOnOrAfter")?))
}

fn instant(node: Node<'_, '_>, name: &'static str) -> Result<Option<Timestamp>, ResponseRefused> {
    let Some(text) = node.attribute(name) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| ResponseRefused::Malformed("an instant that is none"))
}

const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
const FORMAT_PREFIX: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:";
const UNSPECIFIED: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";
