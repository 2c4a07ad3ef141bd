//! A network with bits behind its prefix.

use super::address::Network;
use super::prelude::*;

pub(super) const CHECK: Check = Check::new("IMPROVE_IP_RANGE", Suggestion, Look::Value(look));

fn look(_: &Subject<'_>, clause: &Clause<'_>, value: Entry<'_>, found: &mut Found<'_>) {
    let Some(network) = Network::parse(value.text).filter(|_| clause.is(Family::IpAddress)) else { return };
    if let Some(improved) = network.improved() {
        found.at(value.span, format!("The bits behind the prefix do not count: write {improved}."));
    }
}
