//! Names and paths of IAM's entities.

use compact_str::CompactString;

use crate::{Invalid, string_newtype};

/// A name of `[\w+=,.@-]` between two lengths; keeps the case that it was given.
macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $kind:literal, $min:literal..=$max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(CompactString);

        impl $type {
            /// Parses the name.
            pub fn parse(text: &str) -> Result<Self, Invalid> {
                if !($min..=$max).contains(&text.len()) {
                    let reason = concat!("must have ", stringify!($min), " to ", stringify!($max), " characters");
                    return Err(Invalid::new($kind, text, reason));
                }
                if !text.bytes().all(is_name_byte) {
                    return Err(Invalid::new($kind, text, "letters, digits and _+=,.@- only"));
                }
                Ok(Self(text.into()))
            }

            /// The name with its case.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The name in small letters, under which it is unique: names that differ in case alone are one.
            #[must_use]
            pub fn folded(&self) -> String {
                self.0.as_str().to_ascii_lowercase()
            }
        }

        string_newtype!($type);
    };
}

name!(
    /// A user's name: 1 to 64 characters (AWS: "IAM and AWS STS quotas").
    UserName, "user name", 1..=64
);
name!(
    /// A group's name: 1 to 128 characters.
    GroupName, "group name", 1..=128
);
name!(
    /// A role's name: 1 to 64 characters.
    RoleName, "role name", 1..=64
);
name!(
    /// The name of a managed or inline policy: 1 to 128 characters.
    PolicyName, "policy name", 1..=128
);
name!(
    /// An instance profile's name: 1 to 128 characters.
    InstanceProfileName, "instance profile name", 1..=128
);
name!(
    /// A server certificate's name: 1 to 128 characters.
    ServerCertificateName, "server certificate name", 1..=128
);
name!(
    /// A role session's name: 2 to 64 characters (AWS: AssumeRole).
    RoleSessionName, "role session name", 2..=64
);
name!(
    /// A source identity: 2 to 64 characters (AWS: AssumeRole).
    SourceIdentity, "source identity", 2..=64
);

name!(
    /// A federated user's name: 2 to 32 characters (AWS: GetFederationToken).
    FederatedUserName, "federated user name", 2..=32
);

/// A path: `/`, or text between slashes, up to 512 characters of U+0021–U+007E
/// (AWS: "IAM identifiers", friendly names and paths).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(CompactString);

impl Path {
    /// The path `/`, which an entity has when none is given.
    #[must_use]
    pub fn root() -> Self {
        Self(CompactString::const_new("/"))
    }

    /// Parses a path that begins and ends with a slash.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if !(1..=512).contains(&text.len()) {
            return Err(Invalid::new("path", text, "must have 1 to 512 characters"));
        }
        if !text.starts_with('/') || !text.ends_with('/') {
            return Err(Invalid::new("path", text, "must begin and end with `/`"));
        }
        if !text.bytes().all(|b| (0x21..=0x7e).contains(&b)) {
            return Err(Invalid::new("path", text, "printable ASCII without spaces only"));
        }
        Ok(Self(text.into()))
    }

    /// The path with its slashes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Path {
    fn default() -> Self {
        Self::root()
    }
}

string_newtype!(Path);

/// An account's alias: 3 to 63 of `a-z0-9` and single hyphens inside, and not 12 digits
/// (AWS: CreateAccountAlias).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountAlias(CompactString);

impl AccountAlias {
    /// Parses an alias.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid = |reason| Err(Invalid::new("account alias", text, reason));
        if !(3..=63).contains(&text.len()) {
            return invalid("must have 3 to 63 characters");
        }
        if !text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            return invalid("lower-case letters, digits and hyphens only");
        }
        if text.starts_with('-') || text.ends_with('-') || text.contains("--") {
            return invalid("hyphens stand singly and inside");
        }
        if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
            return invalid("looks like an account id");
        }
        Ok(Self(text.into()))
    }

    /// The alias.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

string_newtype!(AccountAlias);

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_at_their_limits() {
        assert!(UserName::parse(&"u".repeat(64)).is_ok());
        assert!(UserName::parse(&"u".repeat(65)).is_err());
        assert!(UserName::parse("").is_err());
        assert!(GroupName::parse(&"g".repeat(128)).is_ok());
        assert!(RoleSessionName::parse("a").is_err());
    }

    #[test]
    fn a_name_keeps_its_case_and_folds_for_uniqueness() {
        let name = UserName::parse("Alice+x@b.c").unwrap();
        assert_eq!(name.as_str(), "Alice+x@b.c");
        assert_eq!(name.folded(), "alice+x@b.c");
    }

    #[test]
    fn a_name_with_a_slash_or_a_letter_beyond_ascii_is_refused() {
        for bad in ["a/b", "ä", "a b", "a:b", "a\n"] {
            assert!(UserName::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_path_stands_between_slashes() {
        for good in ["/", "/a/", "/a/b!~/"] {
            assert!(Path::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "a/", "/a", "/a b/", "/ä/"] {
            assert!(Path::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_alias_is_not_an_account_id() {
        assert!(AccountAlias::parse("my-company").is_ok());
        for bad in ["ab", "-abc", "abc-", "a--b", "ABC", "123456789012"] {
            assert!(AccountAlias::parse(bad).is_err(), "{bad}");
        }
    }
}
