//! Sign-in with a password, as at the console: account, user name, password and, where the user has a device, its
//! code. What comes of it are temporary credentials.

mod event;
mod second_factor;

use std::sync::Arc;

use authz::{
    Ask, Authorizer, Caller, Credential, Guess, Held, Identity, Origin, Session, SessionKind, Subject,
};
use directory::{Account, AccountKey, LoginProfile, Named as _, PasswordPolicy, User};
use jiff::{SignedDuration, Timestamp};
use store::{Authority, Record as _, RecordKey as _, Snapshot};
use types::{AccessKeyKind, AccountAlias, AccountId, Arn, Owner, Partition, Secret, TagSet, UserName};
use wire::Fault;

use crate::context::Core;
use crate::passwords;
use crate::{Error, Result};
use event::{Known, Outcome};
use second_factor::{Devices, Proved};
pub use second_factor::{KeyAnswer, KeyChallenge, site};

/// What somebody presents to sign in.
#[derive(Debug)]
pub struct SignIn<'a> {
    /// The account, by id or alias.
    pub account: &'a str,
    /// The user's name.
    pub user_name: &'a str,
    /// The password.
    pub password: Secret,
    /// A code of an MFA device.
    pub mfa_code: Option<&'a str>,
    /// The device that made the code; any of the user's where it is not said.
    pub mfa_serial: Option<&'a str>,
    /// The answer of a security key, where there is no code.
    pub security_key: Option<KeyAnswer<'a>>,
    /// The password to have from now on, where the present one must be changed.
    pub new_password: Option<Secret>,
    /// Where it comes from.
    pub origin: &'a Origin,
    /// The address to sign in to, for the audit event.
    pub login_to: &'a str,
}

/// What a sign-in led to.
#[derive(Debug)]
pub enum SignedIn {
    /// The user is in.
    Done(Box<ConsoleSession>),
    /// The password is right; one of these devices is needed too, and perhaps a new password.
    NeedsMfa {
        /// The serial numbers.
        devices: Vec<Arn>,
        /// What to ask those that are security keys.
        challenge: Option<KeyChallenge>,
        /// Whether the password must be changed as well.
        is_change_required: bool,
    },
    /// The password is right, and must be changed now.
    NeedsNewPassword,
    /// The new password is not to the account's liking, for this reason.
    Unfit(String),
    /// The password has expired, and only an administrator can set a new one.
    Expired,
    /// The user may not change its password, and must: an administrator has to help.
    MayNotChange,
    /// Account, user name, password or code is wrong; which one is not told.
    Failed,
    /// Too many attempts have failed.
    Held(Held),
}

/// The credentials of a user who has signed in.
#[derive(Debug)]
pub struct ConsoleSession {
    /// The user.
    pub arn: Arn,
    /// The session, secret included.
    pub session: Session,
    /// The session token.
    pub token: String,
}

/// Signs a user in. Every outcome is recorded before it is answered, but for the question for a new password.
///
/// # Errors
///
/// A fault if the directory cannot be read or written, or the outcome cannot be recorded.
pub async fn sign_in(core: &Core, asked: &SignIn<'_>) -> Result<SignedIn, Fault> {
    let mut proved = None;
    loop {
        match Attempt::run(core, asked, &mut proved).await {
            Err(Error::Store(store::Error::Conflict)) => {}
            Err(Error::Store(error)) => return Err(Fault::internal(error)),
            Err(Error::Fault(fault)) => return Err(fault),
            Ok(done) => return Ok(done),
        }
    }
}

/// One attempt, on one snapshot.
struct Attempt<'a> {
    core: &'a Core,
    asked: &'a SignIn<'a>,
    snapshot: Snapshot,
    now: Timestamp,
}

impl<'a> Attempt<'a> {
    async fn run(core: &'a Core, asked: &'a SignIn<'a>, proved: &mut Proved) -> Result<SignedIn> {
        let attempt = Self { core, asked, snapshot: core.store.read(), now: asked.origin.at };
        let owner = attempt.owner().await?;
        let found = match owner {
            Some(owner) => attempt.user(owner).await?,
            None => None,
        };
        let known = Known { owner, user: found.as_ref().map(|(user, _)| Arc::clone(user)) };
        // An account that is not there is counted as one that is.
        let counted = owner.map_or_else(|| unknown_account(asked.account), |owner| owner.to_string());
        let guesses = core.authorizer.guesses();
        let (ip, now) = (asked.origin.source_ip, attempt.now);
        // What no user can be called is counted under one name: it may be long, or mean something else that is counted.
        let name = UserName::parse(asked.user_name).ok();
        let name = name.as_ref().map_or(NO_NAME, UserName::as_str);
        let guess = match guesses.begin(counted, name, ip, now).await? {
            Ok(guess) => guess,
            Err(held) => {
                event::record(core, asked, &known, Outcome::Failed { with_mfa: false }).await?;
                return Ok(SignedIn::Held(held));
            }
        };
        let expected = match &found {
            Some((user, _)) => attempt.hash_of(user).await?,
            None => None,
        };
        let is_right = core.authorizer.passwords().has(asked.password.clone(), expected).await?;
        match (is_right, found) {
            (true, Some((user, profile))) => {
                let done = attempt.proceed(&guess, &known, user, &profile, proved).await;
                if matches!(done, Err(Error::Store(store::Error::Conflict))) {
                    guesses.undecided(&guess);
                }
                done
            }
            (_, found) => {
                if found.is_some() {
                    guesses.failed(&guess);
                }
                event::record(core, asked, &known, Outcome::Failed { with_mfa: false }).await?;
                Ok(SignedIn::Failed)
            }
        }
    }

    /// The password is right: what else does it take?
    async fn proceed(
        &self,
        guess: &Guess,
        known: &Known,
        user: Arc<User>,
        profile: &LoginProfile,
        proved: &mut Proved,
    ) -> Result<SignedIn> {
        let (core, asked) = (self.core, self.asked);
        let guesses = core.authorizer.guesses();
        let policy = self.snapshot.get::<PasswordPolicy>(&AccountKey(user.owner)).await?;
        let expiry = passwords::expiry(policy.as_deref(), profile.changed);
        let is_expired = expiry.is_some_and(|expiry| expiry <= self.now);
        if is_expired && policy.as_ref().is_some_and(|policy| policy.is_hard_expiry) {
            guesses.undecided(guess);
            event::record(core, asked, known, Outcome::Failed { with_mfa: false }).await?;
            return Ok(SignedIn::Expired);
        }
        let is_change_required = is_expired || profile.is_reset_required;
        let devices = Devices::of(core, &self.snapshot, &user, self.now).await?;
        let has_answer = asked.mfa_code.is_some() || asked.security_key.is_some();
        if !devices.is_empty() && !has_answer {
            guesses.undecided(guess);
            let (serials, challenge) = (devices.serials(), devices.challenge()?);
            event::record_mfa_check(core, asked, known, &serials).await?;
            return Ok(SignedIn::NeedsMfa { devices: serials, challenge, is_change_required });
        }
        // Before the code or the answer is looked at, which is of use only once.
        if is_change_required && asked.new_password.is_none() {
            guesses.undecided(guess);
            return Ok(SignedIn::NeedsNewPassword);
        }
        let proof = match devices.is_empty() {
            true => None,
            false => match devices.prove(asked, proved).await? {
                Some(serial) => Some(serial),
                None => {
                    guesses.failed(guess);
                    event::record(core, asked, known, Outcome::Failed { with_mfa: true }).await?;
                    return Ok(SignedIn::Failed);
                }
            },
        };
        let session = self.session(&user, proof.is_some())?;
        if is_change_required && let Some(password) = &asked.new_password {
            let caller = Caller {
                owner: user.owner,
                identity: Identity::User(Arc::clone(&user)),
                credential: Credential::Temporary(Arc::new(session.clone())),
            };
            if let Some(refusal) = self.change(&caller, &user, policy.as_deref(), password).await? {
                guesses.undecided(guess);
                event::record(core, asked, known, Outcome::Failed { with_mfa: proof.is_some() }).await?;
                return Ok(refusal);
            }
        }
        let outcome = Outcome::Success { session: &session, device: proof.as_ref() };
        event::record(core, asked, known, outcome).await?;
        guesses.succeeded(guess);
        core.authorizer.note_password_use(&user, self.now).await?;
        let token = seal(&core.authorizer, &session)?;
        Ok(SignedIn::Done(Box::new(ConsoleSession { arn: user.arn(), session, token })))
    }

    /// Changes the password, if the user may; answers why it was not changed.
    async fn change(
        &self,
        caller: &Caller,
        user: &User,
        policy: Option<&PasswordPolicy>,
        password: &Secret,
    ) -> Result<Option<SignedIn>> {
        let core = self.core;
        let ask = Ask::new("iam:ChangePassword", &user.arn()).with_resource_tags(&user.tags);
        let asks = [passwords::open_to_users(caller, policy, ask)?];
        let decided = core.authorizer.authorize(&self.snapshot, caller, self.asked.origin, &asks).await?;
        let Ok(permit) = decided else { return Ok(Some(SignedIn::MayNotChange)) };
        let mut read = self.snapshot.footprint();
        read.extend(permit.footprint());
        let mut tx = core.store.write_from(Authority::permitted(&permit), permit.revision(), &read)?;
        let profile = tx.get::<LoginProfile>(&user.key()).await?;
        let Some(profile) = profile else { return Ok(Some(SignedIn::Failed)) };
        match passwords::replace(core, &mut tx, user, password.clone()).await {
            Err(Error::Fault(fault)) if fault.status < 500 => {
                return Ok(Some(SignedIn::Unfit(fault.message)));
            }
            other => other?,
        }
        tx.put(LoginProfile { changed: self.now, is_reset_required: false, ..(*profile).clone() }).await?;
        tx.commit(event::of_new_password(core, self.asked, user)?).await?;
        Ok(None)
    }

    async fn owner(&self) -> Result<Option<Owner>> {
        let id = AccountId::parse(self.asked.account).ok();
        for partition in Partition::ALL {
            let account = match id {
                Some(id) => self.snapshot.get::<Account>(&AccountKey(Owner::new(partition, id))).await?,
                None => {
                    let alias = self.asked.account;
                    self.snapshot.find::<Account>(&Account::BY_ALIAS, partition.as_str(), alias).await?
                }
            };
            if let Some(account) = account {
                return Ok(Some(account.owner));
            }
        }
        Ok(None)
    }

    /// The user with that name, if it has a password.
    async fn user(&self, owner: Owner) -> Result<Option<(Arc<User>, Arc<LoginProfile>)>> {
        let name = self.asked.user_name.to_ascii_lowercase();
        let Some(user) = self.snapshot.find::<User>(&User::BY_NAME, &owner.to_string(), &name).await? else {
            return Ok(None);
        };
        let profile = self.snapshot.get::<LoginProfile>(&user.key()).await?;
        Ok(profile.map(|profile| (user, profile)))
    }

    async fn hash_of(&self, user: &User) -> Result<Option<String>> {
        let key = user.key();
        let Some(sealed) = self.snapshot.secret(LoginProfile::SECRET, &key.path()).await? else {
            return Ok(None);
        };
        Ok(passwords::open(self.core, &key, &sealed)?.into_iter().next())
    }

    fn session(&self, user: &User, has_mfa: bool) -> Result<Session> {
        let ids = &self.core.ids;
        let issued = Timestamp::from_millisecond(self.now.as_millisecond()).map_err(Error::internal)?;
        let whole = Timestamp::from_second(issued.as_second()).map_err(Error::internal)?;
        Ok(Session {
            owner: user.owner,
            subject: Subject::User(user.id.clone()),
            access_key_id: ids.access_key_id(AccessKeyKind::Temporary, user.owner.account)?,
            secret: ids.secret_access_key()?,
            issued,
            expires: whole.checked_add(LENGTH).map_err(Error::internal)?,
            policy: None,
            policy_arns: Vec::new(),
            tags: TagSet::default(),
            transitive: Vec::new(),
            source_identity: None,
            mfa: has_mfa.then_some(self.now),
            lineage: Vec::new(),
            kind: SessionKind::Console,
            federation: None,
        })
    }
}

/// Under what attempts at an account that is not there are counted: what it is called, as far as an account could be.
fn unknown_account(text: &str) -> String {
    let is_name = AccountId::parse(text).is_ok() || AccountAlias::parse(text).is_ok();
    if is_name { text.to_owned() } else { NO_NAME.to_owned() }
}

fn seal(authorizer: &Authorizer, session: &Session) -> Result<String> {
    let bytes = session.to_bytes().map_err(Error::internal)?;
    let token = authorizer.tokens().seal(session.access_key_id.as_str().as_bytes(), &bytes);
    token.map_err(Error::internal)
}

/// Where attempts are counted whose account or user name is none.
const NO_NAME: &str = "";
/// How long a sign-in lasts, as at AWS.
const LENGTH: SignedDuration = SignedDuration::from_hours(12);
