//! Statements as JSON, from the parsed form.

use std::collections::BTreeMap;

use policy::condition::Clause;
use policy::{Effect, Element, Polarity, Policy, Statement, Version};

/// A statement of an identity policy, ready to be put into a document of version 2012-10-17.
#[derive(Debug, Clone)]
pub(super) struct Printed {
    pub(super) effect: Effect,
    actions: (Polarity, Vec<String>),
    resources: (Polarity, Vec<String>),
    /// The condition block, as JSON.
    pub(super) condition: Option<String>,
}

impl Printed {
    /// A statement that allows.
    pub(super) fn allow(actions: &[String], resources: &[String], condition: Option<String>) -> Self {
        Self {
            effect: Effect::Allow,
            actions: (Polarity::Listed, actions.to_vec()),
            resources: (Polarity::Listed, resources.to_vec()),
            condition,
        }
    }
}

/// The statements of a policy.
pub(super) fn statements(policy: &Policy) -> Vec<Printed> {
    policy.statements().iter().map(|statement| printed(statement, policy.version())).collect()
}

fn printed(statement: &Statement, version: Version) -> Printed {
    // In the older version `${` is plain text.
    let plain = |text: &str| match version {
        Version::V2008 => text.replace("${", "${$}{"),
        Version::V2012 => text.to_owned(),
    };
    let names = |element: &Element<policy::ActionPattern>| {
        (element.polarity(), element.patterns().iter().map(|entry| entry.as_str().to_owned()).collect())
    };
    let resources = match statement.resources() {
        Some(element) => {
            (element.polarity(), element.patterns().iter().map(|entry| plain(entry.as_str())).collect())
        }
        None => (Polarity::Listed, Vec::new()),
    };
    Printed {
        effect: statement.effect(),
        actions: names(statement.actions()),
        resources,
        condition: condition(statement.conditions(), &plain),
    }
}

/// A condition block of these clauses, their values as `plain` writes them; `None` for none.
pub(crate) fn condition<'c>(
    clauses: impl IntoIterator<Item = &'c Clause>,
    plain: &impl Fn(&str) -> String,
) -> Option<String> {
    let mut operators: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for clause in clauses {
        let values: Vec<String> = clause.values().iter().map(|value| plain(value.as_str())).collect();
        let key = format!("{}: {}", quoted(clause.key().as_str()), list(&values));
        operators.entry(clause.test().name()).or_default().push(key);
    }
    if operators.is_empty() {
        return None;
    }
    let operators: Vec<String> = operators
        .into_iter()
        .map(|(name, keys)| format!("{}: {{{}}}", quoted(&name), keys.join(", ")))
        .collect();
    Some(format!("{{{}}}", operators.join(", ")))
}

/// A document of these statements.
pub(super) fn document(statements: &[Printed]) -> String {
    let rows: Vec<String> = statements.iter().map(row).collect();
    let rows = if rows.is_empty() { "[]".to_owned() } else { format!("[\n{}\n  ]", rows.join(",\n")) };
    format!("{{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": {rows}\n}}")
}

fn row(statement: &Printed) -> String {
    let mut members = vec![format!("\"Effect\": \"{}\"", statement.effect.as_str())];
    for (element, (polarity, entries)) in [("Action", &statement.actions), ("Resource", &statement.resources)]
    {
        let not = if *polarity == Polarity::AllBut { "Not" } else { "" };
        members.push(format!("\"{not}{element}\": {}", list(entries)));
    }
    members.extend(statement.condition.iter().map(|condition| format!("\"Condition\": {condition}")));
    format!("    {{\n      {}\n    }}", members.join(",\n      "))
}

/// One text, or a list of them.
fn list(texts: &[String]) -> String {
    match texts {
        [only] => quoted(only),
        texts => format!("[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", ")),
    }
}

/// A JSON string.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if u32::from(c) < 0x20 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
