//! An OpenID Connect provider is trusted with all its tokens.

use super::federation::{Provider, is_github, provider};
use super::prelude::*;

pub(super) const CHECK: Check =
    Check::new("MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL", SecurityWarning, Look::Principal(look));

fn look(subject: &Subject<'_>, statement: &Statement<'_>, entry: PrincipalEntry<'_>, found: &mut Found<'_>) {
    if !subject.is_trust() || !statement.allows() || entry.kind != "Federated" || is_github(entry) {
        return;
    }
    let Provider::OpenId(url) = provider(entry.text) else { return };
    let asks = statement.clauses.iter().any(|clause| {
        clause.key.rsplit_once(':').is_some_and(|(prefix, _)| prefix.eq_ignore_ascii_case(url))
    });
    if !asks {
        found.at(
            entry.span,
            format!("Every token of the provider is trusted: test its claims, such as {url}:aud."),
        );
    }
}
