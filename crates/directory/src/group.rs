//! Groups and who is in them.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{IndexEntry, IndexSpec, Record, RecordKey};
use types::{GroupName, Owner, Path, UniqueId};

use crate::entity::{EntityKey, Grantee, GranteeKind, Named, named};

/// A group: policies that a number of users share. A group is never a principal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Group {
    /// Its account.
    pub owner: Owner,
    /// Its unique id, `AGPA…`.
    pub id: UniqueId,
    /// Its name.
    pub name: GroupName,
    /// Its path.
    pub path: Path,
    /// When it was made.
    pub created: Timestamp,
}

impl Group {
    /// The group as a holder of policies.
    #[must_use]
    pub fn grantee(&self) -> Grantee {
        Grantee { owner: self.owner, kind: GranteeKind::Group, id: self.id.clone() }
    }
}

named!(Group, resource "group", indexes "group/by-name" "group/by-path");

impl Record for Group {
    const KIND: &'static str = "group";
    const INDEXES: &'static [IndexSpec] = &[Self::BY_NAME, Self::BY_PATH];
    type Key = EntityKey;

    fn key(&self) -> EntityKey {
        EntityKey::new(self.owner, self.id.clone())
    }

    fn entries(&self) -> Vec<IndexEntry> {
        self.name_entries()
    }
}

/// A user's membership of a group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Membership {
    /// The account of both.
    pub owner: Owner,
    /// The user.
    pub user: UniqueId,
    /// The group.
    pub group: UniqueId,
}

impl Membership {
    /// The groups of a user; partition: account and user id.
    pub const BY_USER: IndexSpec = IndexSpec::shared("membership/by-user");
    /// The users of a group; partition: account and group id.
    pub const BY_GROUP: IndexSpec = IndexSpec::shared("membership/by-group");
}

/// The key of a membership: account, user, group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MembershipKey {
    /// The account of both.
    pub owner: Owner,
    /// The user.
    pub user: UniqueId,
    /// The group.
    pub group: UniqueId,
}

impl std::fmt::Display for MembershipKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.owner, self.user, self.group)
    }
}

impl RecordKey for MembershipKey {
    fn path(&self) -> Cow<'_, str> {
        self.to_string().into()
    }

    fn parse_path(path: &str) -> Option<Self> {
        let mut parts = path.split('/');
        let owner = Owner::parse(parts.next()?).ok()?;
        let user = UniqueId::parse(parts.next()?).ok()?;
        let group = UniqueId::parse(parts.next()?).ok()?;
        parts.next().is_none().then_some(Self { owner, user, group })
    }
}

impl Record for Membership {
    const KIND: &'static str = "membership";
    const INDEXES: &'static [IndexSpec] = &[Self::BY_USER, Self::BY_GROUP];
    type Key = MembershipKey;

    fn key(&self) -> MembershipKey {
        MembershipKey { owner: self.owner, user: self.user.clone(), group: self.group.clone() }
    }

    fn entries(&self) -> Vec<IndexEntry> {
        let (user, group) = (self.user.as_str(), self.group.as_str());
        vec![
            Self::BY_USER.entry(format!("{}/{user}", self.owner), group.to_owned()),
            Self::BY_GROUP.entry(format!("{}/{group}", self.owner), user.to_owned()),
        ]
    }
}
