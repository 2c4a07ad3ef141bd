//! `ForAllValues` with the audience of a token, which has one value or many.

use super::facts::is_provider;
use super::prelude::*;

pub(super) const CHECK: Check = Check::new("CONFIRM_AUDIENCE_CLAIM_TYPE", Suggestion, Look::Clause(look));

fn look(_: &Subject<'_>, _: &Statement<'_>, clause: &Clause<'_>, found: &mut Found<'_>) {
    if is_audience(clause.key) && clause.is_qualified(Qualifier::All) {
        let details = format!(
            "{} (aud) says whom the token is for: where that is one value, leave the qualifier out.",
            clause.key
        );
        found.at(clause.operator_span, details);
    }
}

/// Whether a key is a provider's claim `aud`.
pub(super) fn is_audience(key: &str) -> bool {
    key.rsplit_once(':')
        .is_some_and(|(provider, claim)| is_provider(provider) && claim.eq_ignore_ascii_case("aud"))
}
