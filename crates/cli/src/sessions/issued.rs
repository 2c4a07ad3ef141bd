//! The sessions that the audit trail knows: nothing else keeps them.

use std::collections::HashMap;

use directory::{AccountKey, Revocations};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use store::Store;
use types::{AccessKeyId, Owner, UniqueId};

use crate::data_dir::DataDir;

/// A session, as the event of the call that made it tells.
#[derive(Debug, Clone)]
pub(super) struct Issued {
    /// Its temporary key.
    pub(super) key: AccessKeyId,
    /// Its account.
    pub(super) account: String,
    /// Its ARN.
    pub(super) arn: String,
    /// The ARN of the role or user whose permissions it has.
    pub(super) principal: String,
    /// How it stands.
    pub(super) state: State,
    principal_id: Option<UniqueId>,
    by: String,
    /// The key that made it; none for a sign-in and for strangers.
    parent: Option<AccessKeyId>,
    maker: Maker,
    operation: String,
    source: String,
    issued: Timestamp,
    expires: Timestamp,
}

/// Who made a session, as far as revocations ask.
#[derive(Debug, Clone)]
struct Maker {
    account: String,
    principal_id: Option<UniqueId>,
}

/// How a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It runs.
    Runs,
    /// It ended by itself.
    Expired,
    /// It, or what led to it, was revoked.
    Revoked,
}

impl Issued {
    /// The session as `--json` shows it.
    pub(super) fn row(&self) -> Json {
        let state = match self.state {
            State::Runs => "runs",
            State::Expired => "expired",
            State::Revoked => "revoked",
        };
        json!({
            "accessKeyId": self.key,
            "account": self.account,
            "arn": self.arn,
            "principal": self.principal,
            "operation": self.operation,
            "by": self.by,
            "byAccessKeyId": self.parent,
            "sourceIPAddress": self.source,
            "issued": self.issued,
            "expires": self.expires,
            "state": state,
        })
    }

    fn of_event(time: Timestamp, record: &Json) -> Option<Self> {
        let text = |path: &str| record.pointer(path).and_then(Json::as_str);
        let operation = text("/eventName")?;
        let made = match operation {
            "ConsoleLogin" => "/additionalEventData",
            _ => "/responseElements/credentials",
        };
        let member = |name: &str| record.pointer(made)?.get(name)?.as_str();
        let key = AccessKeyId::parse(member("accessKeyId")?).ok()?;
        let expires = moment(member("expiration")?)?;
        // The record's own time has whole seconds; a session knows its milliseconds.
        let issued = Timestamp::from_millisecond(time.as_millisecond()).ok()?;
        let caller = text("/userIdentity/arn").unwrap_or_default();
        let caller_id = id_in(text("/userIdentity/principalId").unwrap_or_default());
        let assumed = "/responseElements/assumedRoleUser";
        let (arn, principal, principal_id) = if let Some(arn) = text(&format!("{assumed}/arn")) {
            let role = text("/requestParameters/roleArn").unwrap_or_default();
            (arn, role, id_in(text(&format!("{assumed}/assumedRoleId")).unwrap_or_default()))
        } else if let Some(arn) = text("/responseElements/federatedUser/arn") {
            (arn, caller, caller_id.clone())
        } else if let Some(arn) = text("/responseElements/assumedPrincipal") {
            // Of a delegation's approver the event has no more than the ARN.
            (arn, arn, None)
        } else {
            (caller, caller, caller_id.clone())
        };
        Some(Self {
            key,
            account: arn.split(':').nth(4)?.to_owned(),
            arn: arn.to_owned(),
            principal: principal.to_owned(),
            state: State::Runs,
            principal_id,
            by: caller.to_owned(),
            parent: text("/userIdentity/accessKeyId").and_then(|key| AccessKeyId::parse(key).ok()),
            maker: Maker {
                account: text("/userIdentity/accountId").unwrap_or_default().to_owned(),
                principal_id: caller_id,
            },
            operation: operation.to_owned(),
            source: text("/sourceIPAddress").unwrap_or_default().to_owned(),
            issued,
            expires,
        })
    }
}

/// The sessions of the time that a session can last, oldest first.
pub(super) async fn all(store: &Store, dir: &DataDir, now: Timestamp) -> anyhow::Result<Vec<Issued>> {
    let since = now.checked_sub(LONGEST_SESSION).unwrap_or(Timestamp::MIN);
    let path = dir.audit();
    let mut sessions = tokio::task::spawn_blocking(move || read(&path, since)).await??;
    let known = Known::read(store, &sessions).await?;
    let parents: HashMap<AccessKeyId, Issued> =
        sessions.iter().map(|session| (session.key.clone(), session.clone())).collect();
    for session in &mut sessions {
        if session.expires <= now {
            session.state = State::Expired;
        } else if known.revoke(session, &parents) {
            session.state = State::Revoked;
        }
    }
    Ok(sessions)
}

fn read(path: &std::path::Path, since: Timestamp) -> anyhow::Result<Vec<Issued>> {
    let mut sessions = Vec::new();
    for entry in store::audit::events_since(path, since)? {
        let event = entry?.event;
        // Most events are of other things: those are not parsed.
        if event.time < since || !MAKERS.iter().any(|name| event.record().contains(name)) {
            continue;
        }
        sessions.extend(Issued::of_event(event.time, &event.record_value()?));
    }
    Ok(sessions)
}

/// The revocations of the accounts of the sessions and of those who made them.
struct Known(HashMap<String, Vec<std::sync::Arc<Revocations>>>);

impl Known {
    async fn read(store: &Store, sessions: &[Issued]) -> anyhow::Result<Self> {
        let snapshot = store.read();
        let mut known: HashMap<String, Vec<_>> = HashMap::new();
        let accounts = sessions.iter().flat_map(|session| [&session.account, &session.maker.account]);
        for account in accounts {
            if known.contains_key(account) {
                continue;
            }
            let mut revocations = Vec::new();
            if let Ok(id) = types::AccountId::parse(account) {
                for partition in types::Partition::ALL {
                    let key = AccountKey(Owner::new(partition, id));
                    revocations.extend(snapshot.get::<Revocations>(&key).await?);
                }
            }
            known.insert(account.clone(), revocations);
        }
        Ok(Self(known))
    }

    fn revoke(&self, session: &Issued, parents: &HashMap<AccessKeyId, Issued>) -> bool {
        if self.bind(&session.account, session.principal_id.as_ref(), &session.key, session.issued) {
            return true;
        }
        let mut at = session;
        for _ in 0..DEEPEST {
            let Some(parent) = &at.parent else { return false };
            // A long-term key made the session when the session was issued.
            let made = parents.get(parent);
            let issued = made.map_or(at.issued, |made| made.issued);
            if self.bind(&at.maker.account, at.maker.principal_id.as_ref(), parent, issued) {
                return true;
            }
            let Some(made) = made else { return false };
            at = made;
        }
        false
    }

    fn bind(
        &self,
        account: &str,
        principal: Option<&UniqueId>,
        key: &AccessKeyId,
        issued: Timestamp,
    ) -> bool {
        let revocations = self.0.get(account).map(Vec::as_slice).unwrap_or_default();
        revocations.iter().any(|revocations| revocations.bind(principal, key, issued))
    }
}

/// The unique id in `AROA…:SESSION` or `AIDA…`; none in the root user's, which is its account's.
fn id_in(principal: &str) -> Option<UniqueId> {
    let id = principal.split(':').next().unwrap_or_default();
    UniqueId::parse(id).ok().filter(|id| id.as_str().starts_with('A'))
}

/// A moment as CloudTrail writes it in elements of a response: `Nov 7, 2026 8:35:58 PM`.
fn moment(text: &str) -> Option<Timestamp> {
    let parsed = jiff::civil::DateTime::strptime("%b %d, %Y %I:%M:%S %p", text).ok()?;
    parsed.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// The names of events that make sessions, as they stand in a record.
const MAKERS: [&str; 5] = [
    r#""eventName":"Assume"#,
    r#""eventName":"GetSessionToken""#,
    r#""eventName":"GetFederationToken""#,
    r#""eventName":"GetDelegatedAccessToken""#,
    r#""eventName":"ConsoleLogin""#,
];
/// The longest that a session may last.
const LONGEST_SESSION: SignedDuration = SignedDuration::from_hours(36);
/// So far a chain of sessions is followed.
const DEEPEST: usize = 64;
