//! A space in the name of a policy variable.

use super::prelude::*;
use super::variables;

pub(super) const CHECK: Check = Check::new("UNSUPPORTED_SPACE_IN_VARIABLE", Error, Look::Document(look));

fn look(subject: &Subject<'_>, found: &mut Found<'_>) {
    for variable in variables::places(subject).into_iter().flat_map(variables::of) {
        let key = variable.key();
        // The key of a tag may have spaces.
        let name = key.split_once('/').map_or(key, |(family, _)| family);
        if variable.is_closed && name.contains(' ') && !name.trim().is_empty() {
            found.at(variable.span, "The name of a policy variable has no spaces: take them out.");
        }
    }
}
