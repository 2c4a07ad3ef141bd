//! What is no JSON.

use super::prelude::*;
use policy::Lines;
use policy::json::Fault;

pub(super) const CHECK: Check = Check::new("JSON_SYNTAX_ERROR", Error, Look::Syntax(look));

fn look(text: &str, fault: &Fault, found: &mut Found<'_>) {
    let at = Lines::of(text).position(fault.offset);
    let details = format!(
        "{} at index {}, line {}, column {}: mend the JSON.",
        fault.problem, at.offset, at.line, at.column
    );
    found.at(policy::Span { start: fault.offset, end: fault.offset }, details);
}
