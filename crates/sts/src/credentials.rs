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
    seal_to_size(cx, session, None)
}

/// Seals a session into credentials whose token has at least so many bytes: for clients that want to see early whether
/// they can carry larger ones.
pub(crate) fn seal_to_size(cx: &Context<'_>, session: &Session, least: Option<i32>) -> Result<Credentials> {
    let least = least.map_or(0, |least| usize::try_from(least).unwrap_or_default());
    let mut bytes = session.to_bytes().map_err(Error::internal)?;
    let token = loop {
        let token = cx.authorizer().tokens().seal(session.access_key_id.as_str().as_bytes(), &bytes);
        let token = token.map_err(Error::internal)?;
        match least.saturating_sub(token.len()) {
            0 => break token,
            // What follows a session's own bytes is passed over when it is read; a token's text has four characters for
            // three bytes.
            short => bytes.resize(bytes.len().saturating_add(short.div_ceil(4).saturating_mul(3)), 0),
        }
    };
    Ok(Credentials {
        access_key_id: session.access_key_id.to_string(),
        secret_access_key: session.secret.expose().to_owned(),
        session_token: token,
        expiration: session.expires,
    })
}

/// How many bytes a session token has.
pub(crate) fn token_size(credentials: &Credentials) -> Option<i32> {
    i32::try_from(credentials.session_token.len()).ok()
}

/// How much of the longest session token one takes, in percent, rounded up.
pub(crate) fn token_utilization(credentials: &Credentials) -> Option<i32> {
    let percent = credentials.session_token.len().saturating_mul(100).div_ceil(LONGEST_TOKEN);
    i32::try_from(percent.min(100)).ok()
}

/// The longest session token, in bytes (AWS: "AssumeRole", `MinimumSessionTokenSize`).
const LONGEST_TOKEN: usize = 4_096;
