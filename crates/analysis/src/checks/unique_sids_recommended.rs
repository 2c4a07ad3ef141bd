//! A Sid that stands twice, in a policy where it may.

use super::prelude::*;
use super::unique_sids_required::repeated;
use super::unsupported_sid::is_strict;

pub(super) const CHECK: Check = Check::new("UNIQUE_SIDS_RECOMMENDED", Warning, Look::Document(look));

fn look(subject: &Subject<'_>, found: &mut Found<'_>) {
    if !is_strict(subject) {
        for spans in repeated(subject) {
            found.at_all(&spans, "Two statements have the same Sid: people will take one for the other.");
        }
    }
}
