//! Who makes a request.

use std::sync::Arc;

use directory::{Named, Role, User};
use types::{AccessKeyId, Arn, FederatedUserName, Owner, RoleSessionName};

use crate::session::Session;

/// An authenticated caller: an identity of an account and the credential that proved it.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The account.
    pub owner: Owner,
    /// Who it is there.
    pub identity: Identity,
    /// What proved it.
    pub credential: Credential,
}

/// Who a caller is in its account.
#[derive(Debug, Clone)]
pub enum Identity {
    /// The account's root user.
    Root,
    /// A user.
    User(Arc<User>),
    /// A session of a role.
    Role {
        /// The role.
        role: Arc<Role>,
        /// The session's name.
        session: RoleSessionName,
    },
    /// A session of GetFederationToken.
    Federated {
        /// The user who made it; none where the root user did.
        issuer: Option<Arc<User>>,
        /// The name that it was given.
        name: FederatedUserName,
    },
}

/// What proved a caller's identity.
#[derive(Debug, Clone)]
pub enum Credential {
    /// A long-term access key.
    LongTerm(AccessKeyId),
    /// Temporary credentials.
    Temporary(Arc<Session>),
}

impl Caller {
    /// The ARN that denial messages, GetCallerIdentity and the audit log show: for a role, the session's.
    #[must_use]
    pub fn arn(&self) -> Arn {
        match &self.identity {
            Identity::Root => self.owner.root_arn(),
            Identity::User(user) => user.arn(),
            Identity::Role { role, session } => {
                self.owner.sts_arn_of(&["assumed-role/", role.name.as_str(), "/", session.as_str()])
            }
            Identity::Federated { name, .. } => self.owner.sts_arn(&format!("federated-user/{name}")),
        }
    }

    /// The ARN under `aws:PrincipalArn`: for a role, the role's and not the session's.
    #[must_use]
    pub fn principal_arn(&self) -> Arn {
        match &self.identity {
            Identity::Role { role, .. } => role.arn(),
            _ => self.arn(),
        }
    }

    /// The id under `aws:userid`: the unique id, `AROA…:SESSION` for a role, the account id for root.
    #[must_use]
    pub fn user_id(&self) -> String {
        match &self.identity {
            Identity::Root => self.owner.account.to_string(),
            Identity::User(user) => user.id.to_string(),
            Identity::Role { role, session } => format!("{}:{session}", role.id),
            Identity::Federated { name, .. } => format!("{}:{name}", self.owner.account),
        }
    }

    /// The value of `aws:PrincipalType` (AWS: "IAM policy elements: Variables and tags").
    #[must_use]
    pub fn principal_type(&self) -> &'static str {
        match &self.identity {
            Identity::Root => "Account",
            Identity::User(_) => "User",
            Identity::Role { .. } => "AssumedRole",
            Identity::Federated { .. } => "FederatedUser",
        }
    }

    /// The access key that signed the request.
    #[must_use]
    pub fn access_key_id(&self) -> &AccessKeyId {
        match &self.credential {
            Credential::LongTerm(id) => id,
            Credential::Temporary(session) => &session.access_key_id,
        }
    }

    /// The session, where the credentials are temporary.
    #[must_use]
    pub fn session(&self) -> Option<&Session> {
        match &self.credential {
            Credential::LongTerm(_) => None,
            Credential::Temporary(session) => Some(session),
        }
    }

    /// The user, where the caller is one.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        match &self.identity {
            Identity::User(user) => Some(user),
            _ => None,
        }
    }

    /// Whether the caller is the account's root user.
    #[must_use]
    pub fn is_root(&self) -> bool {
        matches!(self.identity, Identity::Root)
    }
}
