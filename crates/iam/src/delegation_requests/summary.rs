//! What a delegation request asks, in words. AWS has a language model write this; ours are the same for the same request.

use std::fmt::Write as _;

use directory::DelegationRequest;
use policy::{Effect, Element, Polarity, Policy, Statement};

/// The locale of the summaries.
pub(super) const LOCALE: &str = "en";

/// Whether there are summaries in a locale: English, of whatever country.
pub(super) fn is_spoken(locale: &str) -> bool {
    locale.split(['-', '_']).next().is_some_and(|language| language.eq_ignore_ascii_case(LOCALE))
}

/// The summary of a request.
pub(super) fn of(request: &DelegationRequest) -> String {
    let name = match request.requestor_name.as_str() {
        "" => request.requestor.account.to_string(),
        name => format!("{name} ({})", request.requestor.account),
    };
    let mut text = format!(
        "Account {name} asks to act in your account for {}, with no more permissions than those below and no more than \
         whoever approves has.\n",
        length(request.session_seconds)
    );
    // Writing into a string does not fail.
    if let Ok(policy) = Policy::parse(&request.policy) {
        for statement in policy.statements() {
            _ = writeln!(text, "- {}", sentence(statement));
        }
    }
    for boundary in &request.role_boundaries {
        _ = writeln!(text, "Roles that it makes must have the permissions boundary {boundary}.");
    }
    if request.is_sent_by_owner_only {
        text.push_str("Only the owner of the request can release the access.\n");
    }
    cut(text)
}

fn sentence(statement: &Statement) -> String {
    let verb = if statement.effect() == Effect::Allow { "It may do" } else { "It must not do" };
    let actions = listed(statement.actions(), |pattern| pattern.as_str(), "every action");
    let resources = match statement.resources() {
        Some(resources) => listed(resources, |pattern| pattern.as_str(), "every resource"),
        None => "every resource".to_owned(),
    };
    let mut sentence = format!("{verb} {actions} on {resources}");
    for (at, clause) in statement.conditions().iter().enumerate() {
        let values: Vec<&str> = clause.values().iter().map(|value| value.as_str()).collect();
        let joint = if at == 0 { ", if" } else { " and" };
        _ = write!(
            sentence,
            "{joint} {} passes {} with {}",
            clause.key().as_str(),
            clause.test().name(),
            values.join(" or ")
        );
    }
    sentence.push('.');
    sentence
}

fn listed<P>(element: &Element<P>, text: impl Fn(&P) -> &str, every: &str) -> String {
    let names: Vec<&str> = element.patterns().iter().map(text).collect();
    match (element.polarity(), names.as_slice()) {
        (Polarity::Listed, ["*"]) => every.to_owned(),
        (Polarity::Listed, names) => names.join(", "),
        (Polarity::AllBut, names) => format!("{every} except {}", names.join(", ")),
    }
}

fn length(seconds: i32) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds % 3600 / 60, seconds % 60);
    let parts = [(hours, "hour"), (minutes, "minute"), (rest, "second")];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}{}", if count == 1 { "" } else { "s" }))
        .collect();
    parts.join(" ")
}

/// A summary has 10,000 characters at most (AWS: `summaryContentType`).
fn cut(text: String) -> String {
    if text.chars().count() <= MOST {
        return text;
    }
    let end = "\n… and more; see the permission policy.";
    text.chars().take(MOST - end.chars().count()).chain(end.chars()).collect()
}

const MOST: usize = 10_000;
