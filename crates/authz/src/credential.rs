//! Credentials: from an access key id, and perhaps a session token, to a secret and a caller.

use std::sync::Arc;

use directory::{AccessKey, AccessKeyKey, EntityKey, KeyStatus, KeyUsage, Role, RoleUsage, User};
use jiff::Timestamp;
use store::Snapshot;
use store::seal::{Purpose, Sealed};
use types::{AccessKeyId, AccessKeyKind, Region, Secret};

use crate::caller::{Caller, Credential, Identity};
use crate::keys::Origin;
use crate::session::{Session, Subject};
use crate::{Authorizer, Failure};

/// Someone who claims an identity: the signature must still be checked with the secret.
#[derive(Debug)]
pub struct Candidate {
    /// Who it is if the signature is right.
    pub caller: Caller,
    /// The secret access key.
    pub secret: Arc<Secret>,
}

/// Why a credential is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CredentialRefused {
    /// No such access key, or no such user or role any more, or a session token that is not ours or not for this
    /// key (AWS: `InvalidClientTokenId`).
    #[error("the security token included in the request is invalid")]
    Unknown,
    /// The access key is inactive; the answer on the wire is that of [`Self::Unknown`].
    #[error("the access key is inactive")]
    Inactive,
    /// The session is over (AWS: `ExpiredToken`).
    #[error("the security token included in the request is expired")]
    Expired,
    /// The session, or credentials that led to it, were revoked; the answer on the wire is that of
    /// [`Self::Unknown`].
    #[error("the session was revoked")]
    Revoked,
}

impl Authorizer {
    /// Looks up who claims to make a request. What is read joins the snapshot's footprint.
    pub async fn candidate(
        &self,
        snapshot: &Snapshot,
        id: &AccessKeyId,
        token: Option<&str>,
        now: Timestamp,
    ) -> Result<Result<Candidate, CredentialRefused>, Failure> {
        match (id.kind(), token) {
            (Some(AccessKeyKind::Temporary), Some(token)) => self.temporary(snapshot, id, token, now).await,
            (Some(AccessKeyKind::Temporary), None) | (_, Some(_)) => Ok(Err(CredentialRefused::Unknown)),
            (_, None) => self.long_term(snapshot, id).await,
        }
    }

    async fn long_term(
        &self,
        snapshot: &Snapshot,
        id: &AccessKeyId,
    ) -> Result<Result<Candidate, CredentialRefused>, Failure> {
        let Some(key) = snapshot.get::<AccessKey>(&AccessKeyKey(id.clone())).await? else {
            return Ok(Err(CredentialRefused::Unknown));
        };
        if key.status == KeyStatus::Inactive {
            return Ok(Err(CredentialRefused::Inactive));
        }
        let identity = match &key.user {
            None => Identity::Root,
            Some(user) => match snapshot.get::<User>(&EntityKey::new(key.owner, user.clone())).await? {
                Some(user) => Identity::User(user),
                None => return Ok(Err(CredentialRefused::Unknown)),
            },
        };
        let Some(secret) = self.secret_of(snapshot, id).await? else {
            return Ok(Err(CredentialRefused::Unknown));
        };
        let credential = Credential::LongTerm(id.clone());
        Ok(Ok(Candidate { caller: Caller { owner: key.owner, identity, credential }, secret }))
    }

    async fn temporary(
        &self,
        snapshot: &Snapshot,
        id: &AccessKeyId,
        token: &str,
        now: Timestamp,
    ) -> Result<Result<Candidate, CredentialRefused>, Failure> {
        let opened = self.tokens().open(id.as_str().as_bytes(), token);
        let Ok(session) = opened.map_err(drop).and_then(|bytes| Session::from_bytes(&bytes).map_err(drop))
        else {
            return Ok(Err(CredentialRefused::Unknown));
        };
        if session.expires <= now {
            return Ok(Err(CredentialRefused::Expired));
        }
        if self.is_revoked(snapshot, &session).await? {
            return Ok(Err(CredentialRefused::Revoked));
        }
        let owner = session.owner;
        let identity = match &session.subject {
            Subject::Root => Identity::Root,
            Subject::User(user) => match snapshot.get::<User>(&EntityKey::new(owner, user.clone())).await? {
                Some(user) => Identity::User(user),
                None => return Ok(Err(CredentialRefused::Unknown)),
            },
            Subject::Federated { issuer: None, name } => {
                Identity::Federated { issuer: None, name: name.clone() }
            }
            Subject::Federated { issuer: Some(user), name } => {
                match snapshot.get::<User>(&EntityKey::new(owner, user.clone())).await? {
                    Some(user) => Identity::Federated { issuer: Some(user), name: name.clone() },
                    None => return Ok(Err(CredentialRefused::Unknown)),
                }
            }
            Subject::Role { id, session, .. } => {
                match snapshot.get::<Role>(&EntityKey::new(owner, id.clone())).await? {
                    Some(role) => Identity::Role { role, session: session.clone() },
                    None => return Ok(Err(CredentialRefused::Unknown)),
                }
            }
        };
        let secret = Arc::new(session.secret.clone());
        let credential = Credential::Temporary(Arc::new(session));
        Ok(Ok(Candidate { caller: Caller { owner, identity, credential }, secret }))
    }

    /// The secret access key of a long-term key, opened once and kept while it is in use.
    async fn secret_of(&self, snapshot: &Snapshot, id: &AccessKeyId) -> Result<Option<Arc<Secret>>, Failure> {
        let Some(sealed) = snapshot.secret(AccessKey::SECRET, id.as_str()).await? else { return Ok(None) };
        if let Some((known, secret)) = self.secrets.get(id)
            && known == sealed
        {
            return Ok(Some(secret));
        }
        let parsed: Sealed = sealed.parse().map_err(|_| unreadable(id))?;
        let opened = self
            .keyring
            .unseal(Purpose::SECRET_ACCESS_KEY, id.as_str().as_bytes(), &parsed)
            .map_err(|_| unreadable(id))?;
        let text = String::from_utf8(opened.to_vec()).map_err(|_| unreadable(id))?;
        let secret = Arc::new(Secret::new(text));
        self.secrets.insert(id.clone(), (sealed, Arc::clone(&secret)));
        Ok(Some(secret))
    }
}

impl Authorizer {
    /// Notes that a caller's credentials were used for a service. Uses of one key for one service within a minute
    /// are noted once.
    pub fn note_use(&self, caller: &Caller, origin: &Origin, service: &'static str) {
        let minute = origin.at.as_second() / 60;
        let id = caller.access_key_id();
        if self.uses.get(id) == Some((minute, service)) {
            return;
        }
        self.uses.insert(id.clone(), (minute, service));
        let region =
            origin.region.as_ref().map_or(caller.owner.partition.default_region(), Region::as_str).to_owned();
        let noted = match (&caller.credential, &caller.identity) {
            (Credential::LongTerm(id), _) => {
                let usage = KeyUsage { at: origin.at, service: service.to_owned(), region };
                serde_json::to_string(&usage).map(|json| (KeyUsage::KIND, id.to_string(), json))
            }
            (Credential::Temporary(_), Identity::Role { role, .. }) => {
                let usage = RoleUsage { at: origin.at, region };
                serde_json::to_string(&usage)
                    .map(|json| (RoleUsage::KIND, store::Record::key(&**role).to_string(), json))
            }
            _ => return,
        };
        // A timestamp and two names always print.
        if let Ok((kind, key, json)) = noted {
            self.store.note(kind, &key, json);
        }
    }
}

fn unreadable(id: &AccessKeyId) -> Failure {
    Failure::Unreadable(format!(
        "the secret of access key `{id}` does not open; is this the right master key?"
    ))
}
