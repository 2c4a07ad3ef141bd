//! GitHub is trusted with the tokens of every repository there is.

use super::federation::{GITHUB, is_github};
use super::prelude::*;

pub(super) const CHECK: Check =
    Check::new("MISSING_GITHUB_REPO_CONDITION_KEY", SecurityWarning, Look::Principal(look));

fn look(subject: &Subject<'_>, statement: &Statement<'_>, entry: PrincipalEntry<'_>, found: &mut Found<'_>) {
    if subject.is_trust() && statement.allows() && is_github(entry) && !statement.has_key(&[SUBJECT]) {
        found.at(
            entry.span,
            format!("Anybody's workflow on GitHub is trusted: test {GITHUB}:sub for repository and branch."),
        );
    }
}

/// The claim that names the repository.
pub(super) const SUBJECT: &str = "token.actions.githubusercontent.com:sub";
