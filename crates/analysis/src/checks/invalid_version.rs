//! A version of the language that there is not.

use super::prelude::*;

pub(super) const CHECK: Check = Check::new("INVALID_VERSION", Error, Look::Document(look));

fn look(subject: &Subject<'_>, found: &mut Found<'_>) {
    let Some(node) = subject.node.get("Version") else { return };
    if let Some(version) = node.as_str().filter(|version| !["2012-10-17", "2008-10-17"].contains(version)) {
        found.at(node.span, format!("There is no version {version}. There are: 2012-10-17, 2008-10-17"));
    }
}
