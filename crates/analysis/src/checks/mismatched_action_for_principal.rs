//! An action that such a principal cannot call.

use super::federation::{Provider, provider};
use super::prelude::*;

pub(super) const CHECK: Check = Check::new("MISMATCHED_ACTION_FOR_PRINCIPAL", Error, Look::Action(look));

fn look(subject: &Subject<'_>, statement: &Statement<'_>, entry: Entry<'_>, found: &mut Found<'_>) {
    if !subject.is_trust() || statement.get("NotAction").is_some() || statement.get("Principal").is_none() {
        return;
    }
    let Some((_, fits)) = FITS.iter().find(|(action, _)| action.eq_ignore_ascii_case(entry.text)) else {
        return;
    };
    let wrong: Vec<_> = statement.principals().into_iter().filter(|principal| !fits(*principal)).collect();
    if !wrong.is_empty() {
        let names: Vec<&str> = wrong.iter().map(|principal| principal.text).collect();
        let mut spans = vec![entry.span];
        spans.extend(wrong.iter().map(|principal| principal.span));
        let details = format!(
            "{} cannot call {}. SAML providers go with sts:AssumeRoleWithSAML, OpenID Connect providers with \
             sts:AssumeRoleWithWebIdentity, both as Federated; everybody else with sts:AssumeRole.",
            names.join(", "),
            entry.text
        );
        found.at_all(&spans, details);
    }
}

type Fits = fn(PrincipalEntry<'_>) -> bool;

/// An action, and whether a principal can call it. Of a malformed provider another check speaks.
const FITS: &[(&str, Fits)] = &[
    ("sts:AssumeRole", |entry| entry.kind != "Federated"),
    ("sts:AssumeRoleWithSAML", |entry| {
        entry.text == "*"
            || (entry.kind == "Federated" && !matches!(provider(entry.text), Provider::OpenId(_)))
    }),
    ("sts:AssumeRoleWithWebIdentity", |entry| {
        entry.text == "*" || (entry.kind == "Federated" && provider(entry.text) != Provider::Saml)
    }),
];
