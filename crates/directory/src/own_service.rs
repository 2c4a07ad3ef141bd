//! Services of an account's own.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use policy::ServiceDefinition;
use serde::{Deserialize, Serialize};
use store::{IndexEntry, IndexSpec, Record, RecordKey};
use types::Owner;

/// A service that an account has registered: one that AWS does not have. What it defines is told beside decisions and
/// checked in policies; it takes part in no decision.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OwnService {
    /// The account.
    pub owner: Owner,
    /// The part of its actions before the colon.
    pub name: String,
    /// Its definition.
    pub definition: DefinitionText,
    /// When it was registered, or defined anew.
    pub registered: Timestamp,
}

/// The text of a definition that was read, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DefinitionText(Arc<str>);

/// The key of an own service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnServiceKey {
    /// The account.
    pub owner: Owner,
    /// The name, in small letters.
    pub name: String,
}

impl OwnService {
    /// The services of an account, by name; partition: the account.
    pub const BY_ACCOUNT: IndexSpec = IndexSpec::shared("own-service/by-account");
    /// So many services of its own an account may have.
    pub const MOST: usize = 50;

    /// A service as it is defined.
    #[must_use]
    pub fn new(owner: Owner, definition: &ServiceDefinition, registered: Timestamp) -> Self {
        let name = definition.service().prefix().to_owned();
        Self { owner, name, definition: DefinitionText(definition.text().into()), registered }
    }
}

impl DefinitionText {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl OwnServiceKey {
    /// The key of the service of that name, whatever its case.
    #[must_use]
    pub fn new(owner: Owner, name: &str) -> Self {
        Self { owner, name: name.to_ascii_lowercase() }
    }
}

impl std::fmt::Display for OwnServiceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

impl RecordKey for OwnServiceKey {
    fn path(&self) -> Cow<'_, str> {
        self.to_string().into()
    }

    fn parse_path(path: &str) -> Option<Self> {
        let (owner, name) = path.split_once('/')?;
        Some(Self::new(Owner::parse(owner).ok()?, name))
    }
}

impl Record for OwnService {
    const KIND: &'static str = "own-service";
    const INDEXES: &'static [IndexSpec] = &[Self::BY_ACCOUNT];
    type Key = OwnServiceKey;

    fn key(&self) -> OwnServiceKey {
        OwnServiceKey::new(self.owner, &self.name)
    }

    fn entries(&self) -> Vec<IndexEntry> {
        vec![Self::BY_ACCOUNT.entry(self.owner.to_string(), self.name.clone())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_keeps_the_text_and_is_found_whatever_the_case_of_its_name() {
        let text = r#"{ "Name": "shop",  "Actions": [{"Name": "Buy"}]}"#;
        let definition = ServiceDefinition::parse(text).unwrap();
        let owner = Owner::parse("aws:123456789012").unwrap();
        let shop = OwnService::new(owner, &definition, Timestamp::UNIX_EPOCH);
        assert_eq!((shop.name.as_str(), shop.definition.as_str()), ("shop", text));
        assert_eq!(shop.key(), OwnServiceKey::new(owner, "Shop"));
        assert_eq!(OwnServiceKey::parse_path(&shop.key().path()), Some(shop.key()));
        assert_eq!(OwnServiceKey::parse_path("shop"), None);
    }
}
