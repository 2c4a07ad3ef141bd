//! A value of `aws:RequestedRegion` that is no region.

use super::arn::starred;
use super::facts::may_be_region;
use super::prelude::*;

pub(super) const CHECK: Check = Check::new("INVALID_REGION", Error, Look::Value(look));

fn look(_: &Subject<'_>, clause: &Clause<'_>, value: Entry<'_>, found: &mut Found<'_>) {
    let is_region_key = KEYS.iter().any(|key| clause.is_about(key));
    if is_region_key && clause.is(Family::String) && !may_be_region(&starred(value.text)) {
        found.at(value.span, format!("There is no Region `{}`: name one that there is.", value.text));
    }
}

const KEYS: &[&str] = &["aws:RequestedRegion", "ec2:Region", "kms:PrimaryRegion", "kms:ReplicaRegion"];
