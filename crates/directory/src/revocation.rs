//! Sessions that are over before their time.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::{IndexEntry, IndexSpec, Record};
use types::{AccessKeyId, Owner, UniqueId};

use crate::account::AccountKey;

/// The revocations of an account that still matter: one record, which every verification of a session reads.
///
/// It stays small: a revocation goes once every session that it could bind has ended by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocations {
    /// The account.
    pub owner: Owner,
    /// The revocations, in the order of what they revoke; at most one for each.
    entries: Vec<Revocation>,
}

/// One revocation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// Whose sessions.
    pub of: Revoked,
    /// Sessions that were issued at this moment or before are over.
    pub before: Timestamp,
}

/// Whose sessions are revoked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Revoked {
    /// All of the account.
    Everyone,
    /// The root user's.
    Root,
    /// Those of a user or a role, by its unique id, and those that were made with them.
    Principal(UniqueId),
    /// The session with this temporary key, or those that were made with this key, and all that were made with those.
    Key(AccessKeyId),
}

/// Credentials that led to others: with which a session was made or a delegation approved, itself or on the way to it.
/// Whoever revokes one of them revokes what they led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ancestor {
    /// The account of whom they are.
    pub owner: Owner,
    /// The user or role; the root user where there is none.
    pub principal: Option<UniqueId>,
    /// The access key.
    pub key: AccessKeyId,
    /// When they were issued, in milliseconds since 1970; for a long-term key, when it made the next.
    pub issued: i64,
}

impl Revocations {
    /// How many an account can have at a time.
    pub const MOST: usize = 1000;

    /// None yet.
    #[must_use]
    pub fn none(owner: Owner) -> Self {
        Self { owner, entries: Vec::new() }
    }

    /// Whether credentials of a principal (the root user where it is `None`) are over that were issued then.
    #[must_use]
    pub fn bind(&self, principal: Option<&UniqueId>, key: &AccessKeyId, issued: Timestamp) -> bool {
        if self.entries.is_empty() {
            return false;
        }
        let principal = principal.cloned().map_or(Revoked::Root, Revoked::Principal);
        [Revoked::Everyone, principal, Revoked::Key(key.clone())]
            .iter()
            .filter_map(|of| self.of(of))
            .any(|revocation| issued <= revocation.before)
    }

    /// Adds a revocation, and drops those that bind nobody any more. False, and nothing added, if there are too many.
    #[must_use]
    pub fn add(&mut self, of: Revoked, before: Timestamp) -> bool {
        let over = before.checked_sub(LONGEST_SESSION).unwrap_or(Timestamp::MIN);
        self.entries.retain(|revocation| revocation.before > over);
        match self.entries.binary_search_by(|known| known.of.cmp(&of)) {
            Ok(at) => {
                if let Some(known) = self.entries.get_mut(at) {
                    known.before = known.before.max(before);
                }
            }
            Err(_) if self.entries.len() >= Self::MOST => return false,
            Err(at) => self.entries.insert(at, Revocation { of, before }),
        }
        true
    }

    /// All of them.
    #[must_use]
    pub fn entries(&self) -> &[Revocation] {
        &self.entries
    }

    fn of(&self, of: &Revoked) -> Option<&Revocation> {
        let at = self.entries.binary_search_by(|known| known.of.cmp(of)).ok()?;
        self.entries.get(at)
    }
}

impl std::fmt::Display for Revoked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Everyone => f.write_str("everyone"),
            Self::Root => f.write_str("root"),
            Self::Principal(id) => id.fmt(f),
            Self::Key(id) => id.fmt(f),
        }
    }
}

impl Record for Revocations {
    const KIND: &'static str = "revocations";
    const INDEXES: &'static [IndexSpec] = &[];
    type Key = AccountKey;

    fn key(&self) -> AccountKey {
        AccountKey(self.owner)
    }

    fn entries(&self) -> Vec<IndexEntry> {
        Vec::new()
    }
}

/// The longest that a session may last (AWS: GetSessionToken, GetFederationToken).
const LONGEST_SESSION: SignedDuration = SignedDuration::from_hours(36);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn key(number: usize) -> AccessKeyId {
        AccessKeyId::parse(&format!("ASIA{number:016}")).unwrap()
    }

    fn none() -> Revocations {
        Revocations::none(Owner::parse("aws:123456789012").unwrap())
    }

    #[test]
    fn a_revocation_binds_what_it_names_and_only_what_was_issued_by_then() {
        let mut revocations = none();
        let id = UniqueId::parse("AROA77777777777777777").unwrap();
        assert!(revocations.add(Revoked::Principal(id.clone()), at(100)));
        assert!(revocations.bind(Some(&id), &key(1), at(100)));
        assert!(!revocations.bind(Some(&id), &key(1), at(101)));
        assert!(!revocations.bind(None, &key(1), at(100)));
        assert!(revocations.add(Revoked::Key(key(2)), at(100)));
        assert!(revocations.bind(None, &key(2), at(50)));
        assert!(revocations.add(Revoked::Root, at(110)));
        assert!(revocations.bind(None, &key(3), at(105)));
        assert!(revocations.add(Revoked::Everyone, at(120)));
        assert!(revocations.bind(Some(&id), &key(4), at(120)));
    }

    #[test]
    fn an_older_revocation_takes_nothing_from_a_newer_one() {
        let mut revocations = none();
        assert!(revocations.add(Revoked::Everyone, at(100)) && revocations.add(Revoked::Everyone, at(90)));
        assert_eq!(revocations.entries().len(), 1);
        assert!(revocations.bind(None, &key(1), at(100)));
    }

    #[test]
    fn what_binds_nobody_any_more_goes_and_there_are_never_too_many() {
        let mut revocations = none();
        for number in 0..Revocations::MOST {
            assert!(revocations.add(Revoked::Key(key(number)), at(1000)));
        }
        assert!(!revocations.add(Revoked::Key(key(5000)), at(1000)));
        assert!(revocations.add(Revoked::Everyone, at(1000 + 36 * 3600)));
        assert_eq!(revocations.entries().len(), 1);
    }
}
