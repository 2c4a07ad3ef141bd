//! What a handler may ask for.

use std::sync::Arc;

use authz::{Ask, Authorizer, Caller, Permit};
use jiff::Timestamp;
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use store::{Authority, Clock, Snapshot, Store};
use types::Owner;
use wire::Fault;

use crate::call::Call;
use crate::ids::Ids;
use crate::record::Recorder;
use crate::write::Write;
use crate::{Error, Result};

/// What all calls share.
pub struct Core {
    /// The directory.
    pub store: Store,
    /// The decision point.
    pub authorizer: Authorizer,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of ids and secrets.
    pub ids: Ids,
    /// Where the events of reads and refusals go.
    pub recorder: Arc<dyn Recorder>,
    /// The address under which clients reach this server, `https://iam.example.com`, without a slash at its end.
    pub public_url: String,
}

/// What the handler of one call stands on.
pub struct Context<'c> {
    core: &'c Core,
    call: &'c Call,
    caller: Option<Arc<Caller>>,
    snapshot: Snapshot,
    /// The past that the handler reads; what it may read is always decided by the present.
    past: Option<Snapshot>,
    parameters: Option<&'c RawValue>,
    vouched: std::sync::OnceLock<Vouched>,
    authorized: std::sync::Mutex<Vec<Box<RawValue>>>,
    decided: std::sync::Mutex<Vec<Box<RawValue>>>,
    pub(crate) is_recorded: std::sync::atomic::AtomicBool,
}

/// Somebody for whom an identity provider vouches (AWS: "CloudTrail userIdentity element").
#[derive(Debug, Clone)]
pub struct Vouched {
    /// CloudTrail's type of identity, `WebIdentityUser` or `SAMLUser`.
    pub kind: &'static str,
    /// CloudTrail's id for it.
    pub principal_id: String,
    /// Its name with the provider.
    pub user_name: String,
    /// The provider.
    pub provider: String,
    /// The account whose role it asks for.
    pub account: Owner,
}

impl<'c> Context<'c> {
    pub(crate) fn new(
        core: &'c Core,
        call: &'c Call,
        caller: Option<Arc<Caller>>,
        snapshot: Snapshot,
        parameters: Option<&'c RawValue>,
    ) -> Self {
        Self {
            core,
            call,
            caller,
            snapshot,
            past: None,
            parameters,
            vouched: Default::default(),
            authorized: Default::default(),
            decided: Default::default(),
            is_recorded: false.into(),
        }
    }

    /// Who calls. Every operation but the few unsigned ones has a caller.
    pub fn caller(&self) -> Result<&Caller> {
        self.caller.as_deref().ok_or_else(missing_token)
    }

    /// The caller's account.
    pub fn owner(&self) -> Result<Owner> {
        Ok(self.caller()?.owner)
    }

    /// The caller, where there is one.
    #[must_use]
    pub fn signed_caller(&self) -> Option<&Caller> {
        self.caller.as_deref()
    }

    /// Says who makes an unsigned call, once an identity provider's word for it is verified. The first word stands.
    pub fn identify(&self, vouched: Vouched) {
        self.vouched.get_or_init(|| vouched);
    }

    /// Who makes an unsigned call, as far as it is known.
    #[must_use]
    pub(crate) fn vouched(&self) -> Option<&Vouched> {
        self.vouched.get()
    }

    /// When the call arrived.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.call.origin.at
    }

    /// The call itself.
    #[must_use]
    pub fn call(&self) -> &Call {
        self.call
    }

    /// What all calls share.
    #[must_use]
    pub fn core(&self) -> &Core {
        self.core
    }

    /// The input as the audit shows it.
    pub(crate) fn parameters(&self) -> Option<&RawValue> {
        self.parameters
    }

    /// The address under which clients reach this server, without a slash at its end.
    #[must_use]
    pub fn public_url(&self) -> &str {
        &self.core.public_url
    }

    /// The source of ids and secrets.
    #[must_use]
    pub fn ids(&self) -> &Ids {
        &self.core.ids
    }

    /// The decision point.
    #[must_use]
    pub fn authorizer(&self) -> &Authorizer {
        &self.core.authorizer
    }

    /// The store, for what lives outside the revisions: notes and values that are used once.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.core.store
    }

    /// The directory as it was when the call began, or at the moment that the call asks about.
    #[must_use]
    pub fn read(&self) -> &Snapshot {
        self.past.as_ref().unwrap_or(&self.snapshot)
    }

    /// From here on the handler reads this past.
    pub(crate) fn look_back(&mut self, past: Snapshot) {
        self.past = Some(past);
    }

    /// Asks leave for one action on one resource.
    pub async fn authorize(&self, ask: Ask) -> Result<Permit> {
        self.authorize_all(&[ask]).await
    }

    /// Asks leave for several; all must be allowed.
    pub async fn authorize_all(&self, asks: &[Ask]) -> Result<Permit> {
        let caller = self.caller()?;
        let decided = self.core.authorizer.authorize(&self.snapshot, caller, &self.call.origin, asks).await?;
        if decided.is_ok()
            && let Ok(mut authorized) = self.authorized.lock()
        {
            let room = MOST_AUTHORIZED.saturating_sub(authorized.len());
            authorized.extend(asks.iter().take(room).filter_map(|ask| to_raw_value(&InWords(ask)).ok()));
        }
        decided.map_err(|denied| {
            if denied.is_invalid_token() {
                return Error::Fault(Fault::sender(
                    "InvalidClientTokenId",
                    403,
                    "The security token included in the request is invalid",
                ));
            }
            Error::Fault(Fault::sender("AccessDenied", 403, denied.sentence()))
        })
    }

    /// Notes for the audit what was decided for somebody else, who does not call but is asked about.
    pub fn note_decision(&self, subject: &Caller, ask: &Ask, is_allowed: bool) {
        if let Ok(told) = to_raw_value(&crate::event::Decided { subject, ask: InWords(ask), is_allowed })
            && let Ok(mut decided) = self.decided.lock()
            && decided.len() < MOST_DECIDED
        {
            decided.push(told);
        }
    }

    /// What was decided for others so far, for the audit.
    pub(crate) fn decided(&self) -> Vec<Box<RawValue>> {
        self.decided.lock().map(|decided| decided.clone()).unwrap_or_default()
    }

    /// What leave was given for so far, for the audit: the actions, the resources, and the keys of the operation.
    pub(crate) fn authorized(&self) -> Vec<Box<RawValue>> {
        self.authorized.lock().map(|authorized| authorized.clone()).unwrap_or_default()
    }

    /// Opens a write with a permit. What the permit stands on must still hold when it commits.
    pub fn write(&self, permit: &Permit) -> Result<Write<'_>> {
        if self.past.is_some() {
            return Err(crate::past::not_a_read(self.call.operation).into());
        }
        let authority = Authority::permitted(permit);
        // The caller's own records, and what the handler has read so far, count as well.
        let mut read = self.snapshot.footprint();
        read.extend(permit.footprint());
        let tx = self.core.store.write_from(authority, permit.revision(), &read)?;
        Ok(Write::new(self, tx))
    }
}

/// One ask as the audit tells it.
pub(crate) struct InWords<'a>(&'a Ask);

impl Serialize for InWords<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Ask { action, resource, keys, .. } = self.0;
        let has_keys = keys.iter().next().is_some();
        let mut told = serializer.serialize_map(None)?;
        told.serialize_entry("action", action)?;
        told.serialize_entry("resource", resource)?;
        if has_keys {
            told.serialize_entry("keys", &Keys(keys))?;
        }
        told.end()
    }
}

/// The keys of an operation, each with its value or its values.
struct Keys<'a>(&'a policy::Context);

impl Serialize for Keys<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut told = serializer.serialize_map(None)?;
        for (key, values) in self.0.iter() {
            match values {
                policy::Values::One(text) => told.serialize_entry(key.as_str(), text.as_str())?,
                policy::Values::Many(texts) => {
                    let texts: Vec<&str> = texts.iter().map(|text| text.as_str()).collect();
                    told.serialize_entry(key.as_str(), &texts)?;
                }
            }
        }
        told.end()
    }
}

/// So many asks of one call are told; no operation has nearly as many.
const MOST_AUTHORIZED: usize = 32;

/// A call asks no more questions about others than these.
const MOST_DECIDED: usize = 100;

fn missing_token() -> Error {
    Error::Fault(Fault::sender("MissingAuthenticationToken", 403, "Request is missing Authentication Token"))
}
