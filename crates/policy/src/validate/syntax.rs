//! The checks that every kind of policy shares.

use super::element::Document;
use super::{Finding, Stage};
use crate::condition::{Family, Test, is_writable_date};
use crate::json::Value;
use crate::span::Span;

/// Only tab, line feed, carriage return and U+0020 to U+00FF may stand in a document.
pub(super) fn check_charset(text: &str, findings: &mut Vec<Finding>) {
    let foreign = |c: &char| !matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}');
    if let Some((at, c)) = text.char_indices().find(|(_, c)| foreign(c)) {
        let detail = format!("U+{:04X} cannot stand in a policy", u32::from(c));
        findings.push(Finding::syntax(detail, Span::new(at, at + c.len_utf8())));
    }
}

/// An identity policy must be of the newer version.
pub(super) fn check_version(document: &Document<'_>, findings: &mut Vec<Finding>) {
    if document.version.and_then(|version| version.as_str()) != Some("2012-10-17") {
        let span = document.version.map_or(document.span, |version| version.span);
        let message = "Policy document must be version 2012-10-17 or greater.";
        findings.push(Finding::new(Stage::Version, message, span));
    }
}

/// The grammar passes an effect in any case; the older parser does not.
pub(super) fn check_effects(document: &Document<'_>, findings: &mut Vec<Finding>) {
    for statement in &document.statements {
        let Some(effect) = statement.get("Effect") else { continue };
        if !matches!(effect.as_str(), Some("Allow" | "Deny")) {
            findings.push(legacy("`Effect` is Allow or Deny, in this case", effect.span));
        }
    }
}

/// The older parser reads dates.
pub(super) fn check_dates(document: &Document<'_>, findings: &mut Vec<Finding>) {
    for statement in &document.statements {
        let operators = statement.get("Condition").and_then(|node| node.as_object()).unwrap_or_default();
        for operator in operators {
            let is_date = Test::parse(&operator.key).is_some_and(|test| test.family() == Family::Date);
            for value in
                operator.value.as_object().unwrap_or_default().iter().flat_map(|key| key.value.items())
            {
                let good = match &value.value {
                    Value::String(text) | Value::Number(text) => is_writable_date(text),
                    _ => false,
                };
                if is_date && !good {
                    findings.push(legacy("a date operator has a value that is no date", value.span));
                }
            }
        }
    }
}

/// Sids are alphanumeric, and only empty ones may repeat.
pub(super) fn check_sids(document: &Document<'_>, findings: &mut Vec<Finding>) {
    let mut seen = std::collections::BTreeSet::new();
    for statement in &document.statements {
        let Some(node) = statement.get("Sid") else { continue };
        let sid = node.as_str().unwrap_or_default();
        if !sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let message = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular \
                           expression [0-9A-Za-z]*";
            findings.push(Finding::new(Stage::Sid, message, node.span));
        }
        if !sid.is_empty() && !seen.insert(sid) {
            let message = "Statement IDs (SID) in a single policy must be unique.";
            findings.push(Finding::new(Stage::Sid, message, node.span));
        }
    }
}

pub(super) fn legacy(detail: &str, span: Span) -> Finding {
    Finding::new(Stage::Legacy, "The policy failed legacy parsing", span).with_detail(detail)
}
