//! Checks of control policies (AWS: "SCP syntax", "RCP syntax").

use super::element::Document;
use super::{Finding, Stage};
use crate::json::Node;
use crate::span::Span;

/// A service control policy: since September 2025 as free as an identity policy.
pub(super) fn check_service_control(document: &Document<'_>, findings: &mut Vec<Finding>) {
    check_version(document, findings);
}

/// A customer's resource control policy: denies, to everyone, what it names.
pub(super) fn check_resource_control(document: &Document<'_>, findings: &mut Vec<Finding>) {
    check_version(document, findings);
    for statement in &document.statements {
        let mut require = |good: bool, what: &str, node: Option<&Node>| {
            if !good {
                findings.push(finding(what, node.map_or(statement.span, |node| node.span)));
            }
        };
        let effect = statement.get("Effect");
        require(effect.and_then(Node::as_str) == Some("Deny"), "`Effect` is Deny", effect);
        let principal = statement.get("Principal");
        require(principal.and_then(Node::as_str) == Some("*"), "`Principal` is \"*\"", principal);
        for unsupported in ["NotAction", "NotPrincipal"] {
            let node = statement.get(unsupported);
            require(node.is_none(), &format!("`{unsupported}` is not supported"), node);
        }
        for action in statement.get("Action").map(Node::items).unwrap_or_default() {
            require(action.as_str() != Some("*"), "`Action` names a service", Some(action));
        }
    }
}

fn check_version(document: &Document<'_>, findings: &mut Vec<Finding>) {
    if document.version.and_then(Node::as_str) != Some("2012-10-17") {
        let span = document.version.map_or(document.span, |version| version.span);
        findings.push(finding("`Version` is 2012-10-17", span));
    }
}

fn finding(what: &str, span: Span) -> Finding {
    Finding::new(Stage::Kind, what, span)
}
