//! Reports of what was last accessed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{IndexEntry, IndexSpec, Record, RecordKey};
use types::{Arn, Owner, UniqueId};

use crate::entity::GranteeKind;

/// What a user, a group's members, a role or a policy's holders last accessed, as it was when the report was made
/// (AWS: GetServiceLastAccessedDetails).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessReport {
    /// The account.
    pub owner: Owner,
    /// The job's id, a UUID.
    pub job: String,
    /// Who asked for it, by `aws:userid`.
    pub requester: String,
    /// When it was asked for.
    pub created: Timestamp,
    /// Whether the report goes down to actions.
    pub granularity: Granularity,
    /// What could be accessed, by service namespace.
    pub services: BTreeMap<String, ServiceAccess>,
    /// The users and roles that it is about.
    pub entities: Vec<EntityAccess>,
}

/// How far down a report goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Granularity {
    /// To services.
    Service,
    /// To actions.
    Action,
}

/// A service of a report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceAccess {
    /// How many users and roles attempted to access it.
    #[serde(default)]
    pub entities: u32,
    /// The last attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<LastAccess>,
    /// The last attempt at each action that was attempted, by the action's name. Only where the report goes down to
    /// actions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub actions: BTreeMap<String, LastAccess>,
    /// The actions that could be accessed and were not. Only where others of the service were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unused: Vec<String>,
}

/// An attempt to access something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastAccess {
    /// When.
    pub at: Timestamp,
    /// The user or role.
    pub entity: Arn,
    /// In which region.
    pub region: String,
}

/// A user or role of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityAccess {
    /// What it is.
    pub kind: GranteeKind,
    /// Its unique id.
    pub id: UniqueId,
    /// When it last attempted to access each service, by service namespace.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub services: BTreeMap<String, Timestamp>,
}

impl AccessReport {
    /// An account's reports by the time at which they were asked for; partition: the account.
    pub const BY_TIME: IndexSpec = IndexSpec::shared("access-report/by-time");
}

/// The key of a report: account and job id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccessReportKey {
    /// The account.
    pub owner: Owner,
    /// The job's id.
    pub job: String,
}

impl std::fmt::Display for AccessReportKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.owner, self.job)
    }
}

impl RecordKey for AccessReportKey {
    fn path(&self) -> Cow<'_, str> {
        self.to_string().into()
    }

    fn parse_path(path: &str) -> Option<Self> {
        let (owner, job) = path.split_once('/')?;
        Some(Self { owner: Owner::parse(owner).ok()?, job: job.to_owned() })
    }
}

impl Record for AccessReport {
    const KIND: &'static str = "access-report";
    const INDEXES: &'static [IndexSpec] = &[Self::BY_TIME];
    type Key = AccessReportKey;

    fn key(&self) -> AccessReportKey {
        AccessReportKey { owner: self.owner, job: self.job.clone() }
    }

    fn entries(&self) -> Vec<IndexEntry> {
        vec![Self::BY_TIME.entry(self.owner.to_string(), format!("{:012}", self.created.as_second()))]
    }
}
