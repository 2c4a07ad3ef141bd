//! What a check finds, and where.

use policy::json::{Node, Value};
use policy::{Lines, Position, Span};

/// Something about a policy that its author should know (AWS: "ValidatePolicyFinding").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How grave it is.
    pub kind: FindingType,
    /// The check's code, such as `INVALID_ACTION`.
    pub code: &'static str,
    /// What is the matter and what to do.
    pub details: String,
    /// Where, in the document's order.
    pub locations: Vec<Location>,
}

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingType {
    /// Part of the policy does not work.
    Error,
    /// The policy may grant more than it seems.
    SecurityWarning,
    /// The policy may not do what was meant.
    Warning,
    /// The policy would be better otherwise.
    Suggestion,
}

impl FindingType {
    /// The name in AWS's answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::SecurityWarning => "SECURITY_WARNING",
            Self::Warning => "WARNING",
            Self::Suggestion => "SUGGESTION",
        }
    }

    /// How AWS's reference begins the anchor of such a check.
    fn anchor(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::SecurityWarning => "security-warning",
            Self::Warning => "general-warning",
            Self::Suggestion => "suggestion",
        }
    }
}

/// Where in a document something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The way from the document's root.
    pub path: Vec<PathElement>,
    /// The first character, and the one behind the last.
    pub start: Position,
    /// The character behind the last.
    pub end: Position,
}

/// One step of a way into a document (AWS: "PathElement").
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathElement {
    /// An item of a list, from 0.
    Index(usize),
    /// A member's key itself.
    Key(String),
    /// A part of a string.
    Substring {
        /// The first character, from 0.
        start: usize,
        /// In characters.
        length: usize,
    },
    /// The value of the member of that name.
    Value(String),
}

impl Finding {
    /// Where the check is described.
    #[must_use]
    pub fn learn_more_link(&self) -> String {
        let code = self.code.to_ascii_lowercase().replace('_', "-");
        if super::OWN_CODES.contains(&self.code) {
            return format!("docs/policy-checks.md#{code}");
        }
        format!("{REFERENCE}#access-analyzer-reference-policy-checks-{}-{code}", self.kind.anchor())
    }
}

/// Collects what one check finds.
pub(super) struct Found<'d> {
    text: &'d str,
    lines: &'d Lines,
    root: Option<&'d Node>,
    kind: FindingType,
    code: &'static str,
    findings: Vec<Finding>,
}

impl<'d> Found<'d> {
    pub(super) fn new(text: &'d str, lines: &'d Lines, root: Option<&'d Node>) -> Self {
        Self { text, lines, root, kind: FindingType::Error, code: "", findings: Vec::new() }
    }

    /// What follows is found by this check.
    pub(super) fn begin(&mut self, kind: FindingType, code: &'static str) {
        self.kind = kind;
        self.code = code;
    }

    /// Notes a finding at one place.
    pub(super) fn at(&mut self, span: Span, details: impl Into<String>) {
        self.at_all(&[span], details);
    }

    /// Notes one finding at several places.
    pub(super) fn at_all(&mut self, spans: &[Span], details: impl Into<String>) {
        let locations = spans.iter().map(|span| self.locate(*span)).collect();
        self.findings.push(Finding { kind: self.kind, code: self.code, details: details.into(), locations });
    }

    /// Everything found: by gravity, then by place.
    pub(super) fn finish(mut self) -> Vec<Finding> {
        self.findings.sort_by_key(|finding| {
            (finding.kind, finding.locations.first().map_or(0, |location| location.start.offset))
        });
        self.findings
    }

    fn locate(&self, span: Span) -> Location {
        let mut path = Vec::new();
        if let Some(root) = self.root {
            walk(root, span, self.text, &mut path);
        }
        Location { path, start: self.lines.position(span.start), end: self.lines.position(span.end) }
    }
}

/// The way from a node to what stands in a span.
fn walk(node: &Node, span: Span, text: &str, path: &mut Vec<PathElement>) {
    if node.span == span {
        return;
    }
    match &node.value {
        Value::Object(members) => {
            for member in members {
                if member.key_span == span {
                    return path.push(PathElement::Key(member.key.to_string()));
                }
                if contains(member.value.span, span) {
                    path.push(PathElement::Value(member.key.to_string()));
                    return walk(&member.value, span, text, path);
                }
            }
        }
        Value::Array(items) => {
            if let Some((index, item)) = items.iter().enumerate().find(|(_, item)| contains(item.span, span))
            {
                path.push(PathElement::Index(index));
                walk(item, span, text, path);
            }
        }
        Value::String(_) => {
            let count = |from: u32, to: u32| {
                let (from, to) = (usize::try_from(from).ok()?, usize::try_from(to).ok()?);
                Some(text.get(from..to)?.chars().count())
            };
            let (start, length) = (count(node.span.start + 1, span.start), count(span.start, span.end));
            if let (Some(start), Some(length)) = (start, length) {
                path.push(PathElement::Substring { start, length });
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn contains(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

const REFERENCE: &str =
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html";
