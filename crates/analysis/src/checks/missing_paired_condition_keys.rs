//! A key that means little without another.

use super::prelude::*;

pub(super) const CHECK: Check =
    Check::new("MISSING_PAIRED_CONDITION_KEYS", SecurityWarning, Look::Clause(look));

fn look(_: &Subject<'_>, statement: &Statement<'_>, clause: &Clause<'_>, found: &mut Found<'_>) {
    for (key, pairs) in PAIRS {
        if clause.is_about(key) && !clause.is(Family::Null) && !statement.has_key(pairs) {
            let details =
                format!("{key} means something only together with {}: test that too.", pairs.join(" or "));
            found.at(clause.key_span, details);
        }
    }
}

/// A key, and those of which it needs one: addresses are private to a network.
const PAIRS: &[(&str, &[&str])] = &[
    ("aws:VpcSourceIp", &["aws:SourceVpc", "aws:SourceVpce", "aws:SourceVpcArn"]),
    ("aws:Ec2InstanceSourcePrivateIPv4", &["aws:Ec2InstanceSourceVpc"]),
];
