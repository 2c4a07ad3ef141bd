//! Facts that several checks ask for: which actions a pattern means, which keys an action carries, regions.

use std::collections::HashSet;
use std::sync::LazyLock;

use catalog::{Catalog, ConditionKey, Service};
use policy::{Action, ActionPattern, Span};

use super::glob::{has_wildcards, meets};
use super::subject::Statement;

/// An action of the catalog.
pub(super) type Known<'c> = (&'c Service, &'c catalog::Action);

/// The actions of the catalog that a pattern means. `*` means none in particular.
pub(super) fn expand<'c>(catalog: &'c Catalog, pattern: &str) -> Vec<Known<'c>> {
    let Some((prefix, name)) = pattern.split_once(':') else { return Vec::new() };
    let Some(service) = catalog.service(prefix) else { return Vec::new() };
    if !has_wildcards(name) {
        return service.action(name).map(|action| (service, action)).into_iter().collect();
    }
    let pattern = ActionPattern::new(pattern, Span::default());
    let matches = |action: &&catalog::Action| {
        Action::parse(&format!("{}:{}", service.prefix(), action.name())).is_ok_and(|it| pattern.matches(&it))
    };
    service.actions().iter().filter(matches).map(|action| (service, action)).collect()
}

/// Whether a pattern means an action.
pub(super) fn means(pattern: &str, action: &str) -> bool {
    Action::parse(action).is_ok_and(|action| ActionPattern::new(pattern, Span::default()).matches(&action))
}

/// Whether a statement's actions, `NotAction` heeded, hold an action.
pub(super) fn speaks_of(statement: &Statement<'_>, action: &str) -> bool {
    let listed = |element: &str| statement.entries(&[element]).iter().any(|entry| means(entry.text, action));
    match statement.get("NotAction") {
        Some(_) => !listed("NotAction"),
        None => listed("Action"),
    }
}

/// Whether requests for an action may carry a condition key: the action itself does, or a resource type that it
/// takes.
pub(super) fn carries((service, action): Known<'_>, key: &str) -> bool {
    let is_it = |known: &str| covers_name(known, key);
    action.condition_keys().any(is_it)
        || action.resources().any(|usage| {
            let kind = service.resource_type(usage.name());
            usage.condition_keys().any(is_it) || kind.is_some_and(|kind| kind.condition_keys().any(is_it))
        })
}

/// Whether a key, which may have a placeholder, is that of a name.
fn covers_name(known: &str, name: &str) -> bool {
    let Some((before, rest)) = known.split_once("${").or_else(|| known.split_once('<')) else {
        return known.eq_ignore_ascii_case(name);
    };
    let after = rest.split_once(['}', '>']).map_or("", |(_, after)| after);
    let (name, before) = (name.to_ascii_lowercase(), before.to_ascii_lowercase());
    name.len() > before.len() + after.len()
        && name.starts_with(&before)
        && name.ends_with(&after.to_ascii_lowercase())
}

/// The key of that name, where the catalog has it. A key that crosses services is a key of each.
pub(super) fn known_key<'c>(catalog: &'c Catalog, name: &str) -> Option<&'c ConditionKey> {
    catalog.condition_key(name)
}

/// Whether a key is one that some service puts into the requests for others.
pub(super) fn crosses_services(name: &str) -> bool {
    CROSS_SERVICE.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether the prefix of a key is an identity provider's: it has a dot, or is one of two short names.
pub(super) fn is_provider(prefix: &str) -> bool {
    prefix.contains('.')
        || prefix.contains('/')
        || ["saml", "ldap"].contains(&prefix.to_ascii_lowercase().as_str())
}

/// Whether a pattern may be a region.
pub(super) fn may_be_region(pattern: &str) -> bool {
    catalog::REGIONS.iter().any(|region| meets(pattern, region))
}

/// The name among some that is nearest to a misspelt one, if any is near.
pub(super) fn nearest<'n>(wrong: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let wrong = wrong.to_ascii_lowercase();
    let far = (wrong.len() / 3).clamp(1, 4);
    let near = names.map(|name| (distance(&wrong, &name.to_ascii_lowercase(), far), name));
    near.filter(|(distance, _)| *distance <= far).min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// How many letters must be added, dropped or changed; more than `most` is not counted out.
fn distance(one: &str, other: &str, most: usize) -> usize {
    if one.len().abs_diff(other.len()) > most {
        return most + 1;
    }
    let other: Vec<u8> = other.bytes().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (number, a) in one.bytes().enumerate() {
        let mut diagonal = number;
        let mut left = number + 1;
        let mut next = vec![left];
        for (b, above) in other.iter().zip(row.iter().skip(1)) {
            let changed = diagonal + usize::from(a != *b);
            left = changed.min(left + 1).min(above + 1);
            next.push(left);
            diagonal = *above;
        }
        row = next;
    }
    row.last().copied().unwrap_or(most + 1)
}

/// Whether some service has keys of that prefix, which is not always the service's own.
pub(super) fn has_keys(prefix: &str) -> bool {
    KEY_PREFIXES.contains(prefix.to_ascii_lowercase().as_str())
}

static KEY_PREFIXES: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let keys = catalog::services().iter().flat_map(|service| service.condition_keys());
    keys.filter_map(|key| key.name().split_once(':')).map(|(prefix, _)| prefix.to_ascii_lowercase()).collect()
});

/// The name in small letters of a service, in ARNs and elsewhere, where it is known.
pub(super) fn service_in_lower_case<'c>(catalog: &'c Catalog, service: &str) -> Option<&'c str> {
    catalog.service(service).map(Service::prefix)
}

/// AWS: "AWS global condition context keys", cross-service condition keys.
const CROSS_SERVICE: &[&str] = &[
    "ec2:RoleDelivery",
    "ec2:SourceInstanceArn",
    "glue:RoleAssumedBy",
    "glue:CredentialIssuingService",
    "codebuild:BuildArn",
    "codebuild:ProjectArn",
    "lambda:SourceFunctionArn",
    "ssm:SourceInstanceArn",
    "identitystore:UserId",
];
