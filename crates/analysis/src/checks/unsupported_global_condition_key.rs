//! A global key that policies of resources do not know.

use super::deprecated_global_condition_key::is_old;
use super::prelude::*;

pub(super) const CHECK: Check = Check::new("UNSUPPORTED_GLOBAL_CONDITION_KEY", Error, Look::Clause(look));

fn look(subject: &Subject<'_>, _: &Statement<'_>, clause: &Clause<'_>, found: &mut Found<'_>) {
    let of_resources = matches!(subject.policy_type, PolicyType::Resource | PolicyType::ResourceControl);
    if of_resources && is_old(clause.key) {
        let details = format!("No request carries {}: test aws:PrincipalArn or aws:SourceArn.", clause.key);
        found.at(clause.key_span, details);
    }
}
