//! A whole directory in memory, for tests: calls go in as form parameters and come out as XML or a fault.
//!
//! Everything is real but the listener and the signature: requests are decoded, validated, authorised and
//! recorded as in the server.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot set itself up has failed"
)]

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use authz::{Authorizer, Origin, PasswordCost};
use jiff::Timestamp;
use store::audit::{AuditEvent, AuditKeys};
use store::memory::Memory;
use store::seal::Keyring;
use store::{Options, Sizes, SystemActor};
use types::{AccessKeyId, AccountId, Owner, Partition, Region};
use wire::Fault;

use crate::{Call, Core, Ids, Proof, Recorder, ServiceEntry, create_account, dispatch};

/// The account that a world begins with.
pub const ACCOUNT: &str = "123456789012";

/// Where a world says that it can be reached.
pub const PUBLIC_URL: &str = "https://iam.example.com";

/// Hashes that take no time.
const CHEAP: PasswordCost = PasswordCost { memory: 8, passes: 1 };

/// A directory in memory with its services, one account and a clock that moves only when told.
pub struct World {
    /// What all calls share.
    pub core: Core,
    /// The root user of account 123456789012.
    pub root: Who,
    entries: Vec<Box<dyn ServiceEntry>>,
    clock: Arc<AtomicI64>,
    events: Arc<Events>,
}

/// Somebody who calls: an access key, and the session token of a temporary one.
#[derive(Debug, Clone)]
pub struct Who {
    /// The access key id.
    pub id: AccessKeyId,
    /// The session token.
    pub token: Option<String>,
}

/// The events of reads and refusals, in order.
#[derive(Debug, Default)]
struct Events(Mutex<Vec<AuditEvent>>);

impl Recorder for Events {
    fn record(&self, event: AuditEvent) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>> {
        self.0.lock().unwrap().push(event);
        Box::pin(async { Ok(()) })
    }
}

impl World {
    /// A new directory with these services. The clock stands at 2026-01-01T00:00:00Z, ids are random but the same
    /// in every run.
    pub async fn new(entries: Vec<Box<dyn ServiceEntry>>) -> Self {
        let clock = Arc::new(AtomicI64::new(1_767_225_600));
        let reading = Arc::clone(&clock);
        let now = move || Timestamp::from_second(reading.load(Ordering::SeqCst)).unwrap();
        let entropy = Arc::new(repeatable_entropy());
        let keyring = Keyring::in_memory(entropy.clone(), now()).unwrap();
        let options =
            Options { clock: Arc::new(now.clone()), audit: AuditKeys::of(&keyring), sizes: Sizes::default() };
        let store = Memory::new().open(options).await.unwrap();
        let events = Arc::new(Events::default());
        let core = Core {
            authorizer: Authorizer::new(store.clone(), keyring).with_password_cost(CHEAP),
            store,
            clock: Arc::new(now),
            ids: Ids::new(entropy),
            recorder: events.clone(),
            public_url: PUBLIC_URL.into(),
        };
        let owner = Owner::new(Partition::Aws, AccountId::parse(ACCOUNT).unwrap());
        let made = create_account(&core, SystemActor::Bootstrap, owner, "test").await.unwrap();
        let root = Who { id: made.access_key_id, token: None };
        Self { core, root, entries, clock, events }
    }

    /// Makes another account, and answers its root user.
    pub async fn account(&self, id: &str) -> Who {
        let owner = Owner::new(Partition::Aws, AccountId::parse(id).unwrap());
        let made = create_account(&self.core, SystemActor::Operator, owner, "another").await.unwrap();
        Who { id: made.access_key_id, token: None }
    }

    /// Moves the clock on.
    pub fn advance(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Calls an operation with form parameters; answers the XML.
    pub async fn call(
        &self,
        who: &Who,
        operation: &str,
        parameters: &[(&str, &str)],
    ) -> Result<String, Fault> {
        self.call_as_of(None, who, operation, parameters).await
    }

    /// As [`World::call`], about a moment.
    pub async fn call_as_of(
        &self,
        as_of: Option<Timestamp>,
        who: &Who,
        operation: &str,
        parameters: &[(&str, &str)],
    ) -> Result<String, Fault> {
        self.run(as_of, Some(who), operation, parameters).await
    }

    /// Calls an operation that needs no signature; answers the text of each element by its name.
    pub async fn unsigned(&self, operation: &str, parameters: &[(&str, &str)]) -> Result<Fields, Fault> {
        self.run(None, None, operation, parameters).await.map(Fields::of)
    }

    async fn run(
        &self,
        as_of: Option<Timestamp>,
        who: Option<&Who>,
        operation: &str,
        parameters: &[(&str, &str)],
    ) -> Result<String, Fault> {
        let found =
            self.entries.iter().find_map(|entry| Some((entry, entry.service().operation(operation)?)));
        let (entry, operation) = found.expect("an operation of one of the services");
        let body = parameters
            .iter()
            .map(|(name, value)| format!("{}={}", escape(name), escape(value)))
            .collect::<Vec<_>>()
            .join("&");
        let form = wire::query::Form::parse(body.as_bytes())?;
        let input = wire::query::input(operation, &form)?;
        let call = Call {
            request_id: "request".into(),
            operation,
            origin: self.origin(),
            proof: who
                .map_or(Proof::Unsigned, |who| Proof::Key { id: who.id.clone(), token: who.token.clone() }),
            as_of,
        };
        let snapshot = self.core.store.read();
        let now = call.origin.at;
        assert_eq!(who.is_none(), operation.unsigned, "{} is signed or not", operation.name);
        let caller = match who {
            Some(who) => {
                let token = who.token.as_deref();
                let candidate = self.core.authorizer.candidate(&snapshot, &who.id, token, now).await;
                let refused = |refused: authz::CredentialRefused| {
                    Fault::sender("InvalidClientTokenId", 403, refused.to_string())
                };
                Some(candidate.unwrap().map_err(refused)?.caller)
            }
            None => None,
        };
        let answer = dispatch(&self.core, &**entry, &call, snapshot, caller, input.into()).await?;
        let output = answer.expect("handlers answer something to encode");
        Ok(wire::query::success(operation, &*output, &call.request_id))
    }

    /// As [`World::call`], for calls that must succeed; answers the text of each element by its name (the last one
    /// of a name wins).
    pub async fn ok(&self, who: &Who, operation: &str, parameters: &[(&str, &str)]) -> Fields {
        let xml = self.call(who, operation, parameters).await;
        Fields::of(xml.unwrap_or_else(|fault| panic!("{operation}: {fault}")))
    }

    /// As [`World::call`], for calls that must be refused; answers code and message.
    pub async fn refused(&self, who: &Who, operation: &str, parameters: &[(&str, &str)]) -> (String, String) {
        match self.call(who, operation, parameters).await {
            Ok(xml) => panic!("{operation} was not refused: {xml}"),
            Err(fault) => (fault.code.into_owned(), fault.message),
        }
    }

    /// A user with an access key and this inline policy (none where it is empty).
    pub async fn user(&self, name: &str, policy: &str) -> Who {
        self.ok(&self.root, "CreateUser", &[("UserName", name)]).await;
        if !policy.is_empty() {
            let parameters = [("UserName", name), ("PolicyName", "p"), ("PolicyDocument", policy)];
            self.ok(&self.root, "PutUserPolicy", &parameters).await;
        }
        let key = self.ok(&self.root, "CreateAccessKey", &[("UserName", name)]).await;
        Who { id: AccessKeyId::parse(key.get("AccessKeyId")).unwrap(), token: None }
    }

    /// The audit events of reads and refusals so far, as CloudTrail records.
    pub fn events(&self) -> Vec<serde_json::Value> {
        self.events.0.lock().unwrap().iter().map(|event| event.record_value().unwrap()).collect()
    }

    /// Where all calls come from.
    #[must_use]
    pub fn origin(&self) -> Origin {
        Origin {
            source_ip: Some([192, 0, 2, 1].into()),
            is_secure: false,
            user_agent: Some("test".into()),
            referer: None,
            region: Some(Region::parse("us-east-1").unwrap()),
            at: self.core.clock.now(),
        }
    }
}

/// The texts of an answer's elements.
#[derive(Debug)]
pub struct Fields {
    /// The whole answer.
    pub xml: String,
    texts: HashMap<String, String>,
}

impl Fields {
    fn of(xml: String) -> Self {
        let mut texts = HashMap::new();
        for part in xml.split('<').skip(1) {
            if let Some((name, text)) = part.split_once('>')
                && !name.starts_with('/')
                && !text.is_empty()
            {
                texts.insert(name.to_owned(), unescape(text));
            }
        }
        Self { xml, texts }
    }

    /// The text of an element that must be there.
    pub fn get(&self, name: &str) -> &str {
        self.texts.get(name).unwrap_or_else(|| panic!("no <{name}> in {}", self.xml))
    }

    /// Whether an element with text is there.
    pub fn has(&self, name: &str) -> bool {
        self.texts.contains_key(name)
    }
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

fn escape(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").unwrap();
        }
        out
    })
}

/// Bytes that look random and are the same in every run (SplitMix64).
fn repeatable_entropy() -> impl Fn(&mut [u8]) + Send + Sync {
    let state = AtomicU64::new(0x9e37_79b9_7f4a_7c15);
    move |bytes| {
        for chunk in bytes.chunks_mut(8) {
            let mut z = state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            for (to, from) in chunk.iter_mut().zip((z ^ (z >> 31)).to_le_bytes()) {
                *to = from;
            }
        }
    }
}
