//! Networks as the values of address operators write them.

use std::net::IpAddr;

/// A network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Network {
    address: IpAddr,
    length: u8,
}

impl Network {
    /// Parses an address with or without the length of its prefix.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let length = match length {
            Some(length) if length.bytes().all(|byte| byte.is_ascii_digit()) => length.parse().ok()?,
            Some(_) => return None,
            None => most,
        };
        (length <= most).then_some(Self { address, length })
    }

    /// The same network with nothing behind its prefix; `None` where nothing is.
    pub(super) fn improved(&self) -> Option<String> {
        let address = self.masked();
        (address != self.address).then(|| format!("{address}/{}", self.length))
    }

    /// Whether all its addresses are private (RFC 1918, RFC 4193) or the machine's own.
    pub(super) fn is_private(&self) -> bool {
        let first = self.masked();
        PRIVATE.iter().any(|(network, length)| {
            let within = |network: &IpAddr| {
                Self { address: first, length: *length }.masked() == *network && self.length >= *length
            };
            network.parse().is_ok_and(|network| within(&network))
        })
    }

    fn masked(&self) -> IpAddr {
        match self.address {
            IpAddr::V4(v4) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.length.min(32))).unwrap_or(0);
                IpAddr::V4((v4.to_bits() & mask).into())
            }
            IpAddr::V6(v6) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.length)).unwrap_or(0);
                IpAddr::V6((v6.to_bits() & mask).into())
            }
        }
    }
}

const PRIVATE: &[(&str, u8)] = &[
    ("10.0.0.0", 8),
    ("172.16.0.0", 12),
    ("192.168.0.0", 16),
    ("127.0.0.0", 8),
    ("169.254.0.0", 16),
    ("fc00::", 7),
    ("fe80::", 10),
    ("::1", 128),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_read_improved_and_told_private() {
        assert!(Network::parse("10.0.0.0/33").is_none() && Network::parse("1.2.3").is_none());
        assert!(Network::parse("1.2.3.4/+8").is_none() && Network::parse("::/129").is_none());
        assert_eq!(Network::parse("203.0.113.9/24").unwrap().improved().unwrap(), "203.0.113.0/24");
        assert_eq!(Network::parse("203.0.113.0/24").unwrap().improved(), None);
        assert!(Network::parse("172.31.0.0/16").unwrap().is_private());
        assert!(Network::parse("fd00::/8").unwrap().is_private());
        assert!(!Network::parse("172.32.0.0/16").unwrap().is_private());
        assert!(!Network::parse("10.0.0.0/7").unwrap().is_private());
        assert!(!Network::parse("0.0.0.0/0").unwrap().is_private());
    }
}
