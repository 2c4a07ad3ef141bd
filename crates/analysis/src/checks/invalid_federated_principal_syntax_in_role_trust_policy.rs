//! An identity provider that is neither a domain nor a provider's ARN.

use super::federation::{Provider, provider};
use super::prelude::*;

pub(super) const CHECK: Check =
    Check::new("INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY", Error, Look::Principal(look));

fn look(subject: &Subject<'_>, _: &Statement<'_>, entry: PrincipalEntry<'_>, found: &mut Found<'_>) {
    if subject.is_trust() && entry.kind == "Federated" && provider(entry.text) == Provider::Neither {
        found.at(
            entry.span,
            "An identity provider is a domain, or the ARN of a SAML or OpenID Connect provider.",
        );
    }
}
