//! One change, as people read it.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;
use serde_json::{Map, Value as Json};
use similar::TextDiff;
use store::Change;

/// What changed in one record.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    /// The kind of record, such as `user` or `policy-version`.
    kind: String,
    /// Which one.
    name: String,
    what: What,
    /// The members that changed, documents aside.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<Field>,
    /// How a policy document changed, as a unified diff.
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum What {
    Added,
    Changed,
    Removed,
}

#[derive(Debug, Serialize)]
struct Field {
    name: String,
    before: Json,
    after: Json,
}

/// Shows changes in their order; knows the documents that policies had before.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// The documents of managed policies, by policy and number of the version.
    versions: HashMap<(String, u64), String>,
    /// The version that is in force, by policy.
    in_force: HashMap<String, u64>,
}

impl Changes {
    /// What to show of a change; nothing where it says nothing to people.
    pub(super) fn show(&mut self, change: &Change) -> anyhow::Result<Option<Shown>> {
        let parse = |text: &Option<std::sync::Arc<str>>| -> anyhow::Result<Option<Map<String, Json>>> {
            Ok(text.as_deref().map(serde_json::from_str).transpose()?)
        };
        let (before, after) = (parse(&change.before)?, parse(&change.after)?);
        let what = match (&before, &after) {
            (None, _) => What::Added,
            (_, None) => What::Removed,
            _ => What::Changed,
        };
        let diff = self.diff(change, before.as_ref(), after.as_ref());
        let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let differing = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
        let value = |record: &Map<String, Json>, name: &str| record.get(name).cloned().unwrap_or_default();
        let fields: Vec<Field> = differing
            .filter(|name| what == What::Changed && !DOCUMENTS.contains(&name.as_str()))
            .map(|name| Field {
                name: name.clone(),
                before: value(&before, name),
                after: value(&after, name),
            })
            .collect();
        if what == What::Changed && fields.is_empty() && diff.is_none() {
            return Ok(None);
        }
        let name = name_of(change, if after.is_empty() { &before } else { &after });
        Ok(Some(Shown { kind: change.kind.to_string(), name, what, fields, diff }))
    }

    /// How a document changed: within the record, or from a policy's version in force to the next.
    fn diff(
        &mut self,
        change: &Change,
        before: Option<&Map<String, Json>>,
        after: Option<&Map<String, Json>>,
    ) -> Option<String> {
        let text = |record: Option<&Map<String, Json>>, name: &str| {
            record.and_then(|record| record.get(name)?.as_str().map(str::to_owned))
        };
        let number = |record: Option<&Map<String, Json>>, name: &str| record?.get(name)?.as_u64();
        match &*change.kind {
            "policy-version" => {
                let policy = text(after.or(before), "policy")?;
                let number = number(after.or(before), "number")?;
                let document = text(after, "document");
                let earlier = match self.in_force.get(&policy) {
                    Some(in_force) => self.versions.get(&(policy.clone(), *in_force)).cloned(),
                    None => None,
                };
                if let Some(document) = &document {
                    self.versions.insert((policy, number), document.clone());
                }
                // That an old version went changes nothing in force.
                unified(earlier.as_deref(), Some(&document?))
            }
            "managed-policy" => {
                let id = text(after.or(before), "id")?;
                let now = number(after, "default_version")?;
                let was = self.in_force.insert(id.clone(), now)?;
                let document = |number| self.versions.get(&(id.clone(), number)).map(String::as_str);
                // A version that comes into force as it is made is shown where it is made.
                let is_new = after.and_then(|record| record.get("next_version")?.as_u64())
                    == now.checked_add(1)
                    && before.and_then(|record| record.get("next_version")?.as_u64()) == Some(now);
                if was == now || is_new { None } else { unified(document(was), document(now)) }
            }
            _ => {
                let name = DOCUMENTS.iter().find(|name| text(before.or(after), name).is_some())?;
                unified(text(before, name).as_deref(), text(after, name).as_deref())
            }
        }
    }
}

impl Shown {
    pub(super) fn print(&self) {
        let sign = match self.what {
            What::Added => '+',
            What::Changed => '~',
            What::Removed => '-',
        };
        println!("  {sign} {} {}", self.kind.replace('-', " "), self.name);
        for field in &self.fields {
            println!("      {}: {} -> {}", field.name.replace('_', " "), field.before, field.after);
        }
        for line in self.diff.iter().flat_map(|diff| diff.lines()) {
            println!("      {line}");
        }
    }
}

/// What a record is called: by its name, or by what its key says behind the account.
fn name_of(change: &Change, record: &Map<String, Json>) -> String {
    let text = |name: &str| record.get(name).and_then(Json::as_str);
    match (text("name"), text("path"), record.get("number")) {
        (_, _, Some(number)) => format!("v{number}"),
        (Some(name), Some(path), _) => format!("{path}{name}"),
        (Some(name), None, _) => name.to_owned(),
        (None, _, _) => change.key.split_once('/').map_or(&*change.key, |(_, rest)| rest).to_owned(),
    }
}

/// The difference of two documents, written in one way so that only what they say counts; none where they say the
/// same.
fn unified(before: Option<&str>, after: Option<&str>) -> Option<String> {
    let pretty = |text: Option<&str>| match text {
        None => String::new(),
        Some(text) => match serde_json::from_str::<Json>(text) {
            Ok(value) => format!("{value:#}\n"),
            Err(_) => text.to_owned(),
        },
    };
    let (before, after) = (pretty(before), pretty(after));
    if before == after {
        return None;
    }
    let diff = TextDiff::from_lines(&before, &after);
    Some(diff.unified_diff().context_radius(2).to_string())
}

/// The members that hold policy documents.
const DOCUMENTS: &[&str] = &["document", "trust_policy"];

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn change(kind: &str, before: Option<Json>, after: Option<Json>) -> Change {
        let text = |value: Option<Json>| value.map(|value| -> Arc<str> { value.to_string().into() });
        Change { kind: kind.into(), key: "aws:1/X/y".into(), before: text(before), after: text(after) }
    }

    fn version(number: u64, action: &str) -> Change {
        let document = serde_json::json!({"Statement": {"Effect": "Allow", "Action": action}}).to_string();
        change(
            "policy-version",
            None,
            Some(serde_json::json!({"policy": "P", "number": number, "document": document})),
        )
    }

    fn policy(before: Option<(u64, u64)>, after: (u64, u64)) -> Change {
        let record = |(version, next)| serde_json::json!({"id": "P", "name": "p", "default_version": version, "next_version": next});
        change("managed-policy", before.map(record), Some(record(after)))
    }

    #[test]
    fn a_new_version_is_compared_with_the_one_in_force() {
        let mut changes = Changes::default();
        changes.show(&policy(None, (1, 2))).unwrap();
        let first = changes.show(&version(1, "s3:Get*")).unwrap().unwrap();
        assert!(first.diff.unwrap().contains("+    \"Action\": \"s3:Get*\""));
        let second = changes.show(&version(2, "s3:*")).unwrap().unwrap();
        let diff = second.diff.unwrap();
        assert!(
            diff.contains("-    \"Action\": \"s3:Get*\"") && diff.contains("+    \"Action\": \"s3:*\""),
            "{diff}"
        );
        let set = changes.show(&policy(Some((1, 3)), (2, 3))).unwrap().unwrap();
        assert_eq!(set.fields.len(), 1);
        assert!(set.diff.unwrap().contains("+    \"Action\": \"s3:*\""));
    }

    #[test]
    fn another_spelling_of_a_document_is_no_change() {
        let inline = |text: &str| serde_json::json!({"name": "p", "document": text});
        let spelt = change("inline-policy", Some(inline("{\"a\":1}")), Some(inline("{ \"a\" : 1 }")));
        assert!(Changes::default().show(&spelt).unwrap().is_none());
        let changed = change("inline-policy", Some(inline("{\"a\":1}")), Some(inline("{\"a\":2}")));
        assert_eq!(Changes::default().show(&changed).unwrap().unwrap().name, "p");
        let gone = change("inline-policy", Some(inline("{\"a\":1}")), None);
        assert!(Changes::default().show(&gone).unwrap().unwrap().diff.unwrap().contains("-  \"a\": 1"));
    }
}
