//! A default value of a policy variable that is not in quotes.

use super::prelude::*;
use super::variables;

pub(super) const CHECK: Check = Check::new("MISSING_QUOTE_IN_VARIABLE", Error, Look::Document(look));

fn look(subject: &Subject<'_>, found: &mut Found<'_>) {
    for variable in variables::places(subject).into_iter().flat_map(variables::of) {
        let Some(default) = variable.default().filter(|_| variable.is_closed) else { continue };
        let quoted = default.len() >= 2 && default.starts_with('\'') && default.ends_with('\'');
        if !quoted {
            found.at(variable.span, "The default value of a policy variable stands between single quotes.");
        }
    }
}
