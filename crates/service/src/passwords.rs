//! Passwords of users: what they must be like, how they are kept, who may change them.

use std::sync::Arc;

use api::iam::faults;
use authz::{Ask, Caller, Identity};
use directory::{Account, AccountKey, EntityKey, LoginProfile, PasswordPolicy, User};
use jiff::{SignedDuration, Timestamp};
use policy::{Named, Policy, SourceKind};
use store::seal::Sealed;
use store::{Record as _, RecordKey as _, Transaction};
use types::Secret;
use wire::Fault;

use crate::context::Core;
use crate::{Error, Result};

/// Sets a user's first password.
pub async fn set_first(core: &Core, tx: &mut Transaction, user: &User, password: Secret) -> Result<()> {
    check_in(tx, user, &password).await?;
    let hash = hash(core, password).await?;
    keep(core, tx, user, &[hash])
}

/// Sets a user's password in place of the one that it has.
pub async fn replace(core: &Core, tx: &mut Transaction, user: &User, password: Secret) -> Result<()> {
    let policy = check_in(tx, user, &password).await?;
    let mut hashes = kept(core, tx, user).await?;
    let remembered = policy.and_then(|policy| policy.remembered).unwrap_or(0);
    let last = hashes.iter().take(remembered.into()).cloned().collect();
    if core.authorizer.passwords().has_any(password.clone(), last).await? {
        return Err(reused().into());
    }
    hashes.insert(0, hash(core, password).await?);
    hashes.truncate(KEPT);
    keep(core, tx, user, &hashes)
}

/// The hash of a user's password; its profile must exist.
pub async fn current(core: &Core, tx: &Transaction, user: &User) -> Result<Option<String>> {
    Ok(kept(core, tx, user).await?.into_iter().next())
}

/// When a password that was set at a moment expires, if the account's policy lets it.
#[must_use]
pub fn expiry(policy: Option<&PasswordPolicy>, changed: Timestamp) -> Option<Timestamp> {
    let days = policy?.max_age_days?;
    changed.checked_add(SignedDuration::from_hours(24 * i64::from(days))).ok()
}

/// An ask that any user of the account is granted where the password policy lets users change their passwords: then
/// they need no policy for ChangePassword on themselves and for GetAccountPasswordPolicy. A statement that denies
/// still does (AWS: "Permit IAM users to change their own passwords").
pub fn open_to_users(caller: &Caller, policy: Option<&PasswordPolicy>, ask: Ask) -> Result<Ask> {
    let (Some(PasswordPolicy { users_may_change: true, .. }), Identity::User(user)) =
        (policy, &caller.identity)
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

/// Refuses a password that the account's policy does not let through; answers the policy.
async fn check_in(tx: &Transaction, user: &User, password: &Secret) -> Result<Option<Arc<PasswordPolicy>>> {
    let policy = tx.get::<PasswordPolicy>(&AccountKey(user.owner)).await?;
    let account = tx.get::<Account>(&AccountKey(user.owner)).await?;
    check(policy.as_deref(), account.as_deref(), password.expose())?;
    Ok(policy)
}

/// Refuses a password that the account's policy, or AWS's default where it has none, does not let through
/// (AWS: "Set an account password policy for IAM users").
fn check(policy: Option<&PasswordPolicy>, account: Option<&Account>, password: &str) -> Result<(), Fault> {
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

async fn hash(core: &Core, password: Secret) -> Result<String> {
    Ok(core.authorizer.passwords().hash(password, core.ids.bytes::<16>()?).await?)
}

/// The hashes of a user's password and of those before it, newest first.
async fn kept(core: &Core, tx: &Transaction, user: &User) -> Result<Vec<String>> {
    let key = user.key();
    let sealed = tx.secret(LoginProfile::SECRET, &key.path()).await?;
    let sealed = sealed.ok_or_else(|| Error::internal(format!("the password of `{key}` is gone")))?;
    open(core, &key, &sealed)
}

/// Opens the sealed hashes of a user's passwords, newest first.
pub(crate) fn open(core: &Core, key: &EntityKey, sealed: &str) -> Result<Vec<String>> {
    let sealed: Sealed = sealed.parse().map_err(Error::internal)?;
    let keyring = core.authorizer.keyring();
    let text =
        keyring.unseal(LoginProfile::PURPOSE, key.path().as_bytes(), &sealed).map_err(Error::internal)?;
    serde_json::from_slice(&text).map_err(Error::internal)
}

fn keep(core: &Core, tx: &mut Transaction, user: &User, hashes: &[String]) -> Result<()> {
    let key = user.key();
    let text = serde_json::to_vec(hashes).map_err(Error::internal)?;
    let keyring = core.authorizer.keyring();
    let sealed =
        keyring.seal(LoginProfile::PURPOSE, key.path().as_bytes(), &text).map_err(Error::internal)?;
    tx.put_secret(LoginProfile::SECRET, key.path(), sealed.to_string());
    Ok(())
}

/// The refusal of a password that was the user's before.
fn reused() -> Fault {
    faults::password_policy_violation("Policy constraint violation with password reuse prevention policy")
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
/// So many passwords can be remembered: the most that a password policy can ask for.
const KEPT: usize = 24;
