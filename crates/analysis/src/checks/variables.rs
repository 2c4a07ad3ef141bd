//! The policy variables of a document, well-formed or not.

use policy::Span;
use policy::json::{Node, Value};

use super::subject::{Entry, Statement, Subject};

/// A policy variable as it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Variable<'d> {
    /// What stands between the braces; up to the text's end where the closing one is missing.
    pub(super) inside: &'d str,
    /// Whether the closing brace is there.
    pub(super) is_closed: bool,
    /// Where it stands, from the dollar sign on.
    pub(super) span: Span,
}

impl<'d> Variable<'d> {
    /// Whether it is `${*}`, `${?}` or `${$}`: a plain character.
    pub(super) fn is_escape(&self) -> bool {
        matches!(self.inside, "*" | "?" | "$")
    }

    /// The key, without a default value.
    pub(super) fn key(&self) -> &'d str {
        self.inside.split_once(',').map_or(self.inside, |(key, _)| key)
    }

    /// The default value as written, quotes included.
    pub(super) fn default(&self) -> Option<&'d str> {
        self.inside.split_once(',').map(|(_, default)| default.trim_start_matches(' '))
    }
}

/// The variables in a text.
pub(super) fn of<'d>(entry: Entry<'d>) -> Vec<Variable<'d>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = entry.text.get(from..).and_then(|rest| rest.find("${")) {
        let start = from + at;
        let behind = entry.text.get(start + 2..).unwrap_or_default();
        let close = behind.find('}');
        let inside = behind.get(..close.unwrap_or(behind.len())).unwrap_or_default();
        let end = start + 2 + inside.len() + usize::from(close.is_some());
        found.push(Variable { inside, is_closed: close.is_some(), span: within(entry, start, end) });
        from = end;
    }
    found
}

/// Where a part of a string stands: exactly, unless an escape before it hides that.
pub(super) fn within(entry: Entry<'_>, start: usize, end: usize) -> Span {
    let length = entry.span.end.saturating_sub(entry.span.start);
    let plain = u32::try_from(entry.text.len() + 2).is_ok_and(|plain| plain == length);
    let offset = |at: usize| entry.span.start + 1 + u32::try_from(at).unwrap_or_default();
    if plain { Span { start: offset(start), end: offset(end) } } else { entry.span }
}

/// The texts of a document in which a variable may stand: resources and the values of conditions.
pub(super) fn places<'d>(subject: &Subject<'d>) -> Vec<Entry<'d>> {
    let mut entries = Vec::new();
    for statement in &subject.statements {
        entries.extend(statement.all_resources());
        for clause in &statement.clauses {
            let texts = clause.node.items().iter();
            entries.extend(texts.filter_map(|node| Some(Entry { text: node.as_str()?, span: node.span })));
        }
    }
    entries
}

/// The texts of a statement in which no variable may stand.
pub(super) fn elsewhere<'d>(statement: &Statement<'d>) -> Vec<Entry<'d>> {
    let mut entries = Vec::new();
    for member in statement.members {
        match member.key.as_str() {
            "Resource" | "NotResource" => {}
            "Condition" => {
                for operator in member.value.as_object().unwrap_or_default() {
                    entries.push(Entry { text: &operator.key, span: operator.key_span });
                    let keys = operator.value.as_object().unwrap_or_default();
                    entries.extend(keys.iter().map(|key| Entry { text: &key.key, span: key.key_span }));
                }
            }
            _ => texts(&member.value, &mut entries),
        }
    }
    entries
}

fn texts<'d>(node: &'d Node, entries: &mut Vec<Entry<'d>>) {
    match &node.value {
        Value::String(text) => entries.push(Entry { text, span: node.span }),
        Value::Array(items) => items.iter().for_each(|item| texts(item, entries)),
        Value::Object(members) => members.iter().for_each(|member| texts(&member.value, entries)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
