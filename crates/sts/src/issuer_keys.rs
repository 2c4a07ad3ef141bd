//! The keys of OpenID Connect issuers: found by discovery, kept for a while, fetched again when a token names an unknown one.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use federation::jwt::KeySet;
use jiff::{SignedDuration, Timestamp};
use quick_cache::sync::Cache;
use serde::Deserialize;
use service::{Fetch, FetchFailed};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// The keys of all issuers that tokens came from.
#[derive(Debug)]
pub(crate) struct IssuerKeys {
    fetch: Arc<dyn Fetch>,
    known: Cache<String, Arc<Entry>>,
    /// What is being fetched. It goes on when whoever asked hangs up, and ends with this.
    fetching: Mutex<JoinSet<()>>,
}

/// Why an issuer's keys cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeysMissing {
    /// The issuer cannot be reached.
    #[error("{0}")]
    Unreachable(String),
    /// Its server's certificate is not to be trusted.
    #[error("{0}")]
    Untrusted(String),
    /// It answers, but not with what it should.
    #[error("{0}")]
    Unusable(String),
}

/// One issuer's keys.
#[derive(Debug)]
struct Entry {
    /// One fetches, the others wait for what it brings.
    turn: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    keys: Option<(Arc<KeySet>, Timestamp)>,
    tried: Option<(Timestamp, Option<KeysMissing>)>,
}

/// What is read of a discovery document (OpenID Connect Discovery 1.0, section 4.2).
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl IssuerKeys {
    pub(crate) fn new(fetch: Arc<dyn Fetch>) -> Self {
        Self { fetch, known: Cache::new(MAX_ISSUERS), fetching: Mutex::default() }
    }

    /// The keys of the issuer at this address, among them, if the issuer has it, the one with this id.
    ///
    /// What was fetched within ten minutes is good; after an hour it is not used any more. In between, and for a key that is
    /// not known, the issuer is asked, but not more often than every half minute, whether or not whoever made it ask waits
    /// for the answer.
    pub(crate) async fn of(
        &self,
        issuer: &str,
        thumbprints: &[String],
        key: Option<&str>,
        now: Timestamp,
    ) -> Result<Arc<KeySet>, KeysMissing> {
        // Another account may pin the same issuer to another certificate.
        let place = format!("{issuer} {}", thumbprints.join(" "));
        let fresh = || Ok(Arc::new(Entry { turn: Arc::new(Semaphore::new(1)), state: Mutex::default() }));
        let Ok(entry) = self.known.get_or_insert_with::<_, Infallible>(&place, fresh);
        if let Some(settled) = entry.settled(key, now) {
            return settled;
        }
        // Closed by nobody; if it were, fetching out of turn would do no harm.
        let turn = Arc::clone(&entry.turn).acquire_owned().await;
        if let Some(settled) = entry.settled(key, now) {
            return settled;
        }
        let (fetch, place) = (Arc::clone(&self.fetch), Arc::clone(&entry));
        let (from, pinned) = (issuer.to_owned(), thumbprints.to_owned());
        self.go_on(async move {
            let fetched = keys_of(&*fetch, &from, &pinned).await;
            place.note(now, fetched);
            drop(turn);
        });
        // The next turn comes when the fetch is done.
        let _turn = entry.turn.acquire().await;
        let missing = || Err(KeysMissing::Unusable(format!("the keys of `{issuer}` were not kept")));
        entry.settled(key, now).unwrap_or_else(missing)
    }

    fn go_on(&self, fetching: impl Future<Output = ()> + Send + 'static) {
        let mut all = self.fetching.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that are done are let go.
        while all.try_join_next().is_some() {}
        all.spawn(fetching);
    }
}

async fn keys_of(fetch: &dyn Fetch, issuer: &str, thumbprints: &[String]) -> Result<KeySet, KeysMissing> {
    let place = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let unusable = |what: &str| KeysMissing::Unusable(format!("`{place}` {what}"));
    let document = fetch.get(&place, thumbprints).await?;
    let discovery: Discovery =
        serde_json::from_slice(&document).map_err(|_| unusable("holds no OpenID Connect configuration"))?;
    if discovery.issuer != issuer {
        return Err(unusable(&format!("speaks of another issuer, `{:.200}`", discovery.issuer)));
    }
    let keys = fetch.get(&discovery.jwks_uri, thumbprints).await?;
    let keys = KeySet::parse(&keys)
        .map_err(|_| KeysMissing::Unusable(format!("`{:.200}` holds no key set", discovery.jwks_uri)))?;
    if keys.is_empty() {
        return Err(KeysMissing::Unusable(format!("`{:.200}` has no key of use", discovery.jwks_uri)));
    }
    Ok(keys)
}

impl Entry {
    /// What is known without asking; none where the issuer should be asked.
    fn settled(&self, key: Option<&str>, now: Timestamp) -> Option<Result<Arc<KeySet>, KeysMissing>> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let age = |since: Timestamp| now.duration_since(since);
        let kept = state.keys.as_ref().filter(|(_, since)| age(*since) < KEEP);
        let is_known = |keys: &KeySet| key.is_none_or(|key| keys.has(key));
        if let Some((keys, since)) = kept
            && age(*since) < FRESH
            && is_known(keys)
        {
            return Some(Ok(Arc::clone(keys)));
        }
        let (_, failure) = state.tried.as_ref().filter(|(at, _)| age(*at) < AGAIN)?;
        match (kept, failure) {
            // Old keys do while nobody answers; a key that is not among them is refused by what it fails to verify.
            (Some((keys, _)), _) => Some(Ok(Arc::clone(keys))),
            (None, Some(failure)) => Some(Err(failure.clone())),
            (None, None) => None,
        }
    }

    fn note(&self, now: Timestamp, fetched: Result<KeySet, KeysMissing>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match fetched {
            Ok(keys) => {
                state.keys = Some((Arc::new(keys), now));
                state.tried = Some((now, None));
            }
            Err(failure) => {
                tracing::warn!(%failure, "the keys of an identity provider could not be fetched");
                state.tried = Some((now, Some(failure)));
            }
        }
    }
}

impl From<FetchFailed> for KeysMissing {
    fn from(failed: FetchFailed) -> Self {
        let text = failed.to_string();
        match failed {
            FetchFailed::Forbidden(_) | FetchFailed::Unreachable(_) => Self::Unreachable(text),
            FetchFailed::Untrusted(_) => Self::Untrusted(text),
            FetchFailed::Unusable(_) => Self::Unusable(text),
        }
    }
}

/// How long keys are used without asking.
const FRESH: SignedDuration = SignedDuration::from_mins(10);
/// How long they are used while the issuer does not answer.
const KEEP: SignedDuration = SignedDuration::from_hours(1);
/// How long after an attempt the next one is made at the earliest.
const AGAIN: SignedDuration = SignedDuration::from_secs(30);
/// So many issuers' keys are kept; issuers are those that accounts have registered.
const MAX_ISSUERS: usize = 1_000;

#[cfg(test)]
mod tests;
