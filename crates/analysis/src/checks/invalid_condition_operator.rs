//! A condition operator that there is not.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("INVALID_CONDITION_OPERATOR", Error, Look::Statement(look));

fn look(_: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    let operators = statement.get("Condition").and_then(|node| node.as_object()).unwrap_or_default();
    for operator in operators {
        let name = operator.key.as_str();
        if policy::condition::Test::parse(name).is_none()
            && !name.ends_with("NullIfExists")
            && !name.contains("${")
        {
            found.at(operator.key_span, format!("There is no condition operator {name}."));
        }
    }
}
