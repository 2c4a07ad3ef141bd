//! GitHub is trusted with more than one branch of one repository.

use super::federation::is_github;
use super::missing_github_repo_condition_key::SUBJECT;
use super::prelude::*;

pub(super) const CHECK: Check =
    Check::new("SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED", Warning, Look::Statement(look));

fn look(subject: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    if !subject.is_trust() || !statement.allows() || !statement.principals().into_iter().any(is_github) {
        return;
    }
    let has_branch = statement.has_key(&["token.actions.githubusercontent.com:ref"]);
    for value in statement.about(SUBJECT).filter(|clause| clause.is_like()).flat_map(Clause::values) {
        // `repo:owner/name:…`: what stands behind the second colon may be left to the key of the branch.
        let repository = value.text.split(':').nth(1).unwrap_or_default();
        let open = !value.text.starts_with("repo:") || has_wildcards(repository) || !repository.contains('/');
        if has_wildcards(value.text) && (open || !has_branch) {
            let details =
                "The wildcard trusts more workflows than one branch of one repository has: name both.";
            found.at(value.span, details);
        }
    }
}
