//! Unique ids and access key ids.

use compact_str::CompactString;

use crate::{Invalid, string_newtype};

/// What a unique id's first four characters say (AWS: "IAM identifiers", unique identifiers).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdPrefix {
    /// `AIDA`, an IAM user.
    User,
    /// `AROA`, a role.
    Role,
    /// `AGPA`, a group.
    Group,
    /// `ANPA`, a managed policy.
    Policy,
    /// `AIPA`, an instance profile.
    InstanceProfile,
    /// `ASCA`, a certificate.
    Certificate,
    /// `APKA`, a public key.
    PublicKey,
    /// `ACCA`, a service-specific credential.
    ServiceSpecificCredential,
}

impl IdPrefix {
    /// The four characters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "AIDA",
            Self::Role => "AROA",
            Self::Group => "AGPA",
            Self::Policy => "ANPA",
            Self::InstanceProfile => "AIPA",
            Self::Certificate => "ASCA",
            Self::PublicKey => "APKA",
            Self::ServiceSpecificCredential => "ACCA",
        }
    }
}

/// A unique id: four letters that tell the kind and 12 to 124 of `A-Z0-9`. It stays the same
/// when its entity is renamed and is never given out twice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UniqueId(CompactString);

impl UniqueId {
    /// Parses an id of 16 to 128 characters of `A-Z` and `0-9`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if !(16..=128).contains(&text.len()) || !text.bytes().all(is_id_byte) {
            return Err(Invalid::new("unique id", text, "16 to 128 of A-Z and 0-9"));
        }
        Ok(Self(text.into()))
    }

    /// Makes an id of AWS's 21 characters from 85 random bits.
    #[must_use]
    pub fn from_random(prefix: IdPrefix, random: u128) -> Self {
        Self(with_base32(prefix.as_str(), random, 17))
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

string_newtype!(UniqueId);

/// What an access key id's first four characters say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccessKeyKind {
    /// `AKIA`, the long-term key of a user or of the root user.
    LongTerm,
    /// `ASIA`, a key of temporary credentials.
    Temporary,
}

/// An access key id: 16 to 128 word characters (AWS: API reference, AccessKey).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccessKeyId(CompactString);

impl AccessKeyId {
    /// Parses an access key id; any kind, also one that is not ours.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        if !(16..=128).contains(&text.len()) || !text.bytes().all(word) {
            return Err(Invalid::new("access key id", text, "16 to 128 letters, digits and _"));
        }
        Ok(Self(text.into()))
    }

    /// Makes an id of AWS's 20 characters.
    ///
    /// As AWS's do, the id carries its account: the 16 characters behind the prefix are 80 bits,
    /// of which the 40 above the lowest bit of the first six bytes hold the account number.
    #[must_use]
    pub fn from_random(kind: AccessKeyKind, account: crate::AccountId, random: u64) -> Self {
        let prefix = match kind {
            AccessKeyKind::LongTerm => "AKIA",
            AccessKeyKind::Temporary => "ASIA",
        };
        // 48 bits: 1 set bit, 40 bits of account, 7 random bits; then 32 random bits.
        let head = (1 << 47) | (u128::from(account.number()) << 7) | u128::from((random >> 32) & 0x7f);
        Self(with_base32(prefix, (head << 32) | u128::from(random & 0xffff_ffff), 16))
    }

    /// The account that the id was made for, where the id is one of AWS's shape.
    #[must_use]
    pub fn account(&self) -> Option<crate::AccountId> {
        self.kind()?;
        let body = self.0.get(4..).filter(|body| body.len() == 16)?;
        let mut bits: u128 = 0;
        for byte in body.bytes() {
            let digit = BASE32.iter().position(|b| *b == byte)?;
            bits = (bits << 5) | digit as u128;
        }
        let number = u64::try_from((bits >> 39) & 0xff_ffff_ffff).ok()?;
        (number < 1_000_000_000_000).then(|| crate::AccountId::from_number(number))
    }

    /// Long-term or temporary, where the prefix says so.
    #[must_use]
    pub fn kind(&self) -> Option<AccessKeyKind> {
        if self.0.starts_with("AKIA") {
            Some(AccessKeyKind::LongTerm)
        } else if self.0.starts_with("ASIA") {
            Some(AccessKeyKind::Temporary)
        } else {
            None
        }
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

string_newtype!(AccessKeyId);

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn is_id_byte(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit()
}

/// Appends the lowest `5 * digits` bits, highest first.
fn with_base32(prefix: &str, bits: u128, digits: u32) -> CompactString {
    let mut text = String::with_capacity(24);
    text.push_str(prefix);
    for at in (0..digits).rev() {
        let digit = usize::try_from((bits >> (5 * at)) & 31).unwrap_or(0);
        text.push(char::from(BASE32.get(digit).copied().unwrap_or(b'A')));
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AccountId;

    #[test]
    fn a_unique_id_has_its_prefix_and_twenty_one_characters() {
        let id = UniqueId::from_random(IdPrefix::User, u128::MAX);
        assert_eq!(id.as_str(), "AIDA77777777777777777");
        assert_eq!(UniqueId::parse(id.as_str()).unwrap(), id);
    }

    #[test]
    fn an_access_key_id_carries_its_account() {
        let account = AccountId::parse("581039954779").unwrap();
        for random in [0, 1, u64::MAX, 0x1234_5678_9abc_def0] {
            let id = AccessKeyId::from_random(AccessKeyKind::LongTerm, account, random);
            assert_eq!(id.as_str().len(), 20);
            assert_eq!(id.account(), Some(account));
            assert_eq!(id.kind(), Some(AccessKeyKind::LongTerm));
        }
        // A key id of AWS's own, from public write-ups of the encoding.
        let aws = AccessKeyId::parse("ASIAQNZGKIQY56JQ7WML").unwrap();
        assert_eq!(aws.account().unwrap().as_str(), "029608264753");
    }

    #[test]
    fn an_unknown_shape_tells_no_account() {
        assert_eq!(AccessKeyId::parse("AAAAAAAAAAAAAAAAAAAA").unwrap().account(), None);
        assert!(AccessKeyId::parse("short").is_err());
    }
}
