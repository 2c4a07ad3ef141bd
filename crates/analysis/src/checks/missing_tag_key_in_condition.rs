//! A condition key for tags that does not say which tag.

use super::prelude::*;
use catalog::{Catalog, ConditionKey};

pub(super) const CHECK: Check = Check::new("MISSING_TAG_KEY_IN_CONDITION", Error, Look::Clause(look));

fn look(subject: &Subject<'_>, _: &Statement<'_>, clause: &Clause<'_>, found: &mut Found<'_>) {
    if let Some(prefix) = family(subject.catalog, clause.key) {
        let details = format!("{} is about one tag: write {prefix}tag-key with the tag's key.", clause.key);
        found.at(clause.key_span, details);
    }
}

/// What stands before the tag's key, where a condition key has just that: `aws:RequestTag` or `aws:RequestTag/`.
pub(super) fn family<'c>(catalog: &'c Catalog, key: &str) -> Option<&'c str> {
    let (prefix, _) = key.split_once(':')?;
    let keys: &[ConditionKey] = if prefix.eq_ignore_ascii_case("aws") {
        catalog::global_condition_keys()
    } else {
        catalog.service(prefix)?.condition_keys()
    };
    let heads = keys.iter().filter_map(|known| known.name().split_once("${").map(|(head, _)| head));
    let mut tags = heads.filter(|head| head.ends_with('/'));
    tags.find(|head| {
        let bare = head.strip_suffix('/').unwrap_or(head);
        let stands = |text: &str| key.eq_ignore_ascii_case(text);
        (stands(head) || stands(bare)) && !keys.iter().any(|known| known.name().eq_ignore_ascii_case(key))
    })
}
