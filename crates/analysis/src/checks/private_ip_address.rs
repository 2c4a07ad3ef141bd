//! Private addresses as the source of requests, which only ever come from public ones.

use super::address::Network;
use super::prelude::*;

pub(super) const CHECKS: [Check; 4] = [
    Check::new(
        "PRIVATE_IP_ADDRESS",
        Error,
        Look::Clause(|_, _, clause, found| {
            look(
                clause,
                "IpAddress",
                Share::All,
                "aws:SourceIp is a public address, and all of these are private: nothing matches. Name public ones, or test aws:VpcSourceIp.",
                found,
            );
        }),
    ),
    Check::new(
        "PRIVATE_NOT_IP_ADDRESS",
        Error,
        Look::Clause(|_, _, clause, found| {
            look(
                clause,
                "NotIpAddress",
                Share::All,
                "aws:SourceIp is a public address, and all of these are private: everything matches. Name public ones, or test aws:VpcSourceIp.",
                found,
            );
        }),
    ),
    Check::new(
        "PRIVATE_IP_ADDRESS_SUBSET",
        Suggestion,
        Look::Clause(|_, _, clause, found| {
            look(
                clause,
                "IpAddress",
                Share::Some,
                "aws:SourceIp is a public address: the private ones here match nothing. Test aws:VpcSourceIp for those.",
                found,
            );
        }),
    ),
    Check::new(
        "PRIVATE_NOT_IP_ADDRESS_SUBSET",
        Suggestion,
        Look::Clause(|_, _, clause, found| {
            look(
                clause,
                "NotIpAddress",
                Share::Some,
                "aws:SourceIp is a public address: the private ones here except nothing. Test aws:VpcSourceIp for those.",
                found,
            );
        }),
    ),
];

#[derive(PartialEq)]
enum Share {
    All,
    Some,
}

fn look(clause: &Clause<'_>, operator: &str, share: Share, details: &str, found: &mut Found<'_>) {
    if !clause.is_about("aws:SourceIp") || clause.test.is_none_or(|test| test.operator() != operator) {
        return;
    }
    let values = clause.values();
    let is_private =
        |entry: &&Entry<'_>| Network::parse(entry.text).is_some_and(|network| network.is_private());
    let private: Vec<_> = values.iter().filter(is_private).map(|entry| entry.span).collect();
    let its = if private.len() == values.len() { Share::All } else { Share::Some };
    if !private.is_empty() && its == share {
        found.at_all(&private, details);
    }
}
