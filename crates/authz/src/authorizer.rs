//! The decision point itself.

use std::sync::Arc;

use directory::{EntityKey, OwnServiceKey};
use policy::{
    Action, AssumedRole, Bundle, Context, Credentials, Decision, FederatedUser, PolicySet, Principal,
    Request, Root, User,
};
use quick_cache::sync::Cache;
use store::seal::{Keyring, Purpose, TokenSealer};
use store::{Snapshot, Store};
use types::{AccessKeyId, Secret};

use crate::Failure;
use crate::access::Attempt;
use crate::ask::Ask;
use crate::caller::{Caller, Credential, Identity};
use crate::compiled::Compiled;
use crate::denied::Denied;
use crate::gather::{GatherKey, Gathered};
use crate::guesses::Guesses;
use crate::keys::{Origin, fill_caller_keys, fill_request_keys};
use crate::parsed::Parsed;
use crate::password::{PasswordCost, Passwords};
use crate::password_use::PasswordUses;
use crate::permit::Permit;
use crate::session::SessionKind;

/// Decides for one store. Cheap to share; its caches are bounded.
#[derive(Debug)]
pub struct Authorizer {
    pub(crate) store: Store,
    pub(crate) keyring: Keyring,
    tokens: TokenSealer,
    /// The trust policies of roles, each with its text.
    pub(crate) trusts: Cache<EntityKey, (Arc<str>, Arc<policy::Policy>)>,
    passwords: Passwords,
    guesses: Guesses,
    pub(crate) password_uses: PasswordUses,
    pub(crate) gathered: Cache<GatherKey, Arc<Gathered>>,
    /// The managed policies, by the key of their default version.
    pub(crate) policies: Cache<String, Arc<policy::Policy>>,
    pub(crate) parsed: Parsed,
    pub(crate) compiled: Compiled,
    /// What own services define, each with its text.
    pub(crate) own_services: Cache<OwnServiceKey, (Arc<str>, Arc<catalog::Service>)>,
    pub(crate) secrets: Cache<AccessKeyId, (Arc<str>, Arc<Secret>)>,
    /// The minute and service of each key's last noted use.
    pub(crate) uses: Cache<AccessKeyId, (i64, &'static str)>,
    /// The minute of each last noted attempt.
    pub(crate) attempts: Cache<Attempt, i64>,
}

/// The engine's answer to one ask, with the policies that it was made from.
#[derive(Debug)]
pub struct Verdict {
    /// The decision.
    pub decision: Decision,
    /// The policies.
    pub policies: PolicySet,
    /// The request as the engine saw it.
    pub request: Request,
}

impl Authorizer {
    /// A decision point over a store.
    #[must_use]
    pub fn new(store: Store, keyring: Keyring) -> Self {
        let tokens = keyring.tokens(Purpose::SESSION_TOKEN, MAX_TOKEN);
        Self {
            trusts: Cache::new(MAX_PRINCIPALS),
            passwords: Passwords::new(PasswordCost::default()),
            guesses: Guesses::new(store.clone()),
            password_uses: PasswordUses::default(),
            store,
            keyring,
            tokens,
            gathered: Cache::new(MAX_PRINCIPALS),
            policies: Cache::new(MAX_POLICIES),
            parsed: Parsed::new(MAX_POLICIES),
            compiled: Compiled::new(MAX_PRINCIPALS),
            own_services: Cache::new(MAX_OWN_SERVICES),
            secrets: Cache::new(MAX_PRINCIPALS),
            uses: Cache::new(MAX_PRINCIPALS),
            attempts: Cache::new(MAX_ATTEMPTS),
        }
    }

    /// The same with another cost of passwords, for tests.
    #[must_use]
    pub fn with_password_cost(mut self, cost: PasswordCost) -> Self {
        self.passwords = Passwords::new(cost);
        self
    }

    /// What hashes passwords.
    #[must_use]
    pub fn passwords(&self) -> &Passwords {
        &self.passwords
    }

    /// What limits attempts at passwords.
    #[must_use]
    pub fn guesses(&self) -> &Guesses {
        &self.guesses
    }

    /// What seals and opens session tokens, each bound to its access key id.
    #[must_use]
    pub fn tokens(&self) -> &TokenSealer {
        &self.tokens
    }

    /// What seals secrets at rest.
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Asks the engine for every ask; all must be allowed. The first that is not is the refusal.
    pub async fn authorize(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        origin: &Origin,
        asks: &[Ask],
    ) -> Result<Result<Permit, Denied>, Failure> {
        let gathered = self.gather(snapshot, caller).await?;
        for ask in asks {
            let Verdict { decision, .. } = judge(&gathered, caller, origin, ask)?;
            tracing::debug!(target: "decision", caller = %caller.arn(), action = &*ask.action,
                resource = ask.resource, outcome = decision.outcome().wire_name());
            if !decision.is_allowed() {
                return Ok(Err(Denied::new(Some(caller), &ask.action, &ask.resource, decision)));
            }
        }
        // What was read through `snapshot` itself, the caller's own records included, is in its footprint, which
        // whoever writes adds.
        Ok(Ok(Permit::new(caller.arn(), snapshot.revision(), Arc::clone(&gathered.footprint))))
    }

    /// The engine's answer to one ask, whole: for explanations and for deciding on behalf of others.
    pub async fn verdict(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        origin: &Origin,
        ask: &Ask,
    ) -> Result<Verdict, Failure> {
        let gathered = self.gather(snapshot, caller).await?;
        judge(&gathered, caller, origin, ask)
    }
}

fn judge(gathered: &Gathered, caller: &Caller, origin: &Origin, ask: &Ask) -> Result<Verdict, Failure> {
    let mut context: Context = ask.keys.clone();
    fill_request_keys(&mut context, origin);
    fill_caller_keys(&mut context, caller, origin.at);
    let resource_owner = ask.resource_owner.unwrap_or(caller.owner);
    context.set("aws:ResourceAccount", resource_owner.account.as_str());
    let resource = ask.resource_policy.clone().map(Bundle::of);
    let policies = PolicySet { resource, ..gathered.policies.policies().clone() };
    let action = Action::parse(&ask.action).map_err(|cause| Failure::Unreadable(cause.to_string()))?;
    let request = Request::new(principal(caller)?, action, &ask.resource)
        .with_context(context)
        .with_resource_account(resource_owner.account);
    let decision = gathered.policies.evaluate(&policies, &request);
    Ok(Verdict { decision, policies, request })
}

/// The caller as the engine knows it.
fn principal(caller: &Caller) -> Result<Principal, Failure> {
    let credentials = match &caller.credential {
        Credential::LongTerm(_) => Credentials::LongTerm,
        // Who signed in with a password may do what it may do with a key; so may whom it delegated that to.
        Credential::Temporary(session) if session.kind != SessionKind::Token => Credentials::LongTerm,
        Credential::Temporary(_) => Credentials::Session,
    };
    let unreadable = |cause: types::Invalid| Failure::Unreadable(cause.to_string());
    Ok(match &caller.identity {
        Identity::Root => Principal::Root(Root::new(caller.owner).with_credentials(credentials)),
        Identity::User(user) => {
            let principal = User::new(directory::Named::arn(&**user)).map_err(unreadable)?;
            Principal::User(principal.with_id(user.id.clone()).with_credentials(credentials))
        }
        Identity::Federated { issuer, .. } => {
            let principal = FederatedUser::new(caller.arn()).map_err(unreadable)?;
            let issuer = issuer
                .as_ref()
                .map_or_else(|| caller.owner.root_arn(), |user| directory::Named::arn(&**user));
            Principal::FederatedUser(principal.with_issuer(issuer))
        }
        Identity::Role { role, session } => {
            let principal =
                AssumedRole::new(directory::Named::arn(&**role), session.as_str()).map_err(unreadable)?;
            Principal::AssumedRole(principal.with_id(role.id.clone()))
        }
    })
}

/// So many principals' policies and secrets are kept ready.
const MAX_PRINCIPALS: usize = 10_000;
/// Of so many attempts it is known when they were noted: a few for each principal that is at work.
const MAX_ATTEMPTS: usize = 4 * MAX_PRINCIPALS;
/// So many parsed policies are kept ready, managed ones by what they are called and all by their text.
const MAX_POLICIES: usize = 5_000;
/// So many own services are kept as they are defined, a few kilobytes each.
const MAX_OWN_SERVICES: usize = 1_000;
/// The longest session token, in bytes: session policies of 2,048 characters, 10 ARNs, 50 tags, and room.
const MAX_TOKEN: usize = 32 * 1024;
