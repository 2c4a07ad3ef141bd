//! Partitions and regions: the parts of AWS that share no identities.

use compact_str::CompactString;

use crate::{Invalid, string_newtype};

/// A partition of AWS. Accounts of different partitions can never trust each other
/// (AWS: "IAM identifiers").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Partition {
    /// `aws`, the commercial regions.
    Aws,
    /// `aws-cn`, the regions of China.
    AwsCn,
    /// `aws-us-gov`, AWS GovCloud (US).
    AwsUsGov,
}

impl Partition {
    /// All partitions, the commercial one first.
    pub const ALL: [Self; 3] = [Self::Aws, Self::AwsCn, Self::AwsUsGov];

    /// Parses the name that stands in an ARN.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|partition| partition.as_str() == text)
            .ok_or_else(|| Invalid::new("partition", text, "known are aws, aws-cn and aws-us-gov"))
    }

    /// The name as it stands in an ARN.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsCn => "aws-cn",
            Self::AwsUsGov => "aws-us-gov",
        }
    }

    /// The region that a credential scope names where a client has not chosen one.
    #[must_use]
    pub fn default_region(self) -> &'static str {
        match self {
            Self::Aws => "us-east-1",
            Self::AwsCn => "cn-north-1",
            Self::AwsUsGov => "us-gov-west-1",
        }
    }
}

string_newtype!(Partition);

/// A region's name, such as `eu-central-1`: 1 to 32 lower-case letters, digits and hyphens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Region(CompactString);

impl Region {
    /// Parses a region name. It need not be one that AWS has today.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let charset = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if text.is_empty() || text.len() > 32 || !charset {
            return Err(Invalid::new("region", text, "1 to 32 of a-z, 0-9 and -"));
        }
        Ok(Self(text.into()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition that the region belongs to, by its prefix.
    #[must_use]
    pub fn partition(&self) -> Partition {
        if self.0.starts_with("cn-") {
            Partition::AwsCn
        } else if self.0.starts_with("us-gov-") {
            Partition::AwsUsGov
        } else {
            Partition::Aws
        }
    }
}

string_newtype!(Region);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_knows_its_partition() {
        let partition = |text| Region::parse(text).unwrap().partition();
        assert_eq!(partition("eu-central-1"), Partition::Aws);
        assert_eq!(partition("cn-northwest-1"), Partition::AwsCn);
        assert_eq!(partition("us-gov-east-1"), Partition::AwsUsGov);
    }

    #[test]
    fn a_region_with_strange_characters_is_refused() {
        assert!(Region::parse("EU").is_err());
        assert!(Region::parse("").is_err());
        assert!(Region::parse("a/b").is_err());
    }
}
