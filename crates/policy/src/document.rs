//! A policy document as it is kept: parsed, with places, ready to be matched.

use compact_str::CompactString;

use crate::condition::Clause;
use crate::index::Index;
use crate::matching::{ActionPattern, PrincipalPattern, ResourcePattern};
use crate::prepared::Keys;
use crate::span::{Lines, Position, Span};

/// A parsed policy document (AWS: "Grammar of the IAM JSON policy language").
///
/// It is immutable and meant to be shared in an `Arc`. Whoever stores the document keeps its
/// text: a policy keeps the places in the text and not the text itself.
#[derive(Debug, Clone)]
pub struct Policy {
    pub(crate) version: Version,
    pub(crate) id: Option<CompactString>,
    pub(crate) statements: Box<[Statement]>,
    /// Behind the bracket of the statements' list, or where a lone statement begins.
    pub(crate) statements_from: u32,
    pub(crate) lines: Lines,
    pub(crate) index: Index,
}

impl Policy {
    /// The version of the language.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The `Id` element.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The statements in their order.
    #[must_use]
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Where IAM's simulators say that a statement begins: right behind what stands before it, be that the list's
    /// bracket or the statement before. `None` where there is no statement of that number, from 0.
    #[must_use]
    pub fn simulated_start(&self, statement: usize) -> Option<Position> {
        self.statements.get(statement)?;
        let before = statement.checked_sub(1).and_then(|before| self.statements.get(before));
        Some(self.position(before.map_or(self.statements_from, |before| before.span.end)))
    }

    /// Line and column of a place in the document's text: a [`Span`]'s `start` or `end`.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        self.lines.position(offset)
    }
}

/// The version of the policy language (AWS: "IAM JSON policy elements: Version").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Version {
    /// `2008-10-17`, or no version: `${…}` is plain text.
    #[default]
    V2008,
    /// `2012-10-17`: `${…}` is a policy variable.
    V2012,
}

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Allows.
    Allow,
    /// Denies.
    Deny,
}

impl Effect {
    /// The word in a document.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }
}

/// Whether an element lists what it means or, as the Not-elements do, what it does not mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Polarity {
    /// `Action`, `Resource`, `Principal`.
    Listed,
    /// `NotAction`, `NotResource`, `NotPrincipal`.
    AllBut,
}

/// One statement.
#[derive(Debug, Clone)]
pub struct Statement {
    pub(crate) sid: Option<CompactString>,
    pub(crate) effect: Effect,
    pub(crate) principals: Option<Element<PrincipalPattern>>,
    pub(crate) actions: Element<ActionPattern>,
    pub(crate) resources: Option<Element<ResourcePattern>>,
    pub(crate) conditions: Box<[Clause]>,
    pub(crate) span: Span,
    /// The order in which to ask the conditions, where it is not that of the document.
    pub(crate) order: Option<Box<[u32]>>,
}

impl Statement {
    /// The statement's name.
    #[must_use]
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// What it does.
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// `Principal` or `NotPrincipal`.
    #[must_use]
    pub fn principals(&self) -> Option<&Element<PrincipalPattern>> {
        self.principals.as_ref()
    }

    /// `Action` or `NotAction`.
    #[must_use]
    pub fn actions(&self) -> &Element<ActionPattern> {
        &self.actions
    }

    /// `Resource` or `NotResource`.
    #[must_use]
    pub fn resources(&self) -> Option<&Element<ResourcePattern>> {
        self.resources.as_ref()
    }

    /// Whether it lists `*` among its resources.
    pub(crate) fn takes_everything(&self) -> bool {
        let listed = self.resources.as_ref().filter(|element| element.polarity == Polarity::Listed);
        listed.is_some_and(|element| element.patterns.iter().any(ResourcePattern::is_every))
    }

    /// Whether all clauses hold.
    #[inline]
    pub(crate) fn conditions_hold(&self, keys: Keys<'_>) -> bool {
        self.ordered_conditions().all(|clause| clause.holds_for(keys))
    }

    /// The clauses in the order in which to ask them.
    #[inline]
    pub(crate) fn ordered_conditions(&self) -> impl Iterator<Item = &Clause> {
        (0..self.conditions.len()).filter_map(|turn| {
            let place = match &self.order {
                Some(order) => order.get(turn).and_then(|place| usize::try_from(*place).ok())?,
                None => turn,
            };
            self.conditions.get(place)
        })
    }

    /// The clauses of `Condition`, one per operator and key: all must hold.
    #[must_use]
    pub fn conditions(&self) -> &[Clause] {
        &self.conditions
    }

    /// From its `{` to behind its `}`.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }
}

/// An element that lists patterns.
#[derive(Debug, Clone)]
pub struct Element<P> {
    pub(crate) polarity: Polarity,
    pub(crate) patterns: Box<[P]>,
    pub(crate) span: Span,
}

impl<P> Element<P> {
    /// Whether the patterns are meant or excepted.
    #[must_use]
    pub fn polarity(&self) -> Polarity {
        self.polarity
    }

    /// The patterns in their order.
    #[must_use]
    pub fn patterns(&self) -> &[P] {
        &self.patterns
    }

    /// Where the element's value stands.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }
}
