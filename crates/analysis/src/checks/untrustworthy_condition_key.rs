//! A key that the caller fills as it likes.

use super::prelude::*;

pub(super) const CHECK: Check =
    Check::new("UNTRUSTWORTHY_CONDITION_KEY", SecurityWarning, Look::Clause(look));

fn look(_: &Subject<'_>, _: &Statement<'_>, clause: &Clause<'_>, found: &mut Found<'_>) {
    if KEYS.iter().any(|key| clause.is_about(key)) {
        found.at(
            clause.key_span,
            format!("The caller fills {} as it likes: it keeps nobody out.", clause.key),
        );
    }
}

const KEYS: &[&str] = &["aws:UserAgent", "aws:referer"];
