//! `s3:prefix` to forbid: a shorter prefix lists the same objects.

use super::prelude::*;

pub(super) const CHECK: Check =
    Check::new("S3_PREFIX_IN_NEGATIVE_CONTEXT", SecurityWarning, Look::Clause(look));

fn look(_: &Subject<'_>, statement: &Statement<'_>, clause: &Clause<'_>, found: &mut Found<'_>) {
    let forbids = (statement.denies() && !clause.is_negated()) || (statement.allows() && clause.is_negated());
    if clause.is_about("s3:prefix") && clause.is(Family::String) && forbids {
        let details = "Forbidding an s3:prefix keeps nothing back: a request with a shorter prefix lists the same objects. \
                       Allow the good ones with StringLike, or deny all others with StringNotLike.";
        found.at(clause.key_span, details);
    }
}
