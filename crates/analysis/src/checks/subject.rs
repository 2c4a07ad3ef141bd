//! A document as the checks see it: every element with its place, whether or not the whole is a policy.

use std::cell::OnceCell;
use std::sync::Arc;

use catalog::Catalog;
use policy::condition::{Family, Qualifier, Test};
use policy::json::{Member, Node, Value};
use policy::{Effect, Policy, Span};

use crate::{Budget, Idle, idle_statements};

use super::arn::{Misfit, Parts};
use super::last_accessed::LastAccessed;
use super::policy_type::{PolicyType, ResourceType};

/// The document that is checked.
pub(super) struct Subject<'d> {
    /// Its text.
    pub(super) text: &'d str,
    /// Its root.
    pub(super) node: &'d Node,
    /// What kind of policy it is.
    pub(super) policy_type: PolicyType,
    /// What it is attached to, as far as that is said.
    pub(super) resource_type: Option<ResourceType>,
    /// Its statements, those that are objects.
    pub(super) statements: Vec<Statement<'d>>,
    /// The policy, where the document parses.
    pub(super) policy: Option<Arc<Policy>>,
    /// What its principal did, where that is known.
    pub(super) used: Option<&'d LastAccessed>,
    /// What services there are.
    pub(super) catalog: &'d Catalog,
    arns: OnceCell<Vec<ArnEntry<'d>>>,
    idle: OnceCell<Vec<Idle>>,
}

/// A resource that is an ARN, held against the forms of its service.
pub(super) struct ArnEntry<'d> {
    pub(super) entry: Entry<'d>,
    pub(super) parts: Parts,
    pub(super) misfits: Vec<Misfit>,
}

/// One statement.
pub(super) struct Statement<'d> {
    /// From brace to brace.
    pub(super) span: Span,
    /// Its members.
    pub(super) members: &'d [Member],
    /// Its conditions: a clause for each key of each operator.
    pub(super) clauses: Vec<Clause<'d>>,
}

/// One key under one operator.
#[derive(Clone, Copy)]
pub(super) struct Clause<'d> {
    /// The operator, as written.
    pub(super) operator: &'d str,
    /// Where the operator stands.
    pub(super) operator_span: Span,
    /// The operator, where there is such a one.
    pub(super) test: Option<Test>,
    /// The key, as written.
    pub(super) key: &'d str,
    /// Where the key stands.
    pub(super) key_span: Span,
    /// The values.
    pub(super) node: &'d Node,
}

/// A text with its place, quotes included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry<'d> {
    pub(super) text: &'d str,
    pub(super) span: Span,
}

/// One principal: `"AWS": "123456789012"`.
#[derive(Debug, Clone, Copy)]
pub(super) struct PrincipalEntry<'d> {
    /// `AWS`, `Service`, `Federated`, `CanonicalUser`, or whatever stands there.
    pub(super) kind: &'d str,
    pub(super) text: &'d str,
    pub(super) span: Span,
}

impl<'d> Subject<'d> {
    /// Reads a document's elements.
    pub(super) fn new(
        text: &'d str,
        node: &'d Node,
        policy_type: PolicyType,
        resource_type: Option<ResourceType>,
        used: Option<&'d LastAccessed>,
        catalog: &'d Catalog,
    ) -> Self {
        let items = node.get("Statement").map(Node::items).unwrap_or_default();
        let statements = items.iter().filter_map(Statement::new).collect();
        let policy = Policy::parse(text).ok().map(Arc::new);
        Self {
            text,
            node,
            policy_type,
            resource_type,
            statements,
            policy,
            used,
            catalog,
            arns: OnceCell::new(),
            idle: OnceCell::new(),
        }
    }

    /// The members of the document.
    pub(super) fn members(&self) -> &'d [Member] {
        self.node.as_object().unwrap_or_default()
    }

    /// The text of the `Version` element.
    pub(super) fn version(&self) -> Option<&'d str> {
        self.node.get("Version").and_then(Node::as_str)
    }

    /// The resources that are ARNs of six parts.
    pub(super) fn arns(&self) -> &[ArnEntry<'d>] {
        self.arns.get_or_init(|| {
            let entries = self.statements.iter().flat_map(Statement::all_resources);
            let read = |entry| {
                let parts = Parts::of(entry)?;
                Some(ArnEntry { entry, misfits: parts.misfits(self.catalog), parts })
            };
            entries.filter_map(read).collect()
        })
    }

    /// The statements that are proven to change nothing. What could not be decided is not among them: nothing is
    /// known to be wrong with it.
    pub(super) fn idle(&self) -> &[Idle] {
        self.idle.get_or_init(|| {
            let Some(policy) = &self.policy else { return Vec::new() };
            idle_statements(policy, BUDGET).into_iter().flatten().collect()
        })
    }

    /// Whether this is a role's trust policy: it is said to be one, or it is a resource policy of which nothing is
    /// said and which speaks of STS alone.
    pub(super) fn is_trust(&self) -> bool {
        match self.resource_type {
            Some(resource) => resource == ResourceType::AssumeRolePolicyDocument,
            None => {
                let mut actions = self.statements.iter().flat_map(Statement::actions).peekable();
                self.policy_type == PolicyType::Resource
                    && actions.peek().is_some()
                    && actions.all(|entry| entry.text.starts_with("sts:"))
            }
        }
    }
}

impl<'d> Statement<'d> {
    fn new(node: &'d Node) -> Option<Self> {
        let members = node.as_object()?;
        let condition = members.iter().find(|member| member.key == "Condition");
        let mut clauses = Vec::new();
        for operator in condition.and_then(|member| member.value.as_object()).unwrap_or_default() {
            let test = Test::parse(&operator.key);
            for key in operator.value.as_object().unwrap_or_default() {
                clauses.push(Clause {
                    operator: &operator.key,
                    operator_span: operator.key_span,
                    test,
                    key: &key.key,
                    key_span: key.key_span,
                    node: &key.value,
                });
            }
        }
        Some(Self { span: node.span, members, clauses })
    }

    /// A member.
    pub(super) fn member(&self, element: &str) -> Option<&'d Member> {
        self.members.iter().find(|member| member.key == element)
    }

    /// A member's value.
    pub(super) fn get(&self, element: &str) -> Option<&'d Node> {
        self.member(element).map(|member| &member.value)
    }

    /// What it does, where it says so rightly.
    pub(super) fn effect(&self) -> Option<Effect> {
        match self.get("Effect")?.as_str()? {
            "Allow" => Some(Effect::Allow),
            "Deny" => Some(Effect::Deny),
            _ => None,
        }
    }

    /// Whether it allows.
    pub(super) fn allows(&self) -> bool {
        self.effect() == Some(Effect::Allow)
    }

    /// Whether it denies.
    pub(super) fn denies(&self) -> bool {
        self.effect() == Some(Effect::Deny)
    }

    /// The entries of `Action`.
    pub(super) fn actions(&self) -> Vec<Entry<'d>> {
        self.entries(&["Action"])
    }

    /// The entries of `Action` or `NotAction`.
    pub(super) fn all_actions(&self) -> Vec<Entry<'d>> {
        self.entries(&["Action", "NotAction"])
    }

    /// The entries of `Resource` or `NotResource`.
    pub(super) fn all_resources(&self) -> Vec<Entry<'d>> {
        self.entries(&["Resource", "NotResource"])
    }

    /// The texts of some elements.
    pub(super) fn entries(&self, elements: &[&str]) -> Vec<Entry<'d>> {
        let nodes = elements.iter().filter_map(|element| self.get(element)).flat_map(Node::items);
        nodes.filter_map(|node| Some(Entry { text: node.as_str()?, span: node.span })).collect()
    }

    /// `Principal` or `NotPrincipal`.
    pub(super) fn principal_element(&self) -> Option<&'d Member> {
        self.member("Principal").or_else(|| self.member("NotPrincipal"))
    }

    /// The principals of either element; a bare `"*"` counts as one of kind AWS.
    pub(super) fn principals(&self) -> Vec<PrincipalEntry<'d>> {
        let Some(member) = self.principal_element() else { return Vec::new() };
        let mut entries = Vec::new();
        match &member.value.value {
            Value::String(text) => {
                entries.push(PrincipalEntry { kind: "AWS", text, span: member.value.span });
            }
            Value::Object(kinds) => {
                for kind in kinds {
                    entries.extend(kind.value.items().iter().filter_map(|node| {
                        Some(PrincipalEntry { kind: &kind.key, text: node.as_str()?, span: node.span })
                    }));
                }
            }
            _ => {}
        }
        entries
    }

    /// The clauses about a key.
    pub(super) fn about(&self, key: &str) -> impl Iterator<Item = &Clause<'d>> {
        self.clauses.iter().filter(move |clause| clause.key.eq_ignore_ascii_case(key))
    }

    /// Whether any clause is about one of some keys.
    pub(super) fn has_key(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.about(key).next().is_some())
    }
}

impl<'d> Clause<'d> {
    /// The values that are texts, numbers or booleans, as texts.
    pub(super) fn values(&self) -> Vec<Entry<'d>> {
        let entries = self.node.items().iter().filter_map(|node| {
            let text = match &node.value {
                Value::String(text) | Value::Number(text) => text.as_str(),
                Value::Bool(true) => "true",
                Value::Bool(false) => "false",
                Value::Null | Value::Array(_) | Value::Object(_) => return None,
            };
            Some(Entry { text, span: node.span })
        });
        entries.collect()
    }

    /// The operator's family.
    pub(super) fn family(&self) -> Option<Family> {
        self.test.map(|test| test.family())
    }

    /// Whether the operator is of a family.
    pub(super) fn is(&self, family: Family) -> bool {
        self.family() == Some(family)
    }

    /// Whether the operator takes wildcards.
    pub(super) fn is_like(&self) -> bool {
        self.test.is_some_and(|test| test.operator().ends_with("Like") || test.family() == Family::Arn)
    }

    /// Whether the operator has that qualifier.
    pub(super) fn is_qualified(&self, qualifier: Qualifier) -> bool {
        self.test.is_some_and(|test| test.qualifier() == qualifier)
    }

    /// Whether the operator is one of the `…Not…` operators.
    pub(super) fn is_negated(&self) -> bool {
        self.test.is_some_and(|test| test.is_negated())
    }

    /// Whether a request without the key satisfies the clause.
    pub(super) fn holds_without_key(&self) -> bool {
        let Some(test) = self.test else { return false };
        match test.family() {
            Family::Null => self.values().iter().any(|value| value.text.eq_ignore_ascii_case("true")),
            _ => {
                test.is_if_exists()
                    || test.qualifier() == Qualifier::All
                    || (test.qualifier() == Qualifier::Single && test.is_negated())
            }
        }
    }

    /// Whether the key is this one, or begins like this where that ends with a slash.
    pub(super) fn is_about(&self, key: &str) -> bool {
        if key.ends_with('/') {
            return self.key.get(..key.len()).is_some_and(|start| start.eq_ignore_ascii_case(key));
        }
        self.key.eq_ignore_ascii_case(key)
    }
}

/// Less than a comparison may cost: a document is checked as it is written.
const BUDGET: Budget = Budget { steps: 2_000_000, states: 5_000 };
