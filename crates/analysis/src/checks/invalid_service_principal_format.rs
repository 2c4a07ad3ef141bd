//! The name of a service that does not have the form of one.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("INVALID_SERVICE_PRINCIPAL_FORMAT", Error, Look::Statement(look));

fn look(_: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    for clause in &statement.clauses {
        let Some((_, format)) = KEYS.iter().find(|(key, _)| clause.is_about(key)) else { continue };
        if !clause.is(Family::String) {
            continue;
        }
        for value in clause.values() {
            let open = value.text.contains("${") || (clause.is_like() && has_wildcards(value.text));
            if !open && !fits(value.text, format) {
                found.at(
                    value.span,
                    format!("Here stands the name of a service: {format}, in small letters."),
                );
            }
        }
    }
    for principal in statement.principals().into_iter().filter(|principal| principal.kind == "Service") {
        if !has_wildcards(principal.text) && !principal.text.contains("${") && !fits(principal.text, SERVICE)
        {
            found.at(
                principal.span,
                format!("Here stands the name of a service: {SERVICE}, in small letters."),
            );
        }
    }
}

fn fits(text: &str, format: &str) -> bool {
    let name = DOMAINS.iter().find_map(|domain| text.strip_suffix(domain));
    let mut labels = name.unwrap_or_default().split('.');
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
    };
    let count = labels.clone().count();
    labels.all(is_label) && if format == REGIONAL { count >= 2 } else { count >= 1 }
}

const SERVICE: &str = "service-name.amazonaws.com";
const REGIONAL: &str = "service-name.AWS_region.amazonaws.com";
const DOMAINS: &[&str] =
    &[".amazonaws.com", ".amazonaws.com.cn", ".amazon.com", ".aws.internal", ".amazonaws.eu"];

/// Keys whose values are names of services, and their form.
const KEYS: &[(&str, &str)] = &[
    ("kms:ViaService", REGIONAL),
    ("secretsmanager:ViaService", REGIONAL),
    ("iam:PassedToService", SERVICE),
    ("iam:AWSServiceName", SERVICE),
    ("kms:GranteeServicePrincipal", SERVICE),
    ("aws:CalledVia", SERVICE),
    ("aws:CalledViaFirst", SERVICE),
    ("aws:CalledViaLast", SERVICE),
    ("aws:PrincipalServiceName", SERVICE),
    ("aws:PrincipalServiceNamesList", SERVICE),
];
