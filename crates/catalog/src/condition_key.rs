//! Condition keys: what a statement may ask about a request.

use std::borrow::Cow;
use std::sync::LazyLock;

use crate::catalog::Catalog;
use crate::text::{Columns, compare, find};

/// A condition key, or a family of them whose names have a placeholder (`aws:RequestTag/${TagKey}`).
#[derive(Debug, Clone)]
pub struct ConditionKey {
    name: Cow<'static, str>,
    kind: KeyType,
    multivalued: bool,
}

/// The type of a condition key's values: it says which operators fit.
///
/// AWS: "Condition keys table" of "The Service Authorization Reference".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyType {
    /// Text.
    String,
    /// A number.
    Numeric,
    /// An instant.
    Date,
    /// `true` or `false`.
    Bool,
    /// An address or a range of them.
    IpAddress,
    /// The name of a resource.
    Arn,
    /// Bytes in base 64.
    Binary,
}

/// The condition keys that every service may see, ordered by lower-case name.
///
/// AWS: "AWS global condition context keys".
pub fn global_condition_keys() -> &'static [ConditionKey] {
    &GLOBAL
}

/// The condition key of that name, whatever its case: a global one, or one of the service its prefix names.
///
/// The keys of identity providers (`saml:sub`, `accounts.google.com:aud`) are those of `sts`.
pub fn condition_key(name: &str) -> Option<&'static ConditionKey> {
    Catalog::aws().condition_key(name)
}

impl ConditionKey {
    /// A condition key of an own service.
    pub fn own(name: &str, kind: KeyType, multivalued: bool) -> Self {
        ConditionKey { name: Cow::Owned(name.to_owned()), kind, multivalued }
    }

    /// The name as its service spells it, with its placeholder if it has one.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type of its values.
    pub fn key_type(&self) -> KeyType {
        self.kind
    }

    /// Whether a request may have several values for it, so that a statement needs `ForAllValues` or `ForAnyValue`.
    pub fn is_multivalued(&self) -> bool {
        self.multivalued
    }

    /// Whether the name has a placeholder.
    pub fn is_family(&self) -> bool {
        self.placeholder().is_some()
    }

    /// Whether this is the key of that name, or its family.
    pub fn covers(&self, name: &str) -> bool {
        match self.placeholder() {
            None => self.name.eq_ignore_ascii_case(name),
            Some((before, after)) => {
                let middle = name.len().checked_sub(before.len() + after.len());
                middle.is_some_and(|length| length > 0)
                    && name.get(..before.len()).is_some_and(|start| start.eq_ignore_ascii_case(before))
                    && name.get(name.len() - after.len()..).is_some_and(|end| end.eq_ignore_ascii_case(after))
            }
        }
    }

    /// The key of that name among those given, which are ordered by lower-case name.
    pub(crate) fn find<'a>(keys: &'a [ConditionKey], name: &str) -> Option<&'a ConditionKey> {
        find(keys, name, ConditionKey::name)
            .or_else(|| keys.iter().filter(|key| key.is_family()).find(|key| key.covers(name)))
    }

    pub(crate) fn read(mut columns: Columns) -> Self {
        let name = columns.next();
        // `cargo xtask model catalog` lets no type in that is not known.
        let (kind, multivalued) = KeyType::parse(columns.next()).unwrap_or((KeyType::String, false));
        ConditionKey { name: Cow::Borrowed(name), kind, multivalued }
    }

    /// What stands before and after `${…}` or `<…>`.
    fn placeholder(&self) -> Option<(&str, &str)> {
        let (before, rest) = self.name.split_once("${").or_else(|| self.name.split_once('<'))?;
        let (_, after) = rest.split_once(['}', '>'])?;
        Some((before, after))
    }
}

impl KeyType {
    /// All of them.
    pub const ALL: [KeyType; 7] = [
        KeyType::String,
        KeyType::Numeric,
        KeyType::Date,
        KeyType::Bool,
        KeyType::IpAddress,
        KeyType::Arn,
        KeyType::Binary,
    ];

    /// The name as AWS's reference has it.
    pub fn as_str(self) -> &'static str {
        match self {
            KeyType::String => "String",
            KeyType::Numeric => "Numeric",
            KeyType::Date => "Date",
            KeyType::Bool => "Bool",
            KeyType::IpAddress => "IPAddress",
            KeyType::Arn => "ARN",
            KeyType::Binary => "Binary",
        }
    }

    /// The type of that name, and whether it is of lists: `ArrayOfString`.
    pub fn parse(name: &str) -> Option<(Self, bool)> {
        let (name, multivalued) = name.strip_prefix("ArrayOf").map_or((name, false), |name| (name, true));
        let known = Self::ALL.into_iter().find(|kind| kind.as_str() == name)?;
        Some((known, multivalued))
    }
}

static GLOBAL: LazyLock<Vec<ConditionKey>> = LazyLock::new(|| {
    let lines = include_str!("../../../model/catalog/global-keys.txt").lines();
    let mut keys: Vec<_> = lines.map(|line| ConditionKey::read(Columns::of(line))).collect();
    keys.sort_by(|one, other| compare(&one.name, &other.name));
    keys
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services;

    #[test]
    fn every_type_in_the_facts_is_known() {
        let lines = include_str!("../../../model/catalog/services.txt")
            .lines()
            .filter_map(|line| line.strip_prefix("k\t"));
        for line in lines.chain(include_str!("../../../model/catalog/global-keys.txt").lines()) {
            let kind = line.split('\t').nth(1).unwrap();
            assert!(KeyType::parse(kind).is_some(), "{line}");
        }
    }

    #[test]
    fn global_keys_have_their_types() {
        assert_eq!(condition_key("AWS:sourceip").unwrap().key_type(), KeyType::IpAddress);
        assert_eq!(condition_key("aws:CurrentTime").unwrap().key_type(), KeyType::Date);
        assert_eq!(condition_key("aws:PrincipalArn").unwrap().key_type(), KeyType::Arn);
        assert_eq!(condition_key("aws:MultiFactorAuthAge").unwrap().key_type(), KeyType::Numeric);
        assert!(!condition_key("aws:PrincipalArn").unwrap().is_multivalued());
        assert!(condition_key("aws:PrincipalOrgPaths").unwrap().is_multivalued());
        assert!(condition_key("aws:NoSuchKey").is_none());
    }

    #[test]
    fn a_tag_key_stands_for_the_placeholder() {
        assert_eq!(condition_key("aws:requesttag/Team").unwrap().name(), "aws:RequestTag/${TagKey}");
        assert!(condition_key("aws:RequestTag/").is_none());
        assert!(condition_key("aws:RequestTag").is_none());
        assert!(condition_key("aws:ResourceTag/ключ").is_some());
        assert_eq!(condition_key("s3:ExistingObjectTag/a").unwrap().name(), "s3:ExistingObjectTag/<key>");
    }

    #[test]
    fn service_keys_and_those_of_identity_providers_are_found() {
        assert_eq!(condition_key("iam:PolicyARN").unwrap().key_type(), KeyType::Arn);
        assert!(condition_key("sts:TransitiveTagKeys").unwrap().is_multivalued());
        assert!(condition_key("saml:sub").is_some());
        assert!(condition_key("accounts.google.com:aud").is_some());
        assert!(condition_key("nonsense").is_none());
        assert!(condition_key("iam:Nonsense").is_none());
    }

    #[test]
    fn a_service_agrees_with_the_global_table_on_global_keys() {
        for service in services() {
            for key in service.condition_keys().iter().filter(|key| key.name().starts_with("aws:")) {
                let global = condition_key(key.name()).unwrap();
                assert_eq!(
                    (global.key_type(), global.is_multivalued()),
                    (key.key_type(), key.is_multivalued())
                );
            }
        }
    }
}
