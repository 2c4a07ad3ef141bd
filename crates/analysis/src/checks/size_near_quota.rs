//! A document that nears its quota, with the rewriting that would save most.

use std::collections::{BTreeMap, BTreeSet};

use catalog::Catalog;
use policy::json::Node;

use super::facts::expand;
use super::policy_size::quota;
use super::prelude::*;
use super::redundant_action::redundant;

pub(super) const CHECK: Check = Check::new("SIZE_NEAR_QUOTA", Suggestion, Look::Document(look));

fn look(subject: &Subject<'_>, found: &mut Found<'_>) {
    let quota = quota(subject);
    let size = quota.size(subject.text);
    if size * 100 < quota.limit * NEAR {
        return;
    }
    let ways = [
        ("leaving the Sids out", sids(subject)),
        ("leaving out entries that others name too", doubled(subject)),
        ("joining statements that differ in their actions only", joined(subject, "Action")),
        ("joining statements that differ in their resources only", joined(subject, "Resource")),
        ("writing a wildcard where every action that it means is listed", wildcards(subject)),
    ];
    let best = ways.into_iter().filter(|(_, saved)| *saved > 0).max_by_key(|(_, saved)| *saved);
    let details = match best {
        Some((how, saved)) => format!(
            "The document has {size} of {} characters. What saves most is {how}: about {saved} characters.",
            quota.limit
        ),
        None => format!(
            "The document has {size} of {} characters, and no rewriting that keeps what it means saves any.",
            quota.limit
        ),
    };
    found.at(subject.node.span, details);
}

/// From so many hundredths of a quota on a document is near it.
const NEAR: usize = 80;

/// The characters of a node without the whitespace between tokens.
fn weight(subject: &Subject<'_>, node: &Node) -> usize {
    let range = usize::try_from(node.span.start).ok().zip(usize::try_from(node.span.end).ok());
    let text = range.and_then(|(start, end)| subject.text.get(start..end)).unwrap_or_default();
    policy::validate::size(text, policy::validate::Counting::WithoutWhitespace)
}

fn sids(subject: &Subject<'_>) -> usize {
    let sids = subject.statements.iter().filter_map(|statement| statement.get("Sid"));
    sids.map(|node| weight(subject, node) + r#""Sid":,"#.len()).sum()
}

fn doubled(subject: &Subject<'_>) -> usize {
    let of_statement = |statement: &Statement<'_>| {
        let actions = redundant(&statement.all_actions(), |text| text.to_ascii_lowercase());
        let resources = redundant(&statement.all_resources(), str::to_owned);
        actions
            .iter()
            .chain(&resources)
            .map(|entry| entry.text.chars().count() + r#""","#.len())
            .sum::<usize>()
    };
    subject.statements.iter().map(of_statement).sum()
}

/// What is saved by having one statement for those that are alike but for an element and their Sids.
fn joined(subject: &Subject<'_>, element: &str) -> usize {
    let mut groups: BTreeMap<Vec<(&str, &str)>, Vec<usize>> = BTreeMap::new();
    for statement in subject.statements.iter().filter(|statement| statement.get(element).is_some()) {
        let others = statement.members.iter().filter(|member| member.key != element && member.key != "Sid");
        let mut rest: Vec<(&str, &str)> = others
            .map(|member| {
                let range = usize::try_from(member.value.span.start)
                    .ok()
                    .zip(usize::try_from(member.value.span.end).ok());
                (
                    member.key.as_str(),
                    range.and_then(|(start, end)| subject.text.get(start..end)).unwrap_or_default(),
                )
            })
            .collect();
        rest.sort_unstable();
        let all: usize = statement
            .members
            .iter()
            .map(|member| weight(subject, &member.value) + member.key.len() + 4)
            .sum();
        let kept = statement.get(element).map_or(0, |node| weight(subject, node));
        groups.entry(rest).or_default().push(all.saturating_sub(kept));
    }
    groups.into_values().map(|group| group.iter().skip(1).sum::<usize>()).sum()
}

/// What is saved by `service:Verb*` where the catalog's actions of that beginning are all listed.
fn wildcards(subject: &Subject<'_>) -> usize {
    let saved = |statement: &Statement<'_>| wildcards_of(subject.catalog, &statement.all_actions());
    subject.statements.iter().map(saved).sum()
}

fn wildcards_of(catalog: &Catalog, entries: &[Entry<'_>]) -> usize {
    let mut named: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| !has_wildcards(entry.text)) {
        for (service, action) in expand(catalog, entry.text) {
            let verb: String = verb(action.name()).into();
            named.entry(format!("{}:{verb}*", service.prefix())).or_default().insert(action.name().into());
        }
    }
    let saved = named
        .into_iter()
        .filter(|(pattern, names)| expand(catalog, pattern).len() == names.len() && names.len() > 1);
    saved
        .map(|(pattern, names)| {
            let prefix = pattern.split(':').next().map_or(0, str::len) + r#":"","#.len();
            let listed: usize = names.iter().map(|name| name.len() + prefix).sum();
            listed.saturating_sub(pattern.len() + r#""","#.len())
        })
        .sum()
}

/// The first word of an action's name.
fn verb(name: &str) -> &str {
    let end =
        name.char_indices().skip(1).find(|(_, c)| c.is_ascii_uppercase()).map_or(name.len(), |(at, _)| at);
    name.get(..end).unwrap_or(name)
}
