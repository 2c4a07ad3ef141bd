//! Passwords: what they must be like, how they are hashed, who may change them.

use std::sync::Arc;

use api::iam::faults;
use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use authz::{Ask, Identity};
use directory::{Account, PasswordPolicy};
use policy::{Named, Policy, SourceKind};
use service::{Context, Error, Result};
use tokio::sync::Semaphore;
use types::Secret;
use wire::Fault;

/// What one hash of a password costs (argon2id; OWASP: "Password Storage Cheat Sheet").
#[derive(Debug, Clone, Copy)]
pub struct PasswordCost {
    /// Memory in KiB, at least 8.
    pub memory: u32,
    /// Passes over it, at least 1.
    pub passes: u32,
}

impl Default for PasswordCost {
    fn default() -> Self {
        Self { memory: 19_456, passes: 2 }
    }
}

/// Hashes passwords away from the threads that answer, a few at a time: each takes memory and a core.
#[derive(Debug)]
pub(crate) struct Passwords {
    cost: PasswordCost,
    slots: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new(PasswordCost::default())
    }
}

impl Passwords {
    pub(crate) fn new(cost: PasswordCost) -> Self {
        Self { cost, slots: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// The hash of a password, in PHC form.
    pub(crate) async fn hash(&self, cx: &Context<'_>, password: Secret) -> Result<String> {
        let salt = SaltString::encode_b64(&cx.ids().bytes::<16>()?).map_err(Error::internal)?;
        let cost = self.cost;
        self.run(move || {
            let params = Params::new(cost.memory, cost.passes, 1, None).map_err(Error::internal)?;
            let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
            let hash = argon2.hash_password(password.expose().as_bytes(), &salt);
            Ok(hash.map_err(Error::internal)?.to_string())
        })
        .await
    }

    /// Whether a password has one of these hashes.
    pub(crate) async fn has_any(&self, password: Secret, hashes: Vec<String>) -> Result<bool> {
        self.run(move || {
            for text in &hashes {
                // The parameters are those that the hash names; argon2 compares in constant time.
                let hash = PasswordHash::new(text).map_err(Error::internal)?;
                match Argon2::default().verify_password(password.expose().as_bytes(), &hash) {
                    Ok(()) => return Ok(true),
                    Err(argon2::password_hash::Error::Password) => {}
                    Err(cause) => return Err(Error::internal(cause)),
                }
            }
            Ok(false)
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let slot = Arc::clone(&self.slots).acquire_owned().await.map_err(Error::internal)?;
        let working = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(slot);
            done
        });
        working.await.map_err(Error::internal)?
    }
}

/// Refuses a password that the account's policy, or AWS's default where it has none, does not let through
/// (AWS: "Set an account password policy for IAM users").
pub(crate) fn check(
    policy: Option<&PasswordPolicy>,
    account: Option<&Account>,
    password: &str,
) -> Result<(), Fault> {
    let has = |class: Class| password.chars().any(|letter| class(&letter));
    let classes: [(Class, &str); 4] = [
        (char::is_ascii_uppercase, "uppercase letter"),
        (char::is_ascii_lowercase, "lowercase letter"),
        (char::is_ascii_digit, "number"),
        (is_symbol, "symbol"),
    ];
    let length = password.chars().count();
    let minimum = usize::from(policy.map_or(DEFAULT_LENGTH, |policy| policy.minimum_length));
    if length < minimum {
        return Err(faults::password_policy_violation(format!(
            "Password should have a minimum length of {minimum}"
        )));
    }
    let Some(policy) = policy else {
        let kinds = classes.iter().filter(|(class, _)| has(*class)).count();
        let is_name = account.is_some_and(|account| account.name == password);
        return if kinds < DEFAULT_KINDS || is_name { Err(unfit()) } else { Ok(()) };
    };
    let required = [
        policy.requires_uppercase,
        policy.requires_lowercase,
        policy.requires_numbers,
        policy.requires_symbols,
    ];
    for ((class, name), is_required) in classes.into_iter().zip(required) {
        if is_required && !has(class) {
            return Err(faults::password_policy_violation(format!(
                "Password should have at least one {name}"
            )));
        }
    }
    Ok(())
}

/// Whether a letter is of some kind.
type Class = fn(&char) -> bool;

/// The refusal of a password that was the user's before.
pub(crate) fn reused() -> Fault {
    faults::password_policy_violation("Policy constraint violation with password reuse prevention policy")
}

/// An ask that any user of the account is granted where the password policy lets users change their passwords: then
/// they need no policy for ChangePassword on themselves and for GetAccountPasswordPolicy. A statement that denies
/// still does (AWS: "Permit IAM users to change their own passwords").
pub(crate) fn open_to_users(cx: &Context<'_>, policy: Option<&PasswordPolicy>, ask: Ask) -> Result<Ask> {
    let (Some(PasswordPolicy { users_may_change: true, .. }), Identity::User(user)) =
        (policy, &cx.caller()?.identity)
    else {
        return Ok(ask);
    };
    let statement = serde_json::json!({
        "Effect": "Allow",
        "Principal": {"AWS": user.id.as_str()},
        "Action": &*ask.action,
        "Resource": "*",
    });
    let text = serde_json::json!({"Version": "2012-10-17", "Statement": statement}).to_string();
    let granted = Policy::parse(&text).map_err(Error::internal)?;
    let granted = Named::new(SourceKind::Resource, "account-password-policy", Arc::new(granted));
    Ok(ask.guarded_by(user.owner, granted))
}

fn unfit() -> Fault {
    faults::password_policy_violation("Password does not conform to the account password policy.")
}

fn is_symbol(letter: &char) -> bool {
    SYMBOLS.contains(*letter)
}

/// What AWS counts as a symbol.
const SYMBOLS: &str = "!@#$%^&*()_+-=[]{}|'";
/// AWS's default policy: so many characters …
const DEFAULT_LENGTH: u8 = 8;
/// … of at least so many of the four kinds.
const DEFAULT_KINDS: usize = 3;
/// So many passwords are hashed at once.
const AT_ONCE: usize = 2;
