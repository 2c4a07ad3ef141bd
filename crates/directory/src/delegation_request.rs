//! Requests for delegated access (AWS: "IAM temporary delegation").

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::{IndexEntry, IndexSpec, Record, RecordKey};
use types::{Arn, Owner, RoleName, RoleSessionName, UniqueId};

use crate::revocation::Ancestor;

/// The key of a delegation request: its id, which is unique among all accounts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DelegationRequestKey(pub String);

impl std::fmt::Display for DelegationRequestKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl RecordKey for DelegationRequestKey {
    fn path(&self) -> Cow<'_, str> {
        self.0.as_str().into()
    }

    fn parse_path(path: &str) -> Option<Self> {
        (!path.is_empty()).then(|| Self(path.to_owned()))
    }
}

/// What an account asks of another: to act there for a while, with permissions that somebody there has and approves.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DelegationRequest {
    /// Its id.
    pub id: String,
    /// The account that asks.
    pub requestor: Owner,
    /// The name of that account when it asked.
    pub requestor_name: String,
    /// What the request is on the requestor's side: unique there.
    pub workflow: String,
    /// The account that is asked, once that is known.
    pub owner_account: Option<Owner>,
    /// The ARN of whoever took the request up there.
    pub owner: Option<Arn>,
    /// Who approved it.
    pub approval: Option<Approval>,
    /// What it is for.
    pub description: String,
    /// A message with it.
    pub message: Option<String>,
    /// Where the owner goes when all is done.
    pub redirect_url: Option<String>,
    /// Where the requestor wishes to hear of it.
    pub notification_channel: String,
    /// How long the requestor may act, in seconds from when the token is released.
    pub session_seconds: i32,
    /// Whether only the owner may release the token.
    pub is_sent_by_owner_only: bool,
    /// The policy that was the template of the permissions.
    pub template: Arn,
    /// What was filled in.
    pub parameters: Vec<DelegationParameter>,
    /// The permissions, filled in.
    pub policy: String,
    /// The permissions boundaries that roles must have which the permissions let make.
    pub role_boundaries: Vec<String>,
    /// The state that was reached last; see [`Self::state_at`].
    pub state: DelegationState,
    /// When it was made.
    pub created: Timestamp,
    /// When it changed last.
    pub updated: Timestamp,
    /// What its owner noted.
    pub notes: Option<String>,
    /// Why it was rejected.
    pub rejection: Option<String>,
}

/// A parameter of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DelegationParameter {
    /// Its name.
    pub name: String,
    /// Its values.
    pub values: Vec<String>,
    /// Whether it is a list; a text otherwise.
    pub is_list: bool,
}

/// Who approved a request: in whose place the requestor acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The ARN as the audit shows it.
    pub arn: Arn,
    /// The identity.
    pub approver: Approver,
    /// The credentials with which it approved, and those that led to them, the oldest first.
    #[serde(default)]
    pub lineage: Vec<Ancestor>,
}

/// An identity that approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Approver {
    /// The root user.
    Root,
    /// A user.
    User(UniqueId),
    /// A session of a role.
    Role {
        /// The role's unique id.
        id: UniqueId,
        /// The role's name then.
        name: RoleName,
        /// The session's name.
        session: RoleSessionName,
    },
}

/// Where a request stands (AWS: "Understanding the request lifecycle").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DelegationState {
    /// Nobody has taken it up.
    Unassigned,
    /// Somebody has.
    Assigned,
    /// The owner passed it on for approval.
    PendingApproval,
    /// It was approved; the token is not released.
    Accepted,
    /// The token is released.
    Finalized,
    /// It was rejected.
    Rejected,
    /// Its time ran out.
    Expired,
}

impl DelegationState {
    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unassigned => "UNASSIGNED",
            Self::Assigned => "ASSIGNED",
            Self::PendingApproval => "PENDING_APPROVAL",
            Self::Accepted => "ACCEPTED",
            Self::Finalized => "FINALIZED",
            Self::Rejected => "REJECTED",
            Self::Expired => "EXPIRED",
        }
    }
}

impl DelegationRequest {
    /// The most characters of the permissions, white space not counted: as session policies they must fit into a session.
    pub const LONGEST_POLICY: usize = 4096;
    /// The requests of a requestor by workflow; partition: the requestor's account.
    pub const BY_WORKFLOW: IndexSpec = IndexSpec::unique("delegation-request/by-workflow");
    /// The requests that somebody of an account took up, the oldest first; partition: that account.
    pub const BY_ACCOUNT: IndexSpec = IndexSpec::shared("delegation-request/by-account");
    /// The requests that one identity took up, the oldest first; partition: its ARN.
    pub const BY_OWNER: IndexSpec = IndexSpec::shared("delegation-request/by-owner");

    /// Whether principals of an account may know of it: anybody's while no account is asked, then that account's.
    #[must_use]
    pub fn is_open_to(&self, account: Owner) -> bool {
        self.owner_account.is_none_or(|owner| owner == account)
    }

    /// Where it stands at a moment.
    #[must_use]
    pub fn state_at(&self, now: Timestamp) -> DelegationState {
        if now < self.expires() { self.state } else { DelegationState::Expired }
    }

    /// Until when it stays as it is.
    #[must_use]
    pub fn expires(&self) -> Timestamp {
        let days = if self.state == DelegationState::Unassigned { UNASSIGNED_DAYS } else { OTHER_DAYS };
        self.updated.saturating_add(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MAX)
    }

    /// Until when the requestor may act: none before the token is released.
    #[must_use]
    pub fn session_ends(&self) -> Option<Timestamp> {
        let is_released = self.state == DelegationState::Finalized;
        let length = SignedDuration::from_secs(i64::from(self.session_seconds));
        is_released.then(|| self.updated.saturating_add(length).unwrap_or(Timestamp::MAX))
    }
}

impl Record for DelegationRequest {
    const KIND: &'static str = "delegation-request";
    const INDEXES: &'static [IndexSpec] = &[Self::BY_WORKFLOW, Self::BY_ACCOUNT, Self::BY_OWNER];
    type Key = DelegationRequestKey;

    fn key(&self) -> DelegationRequestKey {
        DelegationRequestKey(self.id.clone())
    }

    fn entries(&self) -> Vec<IndexEntry> {
        let mut entries = vec![Self::BY_WORKFLOW.entry(self.requestor.to_string(), self.workflow.clone())];
        if let (Some(account), Some(owner)) = (&self.owner_account, &self.owner) {
            let sort = format!("{:020}/{}", self.created.as_millisecond(), self.id);
            entries.push(Self::BY_ACCOUNT.entry(account.to_string(), sort.clone()));
            entries.push(Self::BY_OWNER.entry(owner.as_str(), sort));
        }
        entries
    }
}

/// So long a request waits to be taken up.
const UNASSIGNED_DAYS: i64 = 1;
/// So long it stays in every other state.
const OTHER_DAYS: i64 = 7;
