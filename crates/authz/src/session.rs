//! Sessions: what a session token says.

use directory::Ancestor;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use types::{
    AccessKeyId, Arn, FederatedUserName, Owner, RoleName, RoleSessionName, Secret, SourceIdentity, TagKey,
    TagSet, UniqueId,
};

/// Temporary credentials and everything that binds them. A session is not kept anywhere: this is
/// sealed into the session token, which the client brings along with each request.
#[derive(Debug, Clone)]
pub struct Session {
    /// The account.
    pub owner: Owner,
    /// Who the session is.
    pub subject: Subject,
    /// The temporary access key, `ASIA…`.
    pub access_key_id: AccessKeyId,
    /// Its secret access key.
    pub secret: Secret,
    /// When the session was issued (`aws:TokenIssueTime`), in whole milliseconds.
    pub issued: Timestamp,
    /// When it ends, in whole seconds.
    pub expires: Timestamp,
    /// The inline session policy.
    pub policy: Option<String>,
    /// The managed session policies.
    pub policy_arns: Vec<Arn>,
    /// The session tags.
    pub tags: TagSet,
    /// The keys of the tags that go on to the next role in a chain.
    pub transitive: Vec<TagKey>,
    /// The source identity; once set it stays for the whole chain.
    pub source_identity: Option<SourceIdentity>,
    /// When the caller proved possession of an MFA device, if it did.
    pub mfa: Option<Timestamp>,
    /// The credentials that led to it, the oldest first. Whoever revokes one of them revokes this session too.
    pub lineage: Vec<Ancestor>,
    /// How it came about.
    pub kind: SessionKind,
    /// The identity provider that vouched for whom it is, where one did.
    pub federation: Option<FederatedOrigin>,
}

/// The identity provider behind a session, and what the session goes on carrying of its words: the keys that requests of
/// the session have (AWS: "IAM and AWS STS condition context keys", available in session).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FederatedOrigin {
    /// The provider, as trust policies name it (`aws:FederatedProvider`).
    pub provider: String,
    /// The condition keys with one value.
    pub texts: Vec<(String, String)>,
    /// The condition keys with several.
    pub lists: Vec<(String, Vec<String>)>,
}

/// How a session came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum SessionKind {
    /// By an operation of STS.
    #[default]
    Token,
    /// By a sign-in with a password: it may do what the user may do with an access key.
    Console,
    /// By the exchange of a delegation's token: the approver's, within the permissions that were approved.
    Delegated,
}

/// Who a session is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subject {
    /// The account's root user (GetSessionToken).
    Root,
    /// A user (GetSessionToken).
    User(UniqueId),
    /// A role that was assumed.
    Role {
        /// The role's unique id.
        id: UniqueId,
        /// The role's name.
        name: RoleName,
        /// The session's name.
        session: RoleSessionName,
    },
    /// A federated user (GetFederationToken).
    Federated {
        /// The user who made it; none where the root user did.
        issuer: Option<UniqueId>,
        /// The name that it was given.
        name: FederatedUserName,
    },
}

impl Session {
    /// The purpose under which session tokens are sealed.
    pub const PURPOSE: &'static str = "session-token";

    /// The session as the bytes that are sealed.
    pub fn to_bytes(&self) -> Result<Vec<u8>, SessionUnreadable> {
        let form = Form {
            owner: self.owner,
            subject: self.subject.clone(),
            access_key_id: self.access_key_id.clone(),
            secret: self.secret.expose().to_owned(),
            issued: self.issued.as_millisecond(),
            expires: self.expires.as_second(),
            policy: self.policy.clone(),
            policy_arns: self.policy_arns.clone(),
            tags: self.tags.clone(),
            transitive: self.transitive.clone(),
            source_identity: self.source_identity.clone(),
            mfa: self.mfa.map(Timestamp::as_second),
            lineage: self.lineage.clone(),
            kind: self.kind,
            federation: self.federation.clone(),
        };
        postcard::to_stdvec(&form).map_err(|_| SessionUnreadable)
    }

    /// The session in bytes that were sealed by us.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SessionUnreadable> {
        let form: Form = postcard::from_bytes(bytes).map_err(|_| SessionUnreadable)?;
        let instant = |second| Timestamp::from_second(second).map_err(|_| SessionUnreadable);
        Ok(Self {
            owner: form.owner,
            subject: form.subject,
            access_key_id: form.access_key_id,
            secret: Secret::new(form.secret),
            issued: Timestamp::from_millisecond(form.issued).map_err(|_| SessionUnreadable)?,
            expires: instant(form.expires)?,
            policy: form.policy,
            policy_arns: form.policy_arns,
            tags: form.tags,
            transitive: form.transitive,
            source_identity: form.source_identity,
            mfa: form.mfa.map(instant).transpose()?,
            lineage: form.lineage,
            kind: form.kind,
            federation: form.federation,
        })
    }

    /// The user or role whose permissions it has; none for the root user's.
    #[must_use]
    pub fn principal(&self) -> Option<&UniqueId> {
        match &self.subject {
            Subject::Root => None,
            Subject::User(id) | Subject::Role { id, .. } => Some(id),
            Subject::Federated { issuer, .. } => issuer.as_ref(),
        }
    }

    /// Whether the session was made by AssumeRole and its kind.
    #[must_use]
    pub fn is_role(&self) -> bool {
        matches!(self.subject, Subject::Role { .. })
    }
}

/// The sealed bytes are not a session of this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the session token holds no session")]
pub struct SessionUnreadable;

/// The bytes' layout. With another one the tokens that are out no longer open, and are refused like unknown ones.
#[derive(Serialize, Deserialize)]
struct Form {
    owner: Owner,
    subject: Subject,
    access_key_id: AccessKeyId,
    secret: String,
    issued: i64,
    expires: i64,
    policy: Option<String>,
    policy_arns: Vec<Arn>,
    tags: TagSet,
    transitive: Vec<TagKey>,
    source_identity: Option<SourceIdentity>,
    mfa: Option<i64>,
    lineage: Vec<Ancestor>,
    kind: SessionKind,
    federation: Option<FederatedOrigin>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_survives_its_bytes_and_hides_its_secret() {
        let session = Session {
            owner: Owner::parse("aws:123456789012").unwrap(),
            subject: Subject::Role {
                id: UniqueId::parse("AROA77777777777777777").unwrap(),
                name: RoleName::parse("deploy").unwrap(),
                session: RoleSessionName::parse("ci").unwrap(),
            },
            access_key_id: AccessKeyId::parse("ASIAQNZGKIQY56JQ7WML").unwrap(),
            secret: Secret::new("hunter2hunter2".into()),
            issued: Timestamp::from_second(1_700_000_000).unwrap(),
            expires: Timestamp::from_second(1_700_003_600).unwrap(),
            policy: Some("{}".into()),
            policy_arns: vec![Arn::parse("arn:aws:iam::aws:policy/ReadOnlyAccess").unwrap()],
            tags: TagSet::default(),
            transitive: vec![TagKey::parse("team").unwrap()],
            source_identity: None,
            mfa: None,
            lineage: vec![Ancestor {
                owner: Owner::parse("aws:123456789012").unwrap(),
                principal: None,
                key: AccessKeyId::parse("AKIAQNZGKIQY56JQ7WML").unwrap(),
                issued: 1_700_000_000_000,
            }],
            kind: SessionKind::Token,
            federation: Some(FederatedOrigin {
                provider: "accounts.google.com".into(),
                ..Default::default()
            }),
        };
        assert!(!format!("{session:?}").contains("hunter2"));
        let bytes = session.to_bytes().unwrap();
        let back = Session::from_bytes(&bytes).unwrap();
        assert_eq!(back.subject, session.subject);
        assert_eq!(back.secret.expose(), "hunter2hunter2");
        assert_eq!(back.expires, session.expires);
        assert!(back.is_role());
        assert_eq!((back.lineage, back.kind), (session.lineage, session.kind));
        assert_eq!(back.federation, session.federation);
        assert_eq!(Session::from_bytes(bytes.get(..20).unwrap()).unwrap_err(), SessionUnreadable);
    }
}
