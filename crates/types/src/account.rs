//! Account ids, and the accounts that they name.

use crate::{Arn, Invalid, Partition, Region, string_newtype};

/// An AWS account's id: exactly 12 digits (AWS: "View AWS account identifiers").
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId([u8; 12]);

impl AccountId {
    /// Parses 12 digits.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let digits: [u8; 12] =
            text.as_bytes().try_into().map_err(|_| Invalid::new("account id", text, "exactly 12 digits"))?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(Invalid::new("account id", text, "exactly 12 digits"));
        }
        Ok(Self(digits))
    }

    /// The account id with this number, counted modulo 10¹².
    #[must_use]
    pub fn from_number(number: u64) -> Self {
        let mut rest = number % 1_000_000_000_000;
        let mut digits = [b'0'; 12];
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
        }
        Self(digits)
    }

    /// The id as a number below 10¹².
    #[must_use]
    pub fn number(self) -> u64 {
        self.0.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
    }

    /// The 12 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // The parser admits ASCII digits only.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl std::fmt::Debug for AccountId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

string_newtype!(AccountId);

/// An account of a partition: what owns every entity. Prints as `aws:123456789012`.
///
/// The same twelve digits in another partition are another account.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner {
    /// The partition that the account belongs to for good.
    pub partition: Partition,
    /// The account's id.
    pub account: AccountId,
}

impl Owner {
    /// Names an account of a partition.
    #[must_use]
    pub fn new(partition: Partition, account: AccountId) -> Self {
        Self { partition, account }
    }

    /// Parses `PARTITION:ACCOUNT`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let (partition, account) =
            text.split_once(':').ok_or_else(|| Invalid::new("owner", text, "expected PARTITION:ACCOUNT"))?;
        Ok(Self::new(Partition::parse(partition)?, AccountId::parse(account)?))
    }

    /// The ARN of one of the account's IAM entities: `resource` is `user/team/alice` or the like.
    #[must_use]
    pub fn iam_arn(&self, resource: &str) -> Arn {
        Arn::new(self.partition, "iam", "", Some(self.account), resource)
    }

    /// The same of a resource in pieces.
    #[must_use]
    pub fn iam_arn_of(&self, resource: &[&str]) -> Arn {
        Arn::of_pieces(self.partition, "iam", "", Some(self.account), resource)
    }

    /// The ARN of one of the account's sessions: `resource` is `assumed-role/deploy/ci` or the like.
    #[must_use]
    pub fn sts_arn(&self, resource: &str) -> Arn {
        Arn::new(self.partition, "sts", "", Some(self.account), resource)
    }

    /// The same of a resource in pieces.
    #[must_use]
    pub fn sts_arn_of(&self, resource: &[&str]) -> Arn {
        Arn::of_pieces(self.partition, "sts", "", Some(self.account), resource)
    }

    /// The ARN of the account's root user, `arn:PARTITION:iam::ACCOUNT:root`.
    #[must_use]
    pub fn root_arn(&self) -> Arn {
        self.iam_arn("root")
    }

    /// Whether the account can be addressed in a region: regions belong to partitions.
    #[must_use]
    pub fn is_in(&self, region: &Region) -> bool {
        region.partition() == self.partition
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.partition.as_str(), self.account.as_str())
    }
}

impl std::fmt::Debug for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for Owner {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::parse(text)
    }
}

impl serde::Serialize for Owner {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Owner {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_prints_and_parses_as_partition_and_account() {
        let owner = Owner::parse("aws-cn:123456789012").unwrap();
        assert_eq!(owner.to_string(), "aws-cn:123456789012");
        assert_eq!(owner.root_arn().as_str(), "arn:aws-cn:iam::123456789012:root");
        assert!(owner.is_in(&Region::parse("cn-north-1").unwrap()));
        assert!(!owner.is_in(&Region::parse("us-east-1").unwrap()));
    }

    #[test]
    fn an_account_id_is_exactly_twelve_digits() {
        assert!(AccountId::parse("123456789012").is_ok());
        for bad in ["", "12345678901", "1234567890123", "12345678901a", "１２３４"] {
            assert!(AccountId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_number_makes_an_id_and_back() {
        assert_eq!(AccountId::from_number(42).as_str(), "000000000042");
        assert_eq!(AccountId::parse("999999999999").unwrap().number(), 999_999_999_999);
    }
}
