//! From a document's text to a [`Policy`].
//!
//! This reader takes whatever some AWS service has ever taken, and nothing whose meaning
//! would be a guess: what a given kind of policy may hold is the business of
//! [`crate::validate`].

use compact_str::CompactString;

use crate::condition::{self, Clause};
use crate::document::{Effect, Element, Polarity, Policy, Statement, Version};
use crate::index::Index;
use crate::json::{self, Member, Node, Value};
use crate::matching::{ActionPattern, PrincipalKind, PrincipalPattern, ResourcePattern};
use crate::span::{Lines, Position, Span};

/// Why a text is not a policy document, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem} at {position}")]
pub struct ParseError {
    /// What is wrong.
    pub problem: ParseProblem,
    /// Where it is.
    pub position: Position,
}

/// What is wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseProblem {
    /// The text is not JSON.
    #[error(transparent)]
    Json(#[from] json::Problem),
    /// An element is of the wrong kind.
    #[error("`{element}` must be {expected}, not {found}")]
    WrongType {
        /// The element.
        element: CompactString,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// An element has a value that it cannot have.
    #[error("`{element}` cannot be `{value}`: {expected}")]
    WrongValue {
        /// The element.
        element: &'static str,
        /// The value, cut to 128 characters.
        value: String,
        /// What it can be.
        expected: &'static str,
    },
    /// An element is missing.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// Of two elements only one may stand.
    #[error("`{0}` and `{1}` exclude each other")]
    Both(&'static str, &'static str),
    /// The grammar has no such element.
    #[error("`{0}` is not an element of a policy")]
    UnknownElement(CompactString),
    /// There is no such condition operator.
    #[error("`{0}` is not a condition operator")]
    UnknownOperator(CompactString),
}

/// What went wrong and at which byte: becomes a [`ParseError`] once the lines are known.
pub(crate) struct Fault {
    offset: u32,
    problem: ParseProblem,
}

type Parsed<T> = Result<T, Fault>;

impl Policy {
    /// Parses a document.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let node = json::read(text).map_err(|fault| ParseError {
            problem: fault.problem.into(),
            position: json::locate(text, fault.offset),
        })?;
        Self::from_node(text, &node)
    }

    pub(crate) fn from_node(text: &str, node: &Node) -> Result<Self, ParseError> {
        let lines = Lines::of(text);
        match policy(node) {
            Ok(policy) => Ok(Self { lines, index: Index::of(&policy.statements), ..policy }),
            Err(fault) => Err(ParseError { problem: fault.problem, position: lines.position(fault.offset) }),
        }
    }
}

fn policy(node: &Node) -> Parsed<Policy> {
    let members = object(node, "policy")?;
    let mut policy = Policy {
        version: Version::V2008,
        id: None,
        statements: Box::default(),
        statements_from: 0,
        lines: Lines::default(),
        index: Index::default(),
    };
    for member in members {
        match member.key.as_str() {
            "Version" => policy.version = version(&member.value)?,
            "Id" => policy.id = Some(string(&member.value, "Id")?.into()),
            // The statements need the version, which may stand behind them.
            "Statement" => {}
            _ => return Err(unknown(member)),
        }
    }
    let Some(statements) = members.iter().find(|member| member.key == "Statement") else {
        return Err(fault(node.span, ParseProblem::Missing("Statement")));
    };
    let is_list = matches!(statements.value.value, Value::Array(_));
    policy.statements_from = statements.value.span.start + u32::from(is_list);
    policy.statements = all(statements.value.items(), |node| statement(node, policy.version))?;
    Ok(policy)
}

fn version(node: &Node) -> Parsed<Version> {
    match string(node, "Version")? {
        "2008-10-17" => Ok(Version::V2008),
        "2012-10-17" => Ok(Version::V2012),
        other => Err(wrong_value(node, "Version", other, "expected 2012-10-17 or 2008-10-17")),
    }
}

fn statement(node: &Node, version: Version) -> Parsed<Statement> {
    let mut sid = None;
    let mut effect = None;
    let mut principals = None;
    let mut actions = None;
    let mut resources = None;
    let mut conditions = Box::default();
    for member in object(node, "Statement")? {
        let value = &member.value;
        match member.key.as_str() {
            "Sid" => sid = Some(CompactString::from(string(value, "Sid")?)),
            "Effect" => effect = Some(self::effect(value)?),
            "Principal" => {
                once(&mut principals, principal_element(value, Polarity::Listed)?, value, PRINCIPALS)?
            }
            "NotPrincipal" => {
                once(&mut principals, principal_element(value, Polarity::AllBut)?, value, PRINCIPALS)?
            }
            "Action" => once(&mut actions, action_element(value, Polarity::Listed)?, value, ACTIONS)?,
            "NotAction" => once(&mut actions, action_element(value, Polarity::AllBut)?, value, ACTIONS)?,
            "Resource" => {
                once(&mut resources, resource_element(value, Polarity::Listed, version)?, value, RESOURCES)?
            }
            "NotResource" => {
                once(&mut resources, resource_element(value, Polarity::AllBut, version)?, value, RESOURCES)?
            }
            "Condition" => conditions = self::conditions(value, version)?,
            _ => return Err(unknown(member)),
        }
    }
    let missing = |what| fault(node.span, ParseProblem::Missing(what));
    Ok(Statement {
        sid,
        effect: effect.ok_or_else(|| missing("Effect"))?,
        principals,
        actions: actions.ok_or_else(|| missing("Action"))?,
        order: cheap_first(&conditions),
        resources,
        conditions,
        span: node.span,
    })
}

fn once<T>(slot: &mut Option<T>, value: T, node: &Node, pair: (&'static str, &'static str)) -> Parsed<()> {
    if slot.replace(value).is_some() {
        return Err(fault(node.span, ParseProblem::Both(pair.0, pair.1)));
    }
    Ok(())
}

fn effect(node: &Node) -> Parsed<Effect> {
    match string(node, "Effect")? {
        "Allow" => Ok(Effect::Allow),
        "Deny" => Ok(Effect::Deny),
        other => Err(wrong_value(node, "Effect", other, "expected Allow or Deny")),
    }
}

fn action_element(node: &Node, polarity: Polarity) -> Parsed<Element<ActionPattern>> {
    let patterns = all(node.items(), |item| Ok(ActionPattern::new(string(item, "Action")?, item.span)))?;
    Ok(Element { polarity, patterns, span: node.span })
}

fn resource_element(node: &Node, polarity: Polarity, version: Version) -> Parsed<Element<ResourcePattern>> {
    let mut patterns = Vec::with_capacity(node.items().len());
    for item in node.items() {
        // IAM accepts a null among resources; it matches nothing.
        if matches!(item.value, Value::Null) && item.span != node.span {
            continue;
        }
        patterns.push(ResourcePattern::new(string(item, "Resource")?, item.span, version));
    }
    Ok(Element { polarity, patterns: patterns.into(), span: node.span })
}

fn principal_element(node: &Node, polarity: Polarity) -> Parsed<Element<PrincipalPattern>> {
    let mut patterns = Vec::new();
    match &node.value {
        Value::String(text) if text == "*" => {
            patterns.push(PrincipalPattern::new(PrincipalKind::Aws, text, node.span));
        }
        Value::String(text) => {
            return Err(wrong_value(node, "Principal", text, "expected `*` or an object"));
        }
        _ => {
            for member in object(node, "Principal")? {
                let Some(kind) = PrincipalKind::parse(&member.key) else { return Err(unknown(member)) };
                for item in member.value.items() {
                    patterns.push(PrincipalPattern::new(kind, string(item, kind.as_str())?, item.span));
                }
            }
        }
    }
    Ok(Element { polarity, patterns: patterns.into(), span: node.span })
}

fn conditions(node: &Node, version: Version) -> Parsed<Box<[Clause]>> {
    let mut clauses = Vec::new();
    for operator in object(node, "Condition")? {
        let keys = object(&operator.value, &operator.key)?;
        if keys.is_empty() {
            // IAM accepts any name above an empty map, which says nothing.
            continue;
        }
        let Some(test) = condition::Test::parse(&operator.key) else {
            return Err(fault(operator.key_span, ParseProblem::UnknownOperator(operator.key.clone())));
        };
        for key in keys {
            let values =
                key.value.items().iter().map(|item| Ok((condition_value(item, &key.key)?, item.span)));
            let values = values.collect::<Parsed<Vec<_>>>()?;
            clauses.push(Clause::new(test, operator.key_span, (&key.key, key.key_span), &values, version));
        }
    }
    Ok(clauses.into())
}

/// What is made of each node; room for all is made at once.
fn all<T>(nodes: &[Node], make: impl Fn(&Node) -> Parsed<T>) -> Parsed<Box<[T]>> {
    let mut made = Vec::with_capacity(nodes.len());
    for node in nodes {
        made.push(make(node)?);
    }
    Ok(made.into())
}

/// The clauses' order by cost; none where they stand in it.
fn cheap_first(clauses: &[Clause]) -> Option<Box<[u32]>> {
    if clauses.is_sorted_by_key(Clause::cost) {
        return None;
    }
    let mut order: Vec<(u8, u32)> = clauses.iter().map(Clause::cost).zip(0..).collect();
    order.sort_unstable();
    Some(order.into_iter().map(|(_, at)| at).collect())
}

/// A value of a condition as a string: numbers as written, booleans as `true` and `false`.
pub(crate) fn condition_value(node: &Node, key: &str) -> Parsed<CompactString> {
    match &node.value {
        Value::String(text) | Value::Number(text) => Ok(text.clone()),
        Value::Bool(true) => Ok("true".into()),
        Value::Bool(false) => Ok("false".into()),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            Err(wrong_type(node, key, "a string, number or boolean"))
        }
    }
}

fn object<'n>(node: &'n Node, element: &str) -> Parsed<&'n [Member]> {
    node.as_object().ok_or_else(|| wrong_type(node, element, "an object"))
}

fn string<'n>(node: &'n Node, element: &str) -> Parsed<&'n str> {
    node.as_str().ok_or_else(|| wrong_type(node, element, "a string"))
}

fn fault(span: Span, problem: ParseProblem) -> Fault {
    Fault { offset: span.start, problem }
}

fn unknown(member: &Member) -> Fault {
    fault(member.key_span, ParseProblem::UnknownElement(member.key.clone()))
}

fn wrong_type(node: &Node, element: &str, expected: &'static str) -> Fault {
    fault(node.span, ParseProblem::WrongType { element: element.into(), expected, found: node.kind() })
}

fn wrong_value(node: &Node, element: &'static str, value: &str, expected: &'static str) -> Fault {
    fault(node.span, ParseProblem::WrongValue { element, value: value.chars().take(128).collect(), expected })
}

const PRINCIPALS: (&str, &str) = ("Principal", "NotPrincipal");
const ACTIONS: (&str, &str) = ("Action", "NotAction");
const RESOURCES: (&str, &str) = ("Resource", "NotResource");

#[cfg(test)]
mod tests;
