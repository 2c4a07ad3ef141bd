//! Address operators.

use std::net::IpAddr;

use super::{Comparison, Family, Operand, Operator, Subject};
use crate::document::Version;
use crate::prepared::Keys;

pub(super) const OPERATORS: &[Operator] = &[row("IpAddress", false), row("NotIpAddress", true)];

const fn row(name: &'static str, negated: bool) -> Operator {
    Operator { name, family: Family::IpAddress, negated, read, hear, compare }
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
