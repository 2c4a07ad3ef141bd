//! What a document of each kind may hold when it is stored: IAM's checks, in IAM's order,
//! with IAM's texts.
//!
//! The checks run in stages. IAM reports the first finding of the first stage that has any;
//! [`findings`] gives all of them, for tools that show a whole document at once.

mod action;
mod control;
mod element;
mod resource;
mod size;
mod syntax;
mod trust;

use std::sync::Arc;

use crate::json;
use crate::span::{Lines, Position, Span};
use crate::{ParseError, Policy};
use element::Document;

pub use size::{Counting, Quota, size};
pub use trust::ACTIONS_OF_ROLES;

/// A kind of policy document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A managed or inline policy of a user, group or role; also a permissions boundary.
    Identity,
    /// A role's trust policy.
    Trust,
    /// A policy of some other resource, such as a bucket's.
    Resource,
    /// A policy that is passed when a session is made.
    Session,
    /// A service control policy.
    ServiceControl,
    /// A resource control policy.
    ResourceControl,
}

/// Why a document cannot be stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Malformed {
    /// AWS's text, to be sent with `MalformedPolicyDocument`.
    pub message: String,
    /// What is wrong in particular, where AWS's text does not say.
    pub detail: Option<String>,
    /// Where.
    pub position: Position,
}

/// The steps in which IAM looks at a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    Syntax,
    Version,
    Legacy,
    Sid,
    Principal,
    HasActions,
    Resources,
    Actions,
    HasResources,
    /// What only this kind of policy asks for.
    Kind,
}

/// Something wrong with a document.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    stage: Stage,
    message: String,
    detail: Option<String>,
    span: Span,
}

/// Validates a managed or inline policy of a user, group or role.
pub fn identity_policy(text: &str) -> Result<Arc<Policy>, Malformed> {
    policy(Kind::Identity, text)
}

/// Validates a role's trust policy. Whether its principals exist is for the caller to look up:
/// the text for one that does not is [`invalid_principal`].
pub fn trust_policy(text: &str) -> Result<Arc<Policy>, Malformed> {
    policy(Kind::Trust, text)
}

/// Validates the policy of a resource other than a role.
pub fn resource_policy(text: &str) -> Result<Arc<Policy>, Malformed> {
    policy(Kind::Resource, text)
}

/// Validates a session policy.
pub fn session_policy(text: &str) -> Result<Arc<Policy>, Malformed> {
    policy(Kind::Session, text)
}

/// Validates a service control policy.
pub fn service_control_policy(text: &str) -> Result<Arc<Policy>, Malformed> {
    policy(Kind::ServiceControl, text)
}

/// Validates a customer's resource control policy.
pub fn resource_control_policy(text: &str) -> Result<Arc<Policy>, Malformed> {
    policy(Kind::ResourceControl, text)
}

/// Validates a document of some kind: the first finding as AWS reports it, or the policy.
pub fn policy(kind: Kind, text: &str) -> Result<Arc<Policy>, Malformed> {
    match examine(kind, text) {
        Ok(policy) => Ok(Arc::new(policy)),
        Err(mut findings) if !findings.is_empty() => Err(findings.swap_remove(0)),
        Err(_) => Err(Malformed { message: SYNTAX.into(), detail: None, position: Position::default() }),
    }
}

/// Everything that is wrong with a document, in the order in which AWS would report it. Where
/// the syntax is wrong, nothing behind it is looked at.
#[must_use]
pub fn findings(kind: Kind, text: &str) -> Vec<Malformed> {
    examine(kind, text).err().unwrap_or_default()
}

/// AWS's text for a principal that does not exist.
#[must_use]
pub fn invalid_principal(kind: crate::PrincipalKind, value: &str) -> String {
    let kind = match kind {
        crate::PrincipalKind::Aws => "AWS",
        crate::PrincipalKind::Service => "SERVICE",
        crate::PrincipalKind::Federated => "FEDERATED",
        crate::PrincipalKind::CanonicalUser => "CANONICAL_USER",
    };
    format!("Invalid principal in policy: \"{kind}\":\"{value}\"")
}

fn examine(kind: Kind, text: &str) -> Result<Policy, Vec<Malformed>> {
    let node = match json::read(text) {
        Ok(node) => node,
        Err(fault) => {
            let position = json::locate(text, fault.offset);
            let message = kind.wording(SYNTAX.into());
            return Err(vec![Malformed { message, detail: Some(fault.problem.to_string()), position }]);
        }
    };
    let mut findings = Vec::new();
    syntax::check_charset(text, &mut findings);
    let document = Document::read(&node, kind, &mut findings);
    if findings.is_empty() {
        check(kind, &document, &mut findings);
    }
    findings.sort_by_key(|finding| finding.stage);
    if !findings.is_empty() {
        let lines = Lines::of(text);
        return Err(findings.into_iter().map(|finding| finding.tell(kind, &lines)).collect());
    }
    // What passes the checks parses; should the two ever differ, the document is refused.
    Policy::from_node(text, &node).map_err(|ParseError { problem, position }| {
        vec![Malformed { message: kind.wording(SYNTAX.into()), detail: Some(problem.to_string()), position }]
    })
}

fn check(kind: Kind, document: &Document<'_>, findings: &mut Vec<Finding>) {
    if kind == Kind::Identity {
        syntax::check_version(document, findings);
    }
    syntax::check_effects(document, findings);
    syntax::check_dates(document, findings);
    syntax::check_sids(document, findings);
    action::check(document, findings);
    resource::check(kind, document, findings);
    match kind {
        Kind::Identity | Kind::Session => trust::check_no_principals(document, findings),
        Kind::Trust => trust::check(document, findings),
        Kind::Resource => trust::check_principals(document, findings),
        Kind::ServiceControl => control::check_service_control(document, findings),
        Kind::ResourceControl => control::check_resource_control(document, findings),
    }
}

impl Kind {
    /// Organizations has one text for whatever is wrong.
    fn wording(self, message: String) -> String {
        match self {
            Self::ServiceControl | Self::ResourceControl => CONTROL.into(),
            Self::Identity | Self::Trust | Self::Resource | Self::Session => message,
        }
    }
}

impl Finding {
    pub(crate) fn new(stage: Stage, message: impl Into<String>, span: Span) -> Self {
        Self { stage, message: message.into(), detail: None, span }
    }

    /// A violation of the grammar: IAM says no more than that there is one.
    pub(crate) fn syntax(detail: impl Into<String>, span: Span) -> Self {
        Self { stage: Stage::Syntax, message: SYNTAX.into(), detail: Some(detail.into()), span }
    }

    fn with_detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    fn tell(self, kind: Kind, lines: &Lines) -> Malformed {
        let message = kind.wording(self.message.clone());
        let detail = self.detail.or_else(|| (message != self.message).then_some(self.message));
        Malformed { message, detail, position: lines.position(self.span.start) }
    }
}

/// IAM's text for whatever breaks the grammar.
const SYNTAX: &str = "Syntax errors in policy.";

/// Organizations' text (`MalformedPolicyDocumentException`).
const CONTROL: &str =
    "The provided policy document does not meet the requirements of the specified policy type.";

#[cfg(test)]
mod tests;
