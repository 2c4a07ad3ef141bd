//! A document's elements as the checks see them, with their places.

use super::{Finding, Kind};
use crate::condition;
use crate::json::{Member, Node, Value};
use crate::span::Span;

/// A document whose grammar has been checked.
pub(super) struct Document<'n> {
    pub(super) span: Span,
    pub(super) version: Option<&'n Node>,
    pub(super) statements: Vec<Statement<'n>>,
}

/// One statement.
pub(super) struct Statement<'n> {
    pub(super) span: Span,
    pub(super) members: &'n [Member],
}

impl<'n> Document<'n> {
    /// Reads a document, noting each violation of the grammar.
    pub(super) fn read(node: &'n Node, kind: Kind, findings: &mut Vec<Finding>) -> Self {
        let mut document = Self { span: node.span, version: None, statements: Vec::new() };
        let Some(members) = node.as_object() else {
            findings.push(Finding::syntax("a policy is an object", node.span));
            return document;
        };
        let mut statements = None;
        for member in members {
            match member.key.as_str() {
                "Version" => {
                    document.version = Some(&member.value);
                    if !matches!(member.value.as_str(), Some("2012-10-17" | "2008-10-17")) {
                        let detail = "`Version` is 2012-10-17 or 2008-10-17";
                        findings.push(Finding::syntax(detail, member.value.span));
                    }
                }
                "Id" => expect_string(member, findings),
                "Statement" => statements = Some(&member.value),
                _ => findings.push(unknown(member)),
            }
        }
        let Some(statements) = statements else {
            findings.push(Finding::syntax("`Statement` is missing", node.span));
            return document;
        };
        if statements.items().is_empty() {
            findings.push(Finding::syntax("`Statement` is empty", statements.span));
        }
        for node in statements.items() {
            match node.as_object() {
                Some(members) => {
                    let statement = Statement { span: node.span, members };
                    statement.check_grammar(kind, findings);
                    document.statements.push(statement);
                }
                None => findings.push(Finding::syntax("a statement is an object", node.span)),
            }
        }
        document
    }
}

impl<'n> Statement<'n> {
    pub(super) fn get(&self, element: &str) -> Option<&'n Node> {
        self.members.iter().find(|member| member.key == element).map(|member| &member.value)
    }

    /// An element or its Not-form, whichever stands there.
    pub(super) fn either(&self, element: &str, negated: &str) -> Option<&'n Node> {
        self.get(element).or_else(|| self.get(negated))
    }

    fn check_grammar(&self, kind: Kind, findings: &mut Vec<Finding>) {
        for member in self.members {
            match member.key.as_str() {
                "Sid" => expect_string(member, findings),
                "Effect" => check_effect(member, findings),
                "Action" | "NotAction" => expect_strings(member, Nulls::Refused, findings),
                "Resource" | "NotResource" => expect_strings(member, Nulls::Accepted, findings),
                "Condition" => check_condition(member, findings),
                "Principal" | "NotPrincipal" => check_principal(member, findings),
                _ => findings.push(unknown(member)),
            }
        }
        if self.get("Effect").is_none() {
            findings.push(Finding::syntax("`Effect` is missing", self.span));
        }
        for (element, negated) in PAIRS {
            if let (Some(_), Some(second)) = (self.get(element), self.get(negated)) {
                let detail = format!("`{element}` and `{negated}` exclude each other");
                findings.push(Finding::syntax(detail, second.span));
            }
        }
        let has_principal = self.get("Principal").or_else(|| self.get("NotPrincipal"));
        if let (Kind::ServiceControl, Some(node)) = (kind, has_principal) {
            findings.push(Finding::syntax("a service control policy has no principals", node.span));
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nulls {
    Accepted,
    Refused,
}

fn unknown(member: &Member) -> Finding {
    Finding::syntax(format!("`{}` is not an element of a policy", member.key), member.key_span)
}

fn expect_string(member: &Member, findings: &mut Vec<Finding>) {
    if member.value.as_str().is_none() {
        findings.push(Finding::syntax(format!("`{}` is a string", member.key), member.value.span));
    }
}

fn expect_strings(member: &Member, nulls: Nulls, findings: &mut Vec<Finding>) {
    let is_list = matches!(member.value.value, Value::Array(_));
    for item in member.value.items() {
        let null_in_list = is_list && nulls == Nulls::Accepted && item.value == Value::Null;
        if item.as_str().is_none() && !null_in_list {
            let detail = format!("`{}` is a string or a list of strings", member.key);
            findings.push(Finding::syntax(detail, item.span));
        }
    }
}

fn check_effect(member: &Member, findings: &mut Vec<Finding>) {
    let effect = member.value.as_str().map(str::to_ascii_lowercase);
    if !matches!(effect.as_deref(), Some("allow" | "deny")) {
        findings.push(Finding::syntax("`Effect` is Allow or Deny", member.value.span));
    }
}

fn check_principal(member: &Member, findings: &mut Vec<Finding>) {
    let Some(kinds) = member.value.as_object() else {
        if member.value.as_str() != Some("*") {
            findings.push(Finding::syntax("a principal is `*` or an object", member.value.span));
        }
        return;
    };
    for kind in kinds {
        if crate::PrincipalKind::parse(&kind.key).is_none() {
            let detail = format!("`{}` is not AWS, Service, Federated or CanonicalUser", kind.key);
            findings.push(Finding::syntax(detail, kind.key_span));
        }
        expect_strings(kind, Nulls::Refused, findings);
    }
}

fn check_condition(member: &Member, findings: &mut Vec<Finding>) {
    let Some(operators) = member.value.as_object() else {
        findings.push(Finding::syntax("`Condition` is an object", member.value.span));
        return;
    };
    for operator in operators {
        let Some(keys) = operator.value.as_object() else {
            let detail = format!("`{}` is an object of condition keys", operator.key);
            findings.push(Finding::syntax(detail, operator.value.span));
            continue;
        };
        // A name that is no operator passes as long as nothing stands below it.
        if condition::Test::parse(&operator.key).is_none() && !keys.is_empty() {
            let detail = format!("`{}` is not a condition operator", operator.key);
            findings.push(Finding::syntax(detail, operator.key_span));
        }
        for key in keys {
            for value in key.value.items() {
                if matches!(value.value, Value::Null | Value::Array(_) | Value::Object(_)) {
                    let detail = format!("`{}` has a value that is {}", key.key, value.kind());
                    findings.push(Finding::syntax(detail, value.span));
                }
            }
        }
    }
}

const PAIRS: [(&str, &str); 3] =
    [("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal")];
