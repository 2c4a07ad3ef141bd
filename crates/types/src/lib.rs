//! Names, identifiers and ARNs: every newtype of Portcullis, with its parser.
//!
//! A string becomes one of these types in one place and stays one; each type's field is
//! private and its parser is its only door.

mod account;
mod arn;
mod name;
mod partition;
mod secret;
mod tag;
mod unique_id;

pub use account::{AccountId, Owner};
pub use arn::Arn;
pub use name::{
    AccountAlias, FederatedUserName, GroupName, InstanceProfileName, Path, PolicyName, RoleName,
    RoleSessionName, ServerCertificateName, SourceIdentity, UserName,
};
pub use partition::{Partition, Region};
pub use secret::Secret;
pub use tag::{Tag, TagKey, TagSet, TagValue};
pub use unique_id::{AccessKeyId, AccessKeyKind, IdPrefix, UniqueId};

/// Why a string is not a value of the type that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is not a valid {kind}: {reason}")]
pub struct Invalid {
    /// What was expected, in the field's words: `account id`, `ARN`, `user name`.
    pub kind: &'static str,
    /// The offending text, cut to 128 characters.
    pub value: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl Invalid {
    pub(crate) fn new(kind: &'static str, value: &str, reason: &'static str) -> Self {
        Self { kind, value: value.chars().take(128).collect(), reason }
    }
}

/// The traits that every string newtype has: `Display`, `FromStr`, `AsRef<str>`, serde as a string.
macro_rules! string_newtype {
    ($type:ident) => {
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl std::str::FromStr for $type {
            type Err = crate::Invalid;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use string_newtype;
