//! Checks of principals, and those of trust policies.

use types::{AccountId, UniqueId};

use super::element::{Document, Statement};
use super::{Finding, Stage, invalid_principal};
use crate::json::Node;
use crate::{Action, ActionPattern, Principal, PrincipalKind};

/// An identity or session policy names no principals.
pub(super) fn check_no_principals(document: &Document<'_>, findings: &mut Vec<Finding>) {
    for statement in &document.statements {
        if let Some(node) = statement.either("Principal", "NotPrincipal") {
            let message = "Policy document should not specify a principal.";
            findings.push(Finding::new(Stage::Principal, message, node.span));
        }
    }
}

/// A resource policy names its principals in every statement.
pub(super) fn check_principals(document: &Document<'_>, findings: &mut Vec<Finding>) {
    for statement in &document.statements {
        match statement.either("Principal", "NotPrincipal") {
            Some(node) => check_values(node, findings),
            None => findings.push(missing_principal(statement)),
        }
    }
}

/// A trust policy: actions of STS that concern a role, no resources, principals that can be.
pub(super) fn check(document: &Document<'_>, findings: &mut Vec<Finding>) {
    for statement in &document.statements {
        check_actions(statement, findings);
        for prohibited in ["Resource", "NotResource", "NotPrincipal"] {
            if let Some(node) = statement.get(prohibited) {
                let message = format!("Has prohibited field {prohibited}.");
                findings.push(Finding::new(Stage::Kind, message, node.span));
            }
        }
        match statement.get("Principal") {
            Some(node) => check_values(node, findings),
            None if statement.get("NotPrincipal").is_some() => {}
            None => findings.push(missing_principal(statement)),
        }
    }
}

/// IAM's text, with its two spaces, for an action in a trust policy that is none of assuming a role.
pub const ACTIONS_OF_ROLES: &str = "Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  \
                                    and sts:AssumeRoleWithWebIdentity";

fn missing_principal(statement: &Statement<'_>) -> Finding {
    Finding::new(Stage::Kind, "Missing required field Principal", statement.span)
}

fn check_actions(statement: &Statement<'_>, findings: &mut Vec<Finding>) {
    let mut refuse = |node: &Node| {
        findings.push(Finding::new(Stage::Kind, ACTIONS_OF_ROLES, node.span));
    };
    if let Some(node) = statement.get("NotAction") {
        refuse(node);
    }
    for item in statement.get("Action").map(Node::items).unwrap_or_default() {
        let pattern = ActionPattern::new(item.as_str().unwrap_or_default(), item.span);
        let of_roles = |action: &str| Action::parse(action).is_ok_and(|action| pattern.matches(&action));
        if pattern.as_str() == "*" || !ROLE_ACTIONS.iter().any(|action| of_roles(action)) {
            refuse(item);
        }
    }
}

fn check_values(node: &Node, findings: &mut Vec<Finding>) {
    let Some(kinds) = node.as_object() else { return };
    let mut any = false;
    for member in kinds {
        let Some(kind) = PrincipalKind::parse(&member.key) else { continue };
        for item in member.value.items() {
            any = true;
            let value = item.as_str().unwrap_or_default();
            if !can_be(kind, value) {
                findings.push(Finding::new(Stage::Kind, invalid_principal(kind, value), item.span));
            }
        }
    }
    if !any {
        let message = "Invalid principal in policy: com.amazon.balsa.error.InvalidPolicyException: The passed in \
                       policy has a statement with no principals!";
        findings.push(Finding::new(Stage::Kind, message, node.span));
    }
}

/// Whether a value has the form of a principal.
fn can_be(kind: PrincipalKind, value: &str) -> bool {
    match kind {
        PrincipalKind::Aws => {
            value == "*"
                || AccountId::parse(value).is_ok()
                || UniqueId::parse(value)
                    .is_ok_and(|id| ["AIDA", "AROA"].iter().any(|p| id.as_str().starts_with(p)))
                || (Principal::parse(value).is_ok() && !value.contains(['*', '?']))
        }
        PrincipalKind::Service | PrincipalKind::Federated | PrincipalKind::CanonicalUser => {
            !value.is_empty() && !value.contains(char::is_whitespace)
        }
    }
}

/// What IAM takes for an action of a trust policy, in any pattern that matches one.
const ROLE_ACTIONS: [&str; 14] = [
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:AssumeRoot",
    "sts:DecodeAuthorizationMessage",
    "sts:GetAccessKeyInfo",
    "sts:GetCallerIdentity",
    "sts:GetFederationToken",
    "sts:GetServiceBearerToken",
    "sts:GetSessionToken",
    "sts:GetWebIdentityToken",
    "sts:SetContext",
    "sts:SetSourceIdentity",
    "sts:TagSession",
];
