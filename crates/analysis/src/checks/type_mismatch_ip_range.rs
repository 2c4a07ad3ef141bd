//! A value that is no network.

use super::address::Network;
use super::prelude::*;

pub(super) const CHECK: Check = Check::new("TYPE_MISMATCH_IP_RANGE", Error, Look::Value(look));

fn look(_: &Subject<'_>, clause: &Clause<'_>, value: Entry<'_>, found: &mut Found<'_>) {
    if clause.is(Family::IpAddress) && Network::parse(value.text).is_none() && !value.text.contains("${") {
        found.at(
            value.span,
            format!("{} takes an address or a range in CIDR form, such as 203.0.113.0/24.", clause.operator),
        );
    }
}
