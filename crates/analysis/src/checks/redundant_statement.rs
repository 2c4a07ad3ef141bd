//! A statement that stands twice.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("REDUNDANT_STATEMENT", Suggestion, Look::Document(look));

fn look(subject: &Subject<'_>, found: &mut Found<'_>) {
    let mut seen = std::collections::HashMap::<Vec<String>, policy::Span>::new();
    for statement in &subject.statements {
        let mut parts: Vec<String> = statement
            .members
            .iter()
            .filter(|member| member.key != "Sid")
            .map(|member| format!("{}={}", member.key, canonical(&member.value)))
            .collect();
        parts.sort_unstable();
        match seen.get(&parts) {
            Some(first) => {
                found.at_all(&[*first, statement.span], "These statements say the same: remove one of them.");
            }
            None => {
                seen.insert(parts, statement.span);
            }
        }
    }
}

/// A value without regard to the order in lists and objects; a list of one is its item.
fn canonical(node: &policy::json::Node) -> String {
    let joined = |mut parts: Vec<String>, open: &str| {
        parts.sort_unstable();
        parts.dedup();
        format!("{open}{}", parts.join(","))
    };
    match &node.value {
        Value::Array(items) if items.len() == 1 => items.first().map(canonical).unwrap_or_default(),
        Value::Array(items) => joined(items.iter().map(canonical).collect(), "["),
        Value::Object(members) => joined(
            members.iter().map(|member| format!("{:?}:{}", member.key, canonical(&member.value))).collect(),
            "{",
        ),
        Value::String(text) | Value::Number(text) => format!("{text:?}"),
        Value::Bool(value) => format!("{:?}", value.to_string()),
        Value::Null => "null".into(),
    }
}
