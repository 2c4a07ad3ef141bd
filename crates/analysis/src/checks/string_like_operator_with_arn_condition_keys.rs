//! `StringLike` with a key that holds ARNs: its wildcards reach over the colons.

use super::prelude::*;
use catalog::KeyType;

use super::facts::known_key;

pub(super) const CHECK: Check =
    Check::new("STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS", SecurityWarning, Look::Clause(look));

fn look(subject: &Subject<'_>, _: &Statement<'_>, clause: &Clause<'_>, found: &mut Found<'_>) {
    let is_arn = known_key(subject.catalog, clause.key).is_some_and(|key| key.key_type() == KeyType::Arn);
    if is_arn && clause.is(Family::String) && clause.is_like() {
        let arn = clause.operator.replace("String", "Arn");
        let details = format!(
            "{} holds an ARN, and the wildcards of {} reach over its colons: use {arn}.",
            clause.key, clause.operator
        );
        found.at_all(&[clause.operator_span, clause.key_span], details);
    }
}
