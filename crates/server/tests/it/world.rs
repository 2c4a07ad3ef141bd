//! A server with one account, its root user, and a user.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::iam::types::{GetUserInput, GetUserOutput};
use api::sts::types::{GetCallerIdentityInput, GetCallerIdentityOutput};
use authz::{Ask, Authorizer, PasswordCost, Session, SessionKind, Subject};
use directory::{AccessKey, Account, InlinePolicy, KeyStatus, PolicyText, User};
use jiff::Timestamp;
use server::{App, Dev, Limits, Listener, Metrics, PlainHttp};
use service::{Context, Core, Ids, Recorder, Registry, Route, ServiceEntry, routes};
use sigv4::Credentials;
use store::audit::AuditKeys;
use store::memory::Memory;
use store::seal::{Keyring, Purpose, SystemEntropy};
use store::{AuditEvent, Authority, Options, Sizes, Store, SystemActor};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use types::{AccessKeyId, AccountId, Owner, Partition, Path, PolicyName, Secret, TagSet, UniqueId, UserName};
use wire::Fault;

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const ROOT_KEY: &str = "AKIAROOTROOTROOTROOT";
pub(crate) const ALICE_KEY: &str = "AKIAALICEALICEALICE1";
pub(crate) const BOB_KEY: &str = "AKIABOBBOBBOBBOBBOB1";
pub(crate) const INACTIVE_KEY: &str = "AKIAINACTIVEINACTIVE";
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// The moment at which all tests happen.
pub(crate) fn now() -> Timestamp {
    "2026-03-03T12:00:00Z".parse().unwrap()
}

pub(crate) fn later(seconds: i64) -> Timestamp {
    Timestamp::from_second(now().as_second() + seconds).unwrap()
}

pub(crate) fn credentials(id: &str) -> Credentials {
    Credentials { access_key_id: id.into(), secret: Secret::new(SECRET.into()), session_token: None }
}

/// A server that is running.
pub(crate) struct World {
    pub(crate) core: Arc<Core>,
    pub(crate) address: SocketAddr,
    pub(crate) app: Arc<App>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) serving: JoinHandle<()>,
    pub(crate) events: Arc<Events>,
    pub(crate) resets: Arc<Mutex<u32>>,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(Limits::default(), false).await
    }

    pub(crate) async fn with(limits: Limits, is_dev: bool) -> Self {
        let events = Arc::new(Events::default());
        let core = Arc::new(core(Arc::clone(&events)).await);
        let resets = Arc::new(Mutex::new(0));
        let count = Arc::clone(&resets);
        let dev = is_dev.then(|| Dev {
            account: AccountId::parse("123456789012").unwrap(),
            reset: Box::new(move || {
                *count.lock().unwrap() += 1;
                Box::pin(std::future::ready(Ok(())))
            }),
        });
        let services: Vec<Box<dyn ServiceEntry>> = vec![
            Box::new(Registry::new(&api::iam::SERVICE, Probe, &[IAM], Fault::internal)),
            Box::new(Registry::new(&api::sts::SERVICE, Probe, &[STS], Fault::internal)),
        ];
        let app = Arc::new(App::new(Arc::clone(&core), services, limits, dev).unwrap());
        app.set_ready(true);
        let address = "127.0.0.1:0".parse().unwrap();
        let listener = Listener::bind(address, None, PlainHttp::LoopbackOnly, limits).await.unwrap();
        let address = listener.address();
        let (stop, stopping) = watch::channel(false);
        let serving = tokio::spawn(listener.serve(Arc::clone(&app), stopping));
        Self { core, address, metrics: app.metrics(), app, stop, serving, events, resets }
    }

    /// Credentials of a session of alice, which may only write to her bucket.
    pub(crate) fn session(&self, seconds: i64) -> Credentials {
        let id = AccessKeyId::parse("ASIAALICEALICEALICE1").unwrap();
        let session = Session {
            owner: Owner::new(Partition::Aws, AccountId::parse(ACCOUNT).unwrap()),
            subject: Subject::User(UniqueId::parse("AIDAALICEALICEALICE1").unwrap()),
            access_key_id: id.clone(),
            secret: Secret::new("of the session".into()),
            issued: later(seconds - 900),
            expires: later(seconds),
            policy: Some(
                r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}}"#.into(),
            ),
            policy_arns: Vec::new(),
            tags: TagSet::default(),
            transitive: Vec::new(),
            source_identity: None,
            mfa: None,
            lineage: Vec::new(),
            kind: SessionKind::Token,
            federation: None,
        };
        let token = self.core.authorizer.tokens().seal(id.as_str().as_bytes(), &session.to_bytes().unwrap());
        Credentials {
            access_key_id: id.to_string(),
            secret: session.secret.clone(),
            session_token: Some(token.unwrap()),
        }
    }

    /// The server still works.
    pub(crate) async fn check(&self) {
        let reply = super::client::Call::who().signed(&credentials(ROOT_KEY)).send(self.address).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
    }
}

/// The store's and the services' part.
async fn core(events: Arc<Events>) -> Core {
    let clock = Arc::new(now);
    let entropy = Arc::new(SystemEntropy::new());
    let keyring = Keyring::in_memory(entropy.clone(), now()).unwrap();
    let options = Options { clock: clock.clone(), audit: AuditKeys::of(&keyring), sizes: Sizes::default() };
    let store = Memory::new().open(options).await.unwrap();
    fill(&store, &keyring).await;
    Core {
        authorizer: Authorizer::new(store.clone(), keyring).with_password_cost(CHEAP),
        store,
        clock,
        ids: Ids::new(entropy),
        recorder: events,
        public_url: "https://iam.example.com".into(),
    }
}

async fn fill(store: &Store, keyring: &Keyring) {
    let owner = Owner::new(Partition::Aws, AccountId::parse(ACCOUNT).unwrap());
    let mut tx = store.write(Authority::system(SystemActor::Bootstrap));
    tx.insert(Account { owner, name: "test".into(), created: now(), alias: None }).await.unwrap();
    for (name, id, policy) in [("alice", "AIDAALICEALICEALICE1", ALICE), ("bob", "AIDABOBBOBBOBBOBBOB1", BOB)]
    {
        let user = User {
            owner,
            id: UniqueId::parse(id).unwrap(),
            name: UserName::parse(name).unwrap(),
            path: Path::root(),
            created: now(),
            boundary: None,
            tags: TagSet::default(),
        };
        let holder = user.grantee();
        tx.insert(user).await.unwrap();
        let parsed = policy::Policy::parse(policy).unwrap();
        let document = PolicyText::accepted(policy, &parsed);
        let name = PolicyName::parse("inline").unwrap();
        tx.insert(InlinePolicy { holder, name, document }).await.unwrap();
    }
    for (id, user, status) in [
        (ROOT_KEY, None, KeyStatus::Active),
        (ALICE_KEY, Some("AIDAALICEALICEALICE1"), KeyStatus::Active),
        (BOB_KEY, Some("AIDABOBBOBBOBBOBBOB1"), KeyStatus::Active),
        (INACTIVE_KEY, None, KeyStatus::Inactive),
    ] {
        let user = user.map(|user| UniqueId::parse(user).unwrap());
        let key = AccessKeyId::parse(id).unwrap();
        tx.insert(AccessKey { id: key, owner, user, status, created: now() }).await.unwrap();
        let sealed = keyring.seal(Purpose::SECRET_ACCESS_KEY, id.as_bytes(), SECRET.as_bytes()).unwrap();
        tx.put_secret(AccessKey::SECRET, id, sealed.to_string());
    }
    let event = AuditEvent::new("first", now(), &serde_json::json!({})).unwrap();
    tx.commit(event).await.unwrap();
}

/// Hashes that take no time.
const CHEAP: PasswordCost = PasswordCost { memory: 8, passes: 1 };

/// Alice reads one bucket; nobody may ask about anybody.
const ALICE: &str = r#"{"Version":"2012-10-17","Statement":[
  {"Sid":"Read","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::pictures/*"},
  {"Sid":"Office","Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::pictures/*",
   "Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}},
  {"Effect":"Deny","Action":"s3:DeleteObject","Resource":"*"}]}"#;

/// Bob is an enforcement point: he may ask about alice, and supply addresses.
const BOB: &str = r#"{"Version":"2012-10-17","Statement":[
  {"Effect":"Allow","Action":"portcullis:Evaluate","Resource":"arn:aws:iam::111122223333:user/alice"},
  {"Effect":"Allow","Action":"portcullis:SupplyContext","Resource":"*",
   "Condition":{"ForAllValues:StringEquals":{"portcullis:ContextKeys":"aws:SourceIp"}}}]}"#;

/// Stands in for the services: the server must not care what they do.
struct Probe;

const STS: &[Route<Probe>] = routes![Probe; GetCallerIdentity => get_caller_identity];
const IAM: &[Route<Probe>] = routes![Probe; GetUser => get_user];

impl Probe {
    async fn get_caller_identity(
        &self,
        cx: &Context<'_>,
        _: GetCallerIdentityInput,
    ) -> service::Result<GetCallerIdentityOutput> {
        let caller = cx.caller()?;
        Ok(GetCallerIdentityOutput {
            user_id: Some(caller.user_id()),
            account: Some(caller.owner.account.to_string()),
            arn: Some(caller.arn().to_string()),
        })
    }

    async fn get_user(&self, cx: &Context<'_>, input: GetUserInput) -> service::Result<GetUserOutput> {
        let name = input.user_name.unwrap_or_default();
        cx.authorize(Ask::new("iam:GetUser", &cx.owner()?.iam_arn(&format!("user/{name}")))).await?;
        // Long enough to be under way when somebody looks.
        tokio::time::sleep(Duration::from_millis(50)).await;
        Err(Fault::sender("NoSuchEntity", 404, format!("The user with name {name} cannot be found.")).into())
    }
}

/// Keeps the events of reads and refusals.
#[derive(Default)]
pub(crate) struct Events(Mutex<Vec<AuditEvent>>);

impl Events {
    pub(crate) fn all(&self) -> Vec<serde_json::Value> {
        self.0.lock().unwrap().iter().map(|event| event.record_value().unwrap()).collect()
    }

    pub(crate) fn last(&self) -> serde_json::Value {
        self.all().pop().expect("an event")
    }
}

impl Recorder for Events {
    fn record(&self, event: AuditEvent) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>> {
        self.0.lock().unwrap().push(event);
        Box::pin(std::future::ready(Ok(())))
    }
}
