//! The service of a resource's ARN is written with capitals.

use super::facts::service_in_lower_case;
use super::prelude::*;

pub(super) const CHECK: Check = Check::new("INVALID_ARN_SERVICE_CASE", Error, Look::Resource(look));

fn look(subject: &Subject<'_>, _: &Statement<'_>, entry: Entry<'_>, found: &mut Found<'_>) {
    let Some(service) = entry.text.split(':').nth(2).filter(|_| entry.text.starts_with("arn:")) else {
        return;
    };
    if let Some(known) = service_in_lower_case(subject.catalog, service).filter(|known| *known != service) {
        found.at(
            entry.span,
            format!("An ARN matches letter by letter: write the service `{service}` as `{known}`."),
        );
    }
}
