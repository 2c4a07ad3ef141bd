//! Address operators.

use std::net::IpAddr;

use super::{Comparison, Family, Operand, Operator, Subject};
use crate::document::Version;
use crate::prepared::Keys;

pub(super) const OPERATORS: &[Operator] = &[row("IpAddress", false), row("NotIpAddress", true)];

const fn row(name: &'static str, negated: bool) -> Operator {
    Operator { name, family: Family::IpAddress, negated, read, hear: Some(hear), compare }
}

fn read(text: &str, _: Version) -> Operand {
    Network::parse(text).map_or(Operand::Invalid, Operand::Network)
}

fn hear(value: &str) -> Subject<'_> {
    parse_address(value).map_or(Subject::Invalid, Subject::Address)
}

fn compare(operand: &Operand, value: &Subject<'_>, _: Keys<'_>) -> Comparison {
    let (Operand::Network(network), Subject::Address(address)) = (operand, value) else {
        return Comparison::Invalid;
    };
    network.contains(*address).into()
}

/// A network of either family; host bits are masked away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Network {
    V4 { bits: u32, mask: u32 },
    V6 { bits: u128, mask: u128 },
}

impl Network {
    /// Parses an address with or without a prefix length.
    fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(parse_length(length)?)),
            None => (text, None),
        };
        let written: IpAddr = address.parse().ok()?;
        match (written.to_canonical(), length) {
            (IpAddr::V4(v4), None) => Some(Self::v4(v4.to_bits(), 32)),
            (IpAddr::V6(v6), None) => Some(Self::v6(v6.to_bits(), 128)),
            // The length of a mapped network counts the 96 bits in front of the IPv4 address;
            // a shorter one holds more than mapped addresses.
            (IpAddr::V4(v4), Some(length)) if written.is_ipv6() => match (length.checked_sub(96), written) {
                (Some(length), _) if length <= 32 => Some(Self::v4(v4.to_bits(), length)),
                (None, IpAddr::V6(v6)) => Some(Self::v6(v6.to_bits(), length)),
                _ => None,
            },
            (IpAddr::V4(v4), Some(length)) => (length <= 32).then(|| Self::v4(v4.to_bits(), length)),
            (IpAddr::V6(v6), Some(length)) => (length <= 128).then(|| Self::v6(v6.to_bits(), length)),
        }
    }

    fn v4(bits: u32, length: u32) -> Self {
        let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
        Self::V4 { bits: bits & mask, mask }
    }

    fn v6(bits: u128, length: u32) -> Self {
        let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
        Self::V6 { bits: bits & mask, mask }
    }

    fn contains(&self, address: IpAddr) -> bool {
        match (self, address) {
            (Self::V4 { bits, mask }, IpAddr::V4(v4)) => v4.to_bits() & mask == *bits,
            (Self::V6 { bits, mask }, IpAddr::V6(v6)) => v6.to_bits() & mask == *bits,
            _ => false,
        }
    }
}

/// An address; one of IPv4 in IPv6's clothes is one of IPv4.
fn parse_address(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

fn parse_length(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_in(network: &str, address: &str) -> Option<bool> {
        Some(Network::parse(network)?.contains(parse_address(address)?))
    }

    #[test]
    fn every_length_of_prefix_ends_where_it_says() {
        for length in 0..=32u32 {
            let size = 1u64 << (32 - length);
            let last = u32::try_from(size - 1).unwrap();
            let network = format!("255.255.255.255/{length}");
            let first = std::net::Ipv4Addr::from_bits(u32::MAX - last);
            assert_eq!(is_in(&network, &first.to_string()), Some(true), "{network}");
            if let Some(before) = first.to_bits().checked_sub(1) {
                let before = std::net::Ipv4Addr::from_bits(before).to_string();
                assert_eq!(is_in(&network, &before), Some(false), "{network}");
            }
        }
        for length in 1..=128u32 {
            let first = std::net::Ipv6Addr::from_bits(u128::MAX << (128 - length));
            let before = std::net::Ipv6Addr::from_bits(first.to_bits() - 1);
            let network = format!("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/{length}");
            assert_eq!(is_in(&network, &first.to_string()), Some(true), "{network}");
            assert_eq!(is_in(&network, &before.to_string()), Some(false), "{network}");
        }
    }

    #[test]
    fn mapped_networks_count_from_the_front() {
        for (network, address, expected) in [
            ("::ffff:203.0.113.0/128", "203.0.113.0", Some(true)),
            ("::ffff:203.0.113.0/128", "203.0.113.1", Some(false)),
            ("::ffff:0.0.0.0/96", "8.8.8.8", Some(true)),
            ("::ffff:0.0.0.0/95", "8.8.8.8", Some(false)),
            ("::ffff:0.0.0.0/95", "::fffe:0:1", Some(true)),
            ("::ffff:203.0.113.0/129", "203.0.113.0", None),
            ("2001:db8::/129", "2001:db8::", None),
            ("2001:db8::/128", "2001:db8::", Some(true)),
        ] {
            assert_eq!(is_in(network, address), expected, "{network} {address}");
        }
    }

    #[test]
    fn lengths_are_up_to_three_digits() {
        for bad in
            ["10.0.0.0/", "10.0.0.0/0008", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0.0/a", "10.0.0/8", "/8"]
        {
            assert_eq!(Network::parse(bad), None, "{bad}");
        }
        assert!(Network::parse("10.0.0.0/008").is_some());
    }
}
