//! A key that says of the resource what its own policy knows.

use super::prelude::*;

pub(super) const CHECK: Check =
    Check::new("IRRELEVANT_CONDITION_KEY_IN_POLICY", Suggestion, Look::Clause(look));

fn look(subject: &Subject<'_>, _: &Statement<'_>, clause: &Clause<'_>, found: &mut Found<'_>) {
    let Some(resource_type) = subject.resource_type.filter(|_| subject.policy_type == PolicyType::Resource)
    else {
        return;
    };
    let (Some((service, _)), Some((prefix, name))) = (resource_type.scope(), clause.key.split_once(':'))
    else {
        return;
    };
    let global =
        prefix.eq_ignore_ascii_case("aws") && OWNERS.iter().any(|key| name.eq_ignore_ascii_case(key));
    let own = prefix.eq_ignore_ascii_case(service) && name.eq_ignore_ascii_case("ResourceAccount");
    if global || own {
        let details = format!(
            "The policy of an {} knows whose it is: {} belongs into identity policies.",
            resource_type.as_str(),
            clause.key
        );
        found.at(clause.key_span, details);
    }
}

const OWNERS: &[&str] = &["ResourceAccount", "ResourceOrgID", "ResourceOrgPaths"];
