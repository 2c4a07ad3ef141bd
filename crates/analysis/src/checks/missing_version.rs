//! A policy that does not say which version of the language it is in.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("MISSING_VERSION", Warning, Look::Document(look));

fn look(subject: &Subject<'_>, found: &mut Found<'_>) {
    if subject.node.as_object().is_some() && subject.node.get("Version").is_none() {
        found.at(subject.node.span, "Without a Version the policy is read as 2008-10-17, which has no policy variables: say 2012-10-17.");
    }
}
