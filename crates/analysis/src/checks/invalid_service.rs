//! A resource or a condition key of a service that there is not.

use super::arn::{Parts, is_known_service};
use super::facts::{has_keys, is_provider, service_in_lower_case};
use super::prelude::*;

pub(super) const CHECK: Check = Check::new("INVALID_SERVICE", Error, Look::Statement(look));

fn look(subject: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    let catalog = subject.catalog;
    for entry in statement.all_resources() {
        let Some(parts) = Parts::of(entry) else { continue };
        let service = parts.service.as_str();
        if !has_wildcards(service)
            && !is_known_service(catalog, service)
            && service_in_lower_case(catalog, service).is_none()
        {
            found.at(entry.span, format!("There is no service `{service}`: correct the ARN's third part."));
        }
    }
    for clause in &statement.clauses {
        let Some((prefix, _)) = clause.key.split_once(':') else { continue };
        let known = prefix.is_empty()
            || prefix.eq_ignore_ascii_case("aws")
            || is_provider(prefix)
            || catalog.service(prefix).is_some()
            || has_keys(prefix);
        if !known {
            found.at(
                clause.key_span,
                format!("There is no service `{prefix}` that could have condition keys."),
            );
        }
    }
}
