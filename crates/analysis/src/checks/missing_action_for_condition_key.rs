//! A key that is about what another action sets, where that action is not in the statement.

use super::facts::{means, speaks_of};
use super::prelude::*;

pub(super) const CHECK: Check = Check::new("MISSING_ACTION_FOR_CONDITION_KEY", Error, Look::Clause(look));

fn look(_: &Subject<'_>, statement: &Statement<'_>, clause: &Clause<'_>, found: &mut Found<'_>) {
    let names = statement.actions();
    let assumes = ASSUMING.iter().any(|action| names.iter().any(|entry| means(entry.text, action)));
    for (key, needed) in NEEDED {
        let alone = names.iter().all(|entry| entry.text.starts_with("sts:"));
        if clause.is_about(key) && assumes && alone && statement.allows() && !speaks_of(statement, needed) {
            let details =
                format!("Nobody can set {} without the action {needed}: add it to the actions.", clause.key);
            found.at(clause.key_span, details);
        }
    }
}

const ASSUMING: &[&str] = &["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"];

/// A key, and the action that sets it.
const NEEDED: &[(&str, &str)] = &[
    ("sts:SourceIdentity", "sts:SetSourceIdentity"),
    ("sts:TransitiveTagKeys", "sts:TagSession"),
    ("aws:RequestTag/", "sts:TagSession"),
    ("aws:TagKeys", "sts:TagSession"),
];
