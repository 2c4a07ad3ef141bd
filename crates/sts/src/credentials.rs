//! Making temporary credentials.

use api::sts::types::Credentials;
use authz::{Session, SessionKind, Subject};
use jiff::{SignedDuration, Timestamp};
use service::{Context, Error, Result};
use types::{AccessKeyKind, Owner};

/// A session that starts now and has no restrictions yet.
pub(crate) fn session(cx: &Context<'_>, owner: Owner, subject: Subject, seconds: i32) -> Result<Session> {
    let issued = Timestamp::from_millisecond(cx.now().as_millisecond()).map_err(Error::internal)?;
    let whole = Timestamp::from_second(issued.as_second()).map_err(Error::internal)?;
    let expires =
        whole.checked_add(SignedDuration::from_secs(i64::from(seconds))).map_err(Error::internal)?;
    Ok(Session {
        owner,
        subject,
        access_key_id: cx.ids().access_key_id(AccessKeyKind::Temporary, owner.account)?,
        secret: cx.ids().secret_access_key()?,
        issued,
        expires,
        policy: None,
        policy_arns: Vec::new(),
        tags: Default::default(),
        transitive: Vec::new(),
        source_identity: None,
        mfa: None,
        lineage: cx.signed_caller().map(|caller| caller.lineage(cx.now())).unwrap_or_default(),
        kind: SessionKind::Token,
        federation: None,
    })
}

/// Seals a session into the credentials that the client gets.
pub(crate) fn seal(cx: &Context<'_>, session: &Session) -> Result<Credentials> {
    let bytes = session.to_bytes().map_err(Error::internal)?;
    let token = cx.authorizer().tokens().seal(session.access_key_id.as_str().as_bytes(), &bytes);
    Ok(Credentials {
        access_key_id: session.access_key_id.to_string(),
        secret_access_key: session.secret.expose().to_owned(),
        session_token: token.map_err(Error::internal)?,
        expiration: session.expires,
    })
}
