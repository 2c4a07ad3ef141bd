//! A wildcard in an action of which the principal used some only.

use super::facts::{expand, means};
use super::prelude::*;

pub(super) const CHECK: Check = Check::new("UNNEEDED_WILDCARD", Suggestion, Look::Action(look));

fn look(subject: &Subject<'_>, statement: &Statement<'_>, entry: Entry<'_>, found: &mut Found<'_>) {
    let Some(used) = subject.used.filter(|_| subject.policy_type == PolicyType::Identity) else { return };
    if !statement.allows() || statement.get("NotAction").is_some() || !has_wildcards(entry.text) {
        return;
    }
    let all = expand(subject.catalog, entry.text).len();
    let needed: Vec<&str> = used.actions().filter(|action| means(entry.text, action)).collect();
    if needed.len() >= all {
        return;
    }
    let details = match needed.as_slice() {
        [] => format!("`{}` allows {all} actions, and none of them was used.", entry.text),
        some if some.len() > MOST_NAMED => {
            format!("`{}` allows {all} actions, of which {} were used.", entry.text, some.len())
        }
        some => {
            format!("`{}` allows {all} actions, of which only {} were used.", entry.text, some.join(", "))
        }
    };
    found.at(entry.span, details);
}

/// So many actions are named one by one.
const MOST_NAMED: usize = 8;
