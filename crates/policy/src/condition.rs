//! The `Condition` element (AWS: "IAM JSON policy elements: Condition operators").
//!
//! An operator is a row of a family's table. What all operators share stands here: the set
//! qualifiers, `IfExists`, absent keys, negation.

mod arn;
mod binary;
mod boolean;
mod date;
mod ip;
mod null;
mod numeric;
mod string;

use compact_str::CompactString;

use crate::Context;
use crate::document::Version;
use crate::glob::Glob;
use crate::key::Key;
use crate::prepared::{Held, Keys};
use crate::span::Span;
use crate::template::{Fit, Template, Variable};
use crate::texts::{are_same, ends};

/// One operator with one key: `"StringEquals": {"aws:username": ["alice", "bob"]}`.
#[derive(Debug, Clone)]
pub struct Clause {
    test: Test,
    operator_span: Span,
    key: Key,
    key_span: Span,
    values: Box<[ConditionValue]>,
    /// Whether every value is a text that a request's value is or is not, letter by letter.
    literal: bool,
}

/// What the one value of a key must be for a clause to hold.
pub(crate) struct Guard<'c> {
    pub(crate) key: &'c Key,
    pub(crate) kind: GuardKind,
    pub(crate) texts: Vec<&'c str>,
    /// Whether the clause holds where the key is absent.
    pub(crate) holds_if_absent: bool,
    /// Whether there is no more to the clause.
    pub(crate) is_all: bool,
}

/// How a value is compared with the texts of a [`Guard`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GuardKind {
    /// It is one of them.
    OneOf,
    /// It is none of them.
    NoneOf,
    /// It is one of them but for case, and `true` or `false`.
    Truth,
    /// It ends with one of them.
    EndsWith,
    /// It is there, and so may a list be.
    Present,
}

impl GuardKind {
    /// Whether what a key holds compares so with some texts.
    #[inline]
    pub(crate) fn admits<'t>(
        self,
        found: Option<Held<'_>>,
        holds_if_absent: bool,
        texts: impl Iterator<Item = &'t [u8]>,
    ) -> bool {
        match found {
            Some(Held::One(value)) => self.takes(value.as_bytes(), texts),
            None | Some(Held::Many([])) => holds_if_absent,
            // A list needs a qualifier.
            Some(Held::Many(_)) => self == Self::Present,
        }
    }

    /// Whether a value compares so with some texts.
    #[inline]
    fn takes<'t>(self, value: &[u8], mut texts: impl Iterator<Item = &'t [u8]>) -> bool {
        match self {
            Self::OneOf => texts.any(|text| are_same(value, text)),
            Self::NoneOf => texts.all(|text| !are_same(value, text)),
            Self::Truth => texts.any(|text| value.eq_ignore_ascii_case(text)),
            Self::EndsWith => texts.any(|text| ends(value, text)),
            Self::Present => true,
        }
    }
}

/// One value that a policy lists for a key.
#[derive(Debug, Clone)]
pub struct ConditionValue {
    text: CompactString,
    span: Span,
    operand: Operand,
}

/// An operator with its qualifier and suffix.
#[derive(Debug, Clone, Copy)]
pub struct Test {
    operator: &'static Operator,
    qualifier: Qualifier,
    if_exists: bool,
}

/// How an operator goes over the values of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Qualifier {
    /// None: the key must be single-valued.
    Single,
    /// `ForAllValues:`.
    All,
    /// `ForAnyValue:`.
    Any,
}

/// A row: an operator's name, how it reads the values of either side and how it compares them.
pub(crate) struct Operator {
    name: &'static str,
    family: Family,
    /// Whether a value satisfies it when it compares as different.
    negated: bool,
    read: fn(&str, Version) -> Operand,
    /// None where a value of the request stands for itself.
    hear: Option<for<'v> fn(&'v str) -> Subject<'v>>,
    compare: fn(&Operand, &Subject<'_>, Keys<'_>) -> Comparison,
}

/// The type of an operator's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Text.
    String,
    /// ARNs.
    Arn,
    /// Decimal numbers.
    Numeric,
    /// Moments.
    Date,
    /// `true` and `false`.
    Bool,
    /// Bytes in base64.
    Binary,
    /// Addresses and networks.
    IpAddress,
    /// Whether the key is there at all.
    Null,
}

/// A policy's value, read.
#[derive(Debug, Clone)]
enum Operand {
    Template(Template),
    Folded(Template),
    Arn(arn::ArnPattern),
    Number(numeric::Decimal),
    Instant(date::Instant),
    Bool(bool),
    Bytes(Box<[u8]>),
    Network(ip::Network),
    /// Not a value of the operator's type: matches nothing and differs from nothing.
    Invalid,
}

/// A value of the request, read once for all the values of a policy that it is compared with.
#[derive(Debug, Clone)]
enum Subject<'v> {
    Text(&'v str),
    Number(numeric::Decimal),
    Instant(date::Instant),
    Bool(bool),
    Bytes(Vec<u8>),
    Address(std::net::IpAddr),
    /// Not a value of the operator's type.
    Invalid,
}

/// What comparing one value of the request with one of the policy gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Same,
    Different,
    /// One of the two is not of the operator's type.
    Invalid,
}

impl From<bool> for Comparison {
    fn from(same: bool) -> Self {
        if same { Self::Same } else { Self::Different }
    }
}

impl From<Fit> for Comparison {
    fn from(fit: Fit) -> Self {
        match fit {
            Fit::Match => Self::Same,
            // A variable without a value is a null: everything differs from it.
            Fit::Miss | Fit::Unresolved => Self::Different,
        }
    }
}

impl Test {
    /// Reads an operator's name: `ForAnyValue:StringLikeIfExists`, letter by letter.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (qualifier, rest) = match name.split_once(':') {
            Some(("ForAllValues", rest)) => (Qualifier::All, rest),
            Some(("ForAnyValue", rest)) => (Qualifier::Any, rest),
            Some(_) => return None,
            None => (Qualifier::Single, name),
        };
        let (base, if_exists) = match rest.strip_suffix("IfExists") {
            Some(base) => (base, true),
            None => (rest, false),
        };
        let operator = operators().find(|operator| operator.name == base)?;
        if if_exists && operator.family == Family::Null {
            return None;
        }
        Some(Self { operator, qualifier, if_exists })
    }

    /// The operator's own name, without qualifier and suffix.
    #[must_use]
    pub fn operator(&self) -> &'static str {
        self.operator.name
    }

    /// The whole name.
    #[must_use]
    pub fn name(&self) -> String {
        let qualifier = match self.qualifier {
            Qualifier::Single => "",
            Qualifier::All => "ForAllValues:",
            Qualifier::Any => "ForAnyValue:",
        };
        format!("{qualifier}{}{}", self.operator.name, if self.if_exists { "IfExists" } else { "" })
    }

    /// The type of the values.
    #[must_use]
    pub fn family(&self) -> Family {
        self.operator.family
    }

    /// How it goes over the values of the request.
    #[must_use]
    pub fn qualifier(&self) -> Qualifier {
        self.qualifier
    }

    /// Whether an absent key satisfies it.
    #[must_use]
    pub fn is_if_exists(&self) -> bool {
        self.if_exists
    }

    /// Whether it is one of the `…Not…` operators.
    #[must_use]
    pub fn is_negated(&self) -> bool {
        self.operator.negated
    }

    /// What an absent key, or an empty list, gives.
    fn verdict_on_absence(&self) -> bool {
        match self.qualifier {
            _ if self.if_exists => true,
            Qualifier::All => true,
            Qualifier::Any => false,
            Qualifier::Single => self.operator.negated,
        }
    }
}

impl std::fmt::Debug for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Clause {
    pub(crate) fn new(
        test: Test,
        operator_span: Span,
        (key, key_span): (&str, Span),
        values: &[(CompactString, Span)],
        version: Version,
    ) -> Self {
        let values = values.iter().map(|(text, span)| ConditionValue {
            text: text.clone(),
            span: *span,
            operand: (test.operator.read)(text, version),
        });
        let values: Box<[ConditionValue]> = values.collect();
        let literal =
            test.operator.family == Family::String && values.iter().all(|value| value.literal().is_some());
        Self { test, operator_span, key: Key::new(key), key_span, values, literal }
    }

    /// The operator.
    #[must_use]
    pub fn test(&self) -> Test {
        self.test
    }

    /// Where the operator's name stands.
    #[must_use]
    pub fn operator_span(&self) -> Span {
        self.operator_span
    }

    /// The condition key.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Where the key stands.
    #[must_use]
    pub fn key_span(&self) -> Span {
        self.key_span
    }

    /// The values that the policy lists.
    #[must_use]
    pub fn values(&self) -> &[ConditionValue] {
        &self.values
    }

    /// Whether the clause holds for a request's keys.
    #[must_use]
    pub fn holds(&self, context: &Context) -> bool {
        self.holds_for(context.into())
    }

    /// About how much it costs to tell whether the clause holds: the cheap ones are asked first.
    pub(crate) fn cost(&self) -> u8 {
        match self.test.operator.family {
            Family::Null | Family::Bool => 0,
            Family::String => 1,
            Family::Numeric | Family::Date | Family::Binary => 2,
            Family::IpAddress | Family::Arn => 3,
        }
    }

    /// What the clause needs at least, where that can be told from the key alone and simply.
    pub(crate) fn guard(&self) -> Option<Guard<'_>> {
        self.guard_by_value().or_else(|| self.guard_by_presence())
    }

    fn guard_by_value(&self) -> Option<Guard<'_>> {
        if self.test.qualifier != Qualifier::Single {
            return None;
        }
        let operator = self.test.operator;
        let texts = |text: fn(&ConditionValue) -> Option<&str>| self.values.iter().map(text).collect();
        let (kind, texts, is_all): (_, Option<Vec<&str>>, _) = match operator.family {
            Family::String if operator.negated => (GuardKind::NoneOf, texts(ConditionValue::literal), true),
            Family::String => (GuardKind::OneOf, texts(ConditionValue::literal), true),
            Family::Bool => (GuardKind::Truth, texts(ConditionValue::truth), true),
            Family::Arn if !operator.negated => {
                (GuardKind::EndsWith, texts(ConditionValue::last_segment), false)
            }
            _ => return None,
        };
        let holds_if_absent = self.test.verdict_on_absence();
        Some(Guard { key: &self.key, kind, texts: texts?, holds_if_absent, is_all })
    }

    fn guard_by_presence(&self) -> Option<Guard<'_>> {
        if self.test.operator.family == Family::Null || self.test.verdict_on_absence() {
            return None;
        }
        let (kind, texts) = (GuardKind::Present, Vec::new());
        Some(Guard { key: &self.key, kind, texts, holds_if_absent: false, is_all: false })
    }

    #[inline]
    pub(crate) fn holds_for(&self, keys: Keys<'_>) -> bool {
        let found = keys.lookup(&self.key);
        if self.test.operator.family == Family::Null {
            return null::holds(self, found);
        }
        let satisfies = |value: &str| self.is_satisfied_by(value, keys);
        match (self.test.qualifier, found) {
            (_, None | Some(Held::Many([]))) => self.test.verdict_on_absence(),
            (Qualifier::Single, Some(Held::One(value))) => satisfies(value),
            // A list needs a qualifier; without one nothing matches, negated or not.
            (Qualifier::Single, Some(Held::Many(_))) => false,
            (Qualifier::All, Some(held)) => held.is_null() || held.all(satisfies),
            (Qualifier::Any, Some(held)) => !held.is_null() && !held.all(|value| !satisfies(value)),
        }
    }

    /// Whether one value of a request, taken by itself, satisfies the clause's operator; what set qualifiers
    /// and absence make of that is [`holds`](Self::holds)' business. The context fills variables.
    #[must_use]
    pub fn accepts(&self, value: &str, context: &Context) -> bool {
        self.is_satisfied_by(value, context.into())
    }

    /// Whether one value satisfies the operator against the whole list of the policy: some
    /// value must be the same or, negated, every value must be different.
    #[inline]
    fn is_satisfied_by(&self, value: &str, keys: Keys<'_>) -> bool {
        if self.literal {
            return self.values.iter().any(|listed| listed.literal() == Some(value))
                != self.test.operator.negated;
        }
        let subject = self.test.operator.hear.map_or(Subject::Text(value), |hear| hear(value));
        let compare = |listed: &ConditionValue| (self.test.operator.compare)(&listed.operand, &subject, keys);
        if self.test.operator.negated {
            self.values.iter().all(|listed| compare(listed) == Comparison::Different)
        } else {
            self.values.iter().any(|listed| compare(listed) == Comparison::Same)
        }
    }
}

impl ConditionValue {
    /// The value as it was written; numbers and booleans too.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where it stands, quotes included.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// Whether it is a value of its operator's type; what it holds in a variable is seen only
    /// with the request.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        !matches!(self.operand, Operand::Invalid)
    }

    /// The value with its variables filled in; `None` where one has no value.
    #[must_use]
    pub fn resolved(&self, context: &Context) -> Option<CompactString> {
        match &self.operand {
            Operand::Template(Template::Open(chunks)) | Operand::Folded(Template::Open(chunks)) => {
                crate::template::resolve_chunks(chunks, context.into())
            }
            Operand::Arn(pattern) => pattern.resolved(context.into(), &self.text),
            _ => Some(self.text.clone()),
        }
    }

    /// The text that a value must be letter by letter, where that is all there is to it.
    #[inline]
    fn literal(&self) -> Option<&str> {
        match &self.operand {
            Operand::Template(Template::Fixed(Glob::Exact(text))) => Some(text),
            _ => None,
        }
    }

    /// `true` or `false`, where that is all there is to it.
    fn truth(&self) -> Option<&str> {
        match self.operand {
            Operand::Bool(true) => Some("true"),
            Operand::Bool(false) => Some("false"),
            _ => None,
        }
    }

    /// What an ARN must end with.
    fn last_segment(&self) -> Option<&str> {
        match &self.operand {
            Operand::Arn(pattern) => pattern.last_segment(),
            _ => None,
        }
    }

    pub(crate) fn variables(&self) -> Vec<&Variable> {
        match &self.operand {
            Operand::Template(template) | Operand::Folded(template) => template.variables().collect(),
            Operand::Arn(pattern) => pattern.variables().collect(),
            _ => Vec::new(),
        }
    }
}

/// Whether IAM stores a text as the value of a date operator.
pub use date::is_writable as is_writable_date;

fn operators() -> impl Iterator<Item = &'static Operator> {
    [
        string::OPERATORS,
        arn::OPERATORS,
        numeric::OPERATORS,
        date::OPERATORS,
        boolean::OPERATORS,
        binary::OPERATORS,
        ip::OPERATORS,
        null::OPERATORS,
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
mod tests;
