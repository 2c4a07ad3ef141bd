//! An element that the grammar does not have.

use super::prelude::*;
use policy::json::Member;

pub(super) const CHECK: Check = Check::new("INVALID_POLICY_ELEMENT", Error, Look::Document(look));

fn look(subject: &Subject<'_>, found: &mut Found<'_>) {
    let mut note = |members: &[Member], known: &[&str]| {
        for member in members.iter().filter(|member| !known.contains(&member.key.as_str())) {
            found.at(member.key_span, format!("A policy has no element {} here.", member.key));
        }
    };
    note(subject.members(), &["Version", "Id", "Statement"]);
    for statement in &subject.statements {
        note(statement.members, STATEMENT);
    }
}

const STATEMENT: &[&str] = &[
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];
