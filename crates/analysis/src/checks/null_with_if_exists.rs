//! `NullIfExists`.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("NULL_WITH_IF_EXISTS", Error, Look::Statement(look));

fn look(_: &Subject<'_>, statement: &Statement<'_>, found: &mut Found<'_>) {
    let operators = statement.get("Condition").and_then(|node| node.as_object()).unwrap_or_default();
    for operator in operators {
        let base = operator.key.rsplit(':').next().unwrap_or_default();
        if base == "NullIfExists" {
            found.at(operator.key_span, "Null asks whether a key exists: it takes no IfExists.");
        }
    }
}
